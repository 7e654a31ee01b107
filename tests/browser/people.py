"""Staff at their browsers, with verbs: `it.logs_in()`, `it.starts("link_termination")`, `it.does("S1_memo", case)`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, Response, expect

from engine import diagram, project, xml
from tests.browser.filling import FormOnPage
from tests.browser.server import Server

NUMBER = re.compile(r"\d\.\d-\d{4}-\d{4}")
REFUSAL = "[data-form-messages] [role=alert]:not([data-seen])"
SEEN = "() => document.querySelectorAll('[role=alert]').forEach((panel) => panel.toggleAttribute('data-seen', true))"
GONE_ON_OR_REFUSED = f"(before) => location.href !== before || document.querySelector('{REFUSAL}') !== null"
DRAWINGS = {
    drawn.process: drawn
    for drawn in (diagram.read(xml.parse(each)) for name, each in project.files().items() if name.endswith(".bpmn"))
}


def sent_answers(request: Request) -> dict[str, Any]:
    """The answers that a page sends."""
    posted = request.post_data_json
    assert isinstance(posted, dict)
    return dict(posted["answers"])


class Person:
    """Somebody at a browser of their own. `troubles` holds what the browser complained about."""

    def __init__(self, context: BrowserContext, server: Server, username: str, usual: Mapping[str, Any]) -> None:
        self.username, self.context, self.troubles = username, context, list[str]()
        self._server, self._usual, self._tolerated = server, usual, set[int]()
        self._filled, self._sent = dict[str, Any](), dict[str, Any]()
        self.page = self.opens_a_tab()

    def opens_a_tab(self) -> Page:
        """One more page in the same browser."""
        page = self.context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.troubles.append(f"{page.url}: {error}"))
        page.on("response", self._look)
        page.on("request", self._note)
        return page

    def tolerates(self, *statuses: int) -> Person:
        """These answers of the server are what the test is about."""
        self._tolerated |= set(statuses)
        return self

    def opens(self, path: str) -> Person:
        """Go to a page by its address."""
        self.page.goto(self._server.url + path)
        return self

    def logs_in(self, page: Page | None = None) -> Person:
        """With the printed password, through the login page."""
        page = page or self.page
        page.goto(f"{self._server.url}/login")
        page.get_by_label("ชื่อผู้ใช้").fill(self.username)
        page.get_by_label("รหัสผ่าน").fill(self._server.password)
        page.get_by_role("button", name="เข้าสู่ระบบ", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("งานของฉัน")
        return self

    def goes_to(self, entry: str) -> Person:
        """Through the main menu."""
        self.page.get_by_role("link", name=entry).first.click()
        return self

    def starts(self, process: str) -> str:
        """Open a case; returns its number."""
        self.goes_to("เริ่มเรื่องใหม่")
        self.page.locator(f"form[action='/start/{process}'] button").click()
        return self.case

    @property
    def case(self) -> str:
        """The case that this page is about."""
        found = NUMBER.search(self.page.locator(".lead").inner_text())
        assert found, self.page.url
        return found[0]

    @property
    def form(self) -> FormOnPage:
        """The form on this page."""
        return FormOnPage(self.page)

    def picks(self, step: str, case: str) -> Person:
        """Open a task of a case from the worklist."""
        process = str(self._server.query("SELECT process FROM cases WHERE number = ?", case)[0][0])
        name = DRAWINGS[process].elements[step].name
        self.goes_to("งานของฉัน")
        mine = self.page.locator(".worklist > li").filter(has_text=case)
        mine.get_by_role("link", name=name, exact=True).first.click()
        return self

    def fills(self, answers: Mapping[str, Any]) -> Person:
        """Fill in the form on this page, as far as it has fields for the answers."""
        self._filled |= self.form.fill(answers)
        return self

    def fills_as_usual(self, **changes: Any) -> Person:
        """Fill in the usual answers of this form with some changes; an answer of None is left out."""
        given = {**self._usual.get(self.form.id, {}), **changes}
        return self.fills({key: value for key, value in given.items() if value is not None})

    def takes_back(self, *keys: str) -> Person:
        """What was filled in there went away with its field."""
        self._filled = {key: value for key, value in self._filled.items() if key not in keys}
        return self

    def submits(self) -> Person:
        """Send the form, which is accepted: the page goes on, and exactly what was filled in was sent."""
        before = self.page.url
        self._press_send()
        self.page.wait_for_function(GONE_ON_OR_REFUSED, arg=before)
        assert self.page.url != before, self.page.locator(REFUSAL).inner_text()
        self.page.wait_for_load_state()
        assert {key: self._sent.get(key, "") for key in self._filled} == self._filled
        self._filled = {}
        return self

    def is_refused(self) -> Locator:
        """Send the form, which is not accepted; returns the panel that says why."""
        before = self.page.url
        self._press_send()
        panel = self.page.locator(REFUSAL)
        expect(panel).to_be_visible()
        assert self.page.url == before
        return panel

    def does(self, step: str, case: str, **changes: Any) -> Person:
        """A whole task: go on with it where it is open already, else take it from the worklist; fill in, send."""
        if not self._is_at(step, case):
            self.picks(step, case)
        assert self.form.id.endswith(f"_{step}"), self.form.id
        return self.fills_as_usual(**changes).submits()

    def sees(self, *texts: str) -> Person:
        """The page says this."""
        for text in texts:
            expect(self.page.locator("main")).to_contain_text(text)
        return self

    def opens_case(self, case: str) -> Person:
        """The page of a case, with its diagram drawn."""
        self.opens(f"/cases/{case}")
        self.page.locator(".diagram__tools").wait_for()
        return self

    def link_of(self, partner: str) -> str:
        """The registry's number of the link with a partner."""
        return str(self._server.query("SELECT number FROM links WHERE partner = ? ORDER BY number", partner)[0][0])

    def _press_send(self) -> None:
        """Press, with the panel of an earlier refusal marked so that it is not taken for a new one."""
        self.page.evaluate(SEEN)
        self.page.get_by_role("button", name="ส่งงาน").click()

    def _is_at(self, step: str, case: str) -> bool:
        if "/tasks/" not in self.page.url or self.case != case or not self.page.locator("#form").count():
            return False
        return self.form.id.endswith(f"_{step}")

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.troubles.append(f"{message.type}: {message.text}")

    def _note(self, request: Request) -> None:
        if request.method == "POST" and "/tasks/" in request.url and request.headers.get("x-csrftoken"):
            self._sent = sent_answers(request)

    def _look(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self._tolerated:
            self.troubles.append(f"{response.status} for {response.request.method} {response.url}")
