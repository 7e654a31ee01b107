"""Every page on wide and narrow screens: nothing broken, nothing to scroll sideways, usable without eyes or mouse."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.conftest import WIDE, Staff
from tests.browser.people import Person
from tests.browser.server import Server

pytestmark = pytest.mark.browser

NARROW: ViewportSize = {"width": 390, "height": 844}
NARROWEST: ViewportSize = {"width": 320, "height": 640}
GRAVE = {"serious", "critical"}
OVERFLOWING = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  Array.from(document.querySelectorAll('body *')).filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 5).map((each) => `${each.tagName}.${each.className}`)"""
ENGLISH = """() => {
  const said = Array.from(document.querySelectorAll('[aria-label], [placeholder], [title]'), (node) =>
    ['aria-label', 'placeholder', 'title'].map((name) => node.getAttribute(name)).filter(Boolean)).flat();
  return said.filter((text) => /\\b[a-z]{3,}\\b/i.test(text) && !/[ก-๙]/.test(text) && !/bpmn.io/i.test(text));
}"""
PAGES = {
    "login": (None, "/login"),
    "worklist": ("it", "/"),
    "worklist-empty": ("dgc", "/"),
    "start": ("it", "/start"),
    "cases": ("it", "/cases"),
    "case-running": ("it", "/cases/{running}"),
    "case-many": ("it", "/cases/{many}"),
    "case-done": ("it", "/cases/{done}"),
    "task": ("it", "/tasks/{memo}"),
    "task-score": ("it", "/tasks/{score}"),
    "task-request": ("clerk", "/tasks/{request}"),
    "task-decision": ("it-director", "/tasks/{decision}"),
    "task-own": ("it-director", "/tasks/{own}"),
    "registry": ("it", "/registry"),
    "registry-none": ("it", "/registry?q=ไม่มีชื่อนี้"),
    "link": ("it", "/registry/{link}"),
    "messages": ("owner", "/messages"),
    "outbox": ("it", "/outbox"),
    "incidents": ("admin", "/incidents"),
    "help": ("it", "/help"),
    "tokens": ("process-owner", "/account/tokens"),
    "studio": ("process-owner", "/studio/"),
    "studio-process": ("process-owner", "/studio/link_termination"),
    "studio-check": ("process-owner", "/studio/check"),
    "studio-compare": ("process-owner", "/studio/link_termination/compare"),
    "studio-heat": ("process-owner", "/studio/manual_review/heat"),
    "studio-try": ("process-owner", "/studio/link_termination/try"),
    "studio-raci": ("process-owner", "/studio/raci"),
    "missing": ("it", "/cases/6.9-2500-0001"),
    "forbidden": ("it", "/incidents"),
}


@pytest.fixture(scope="module")
def places(browser: Browser, server: Server, answers: Mapping[str, Any], keys: dict[str, Any]) -> dict[str, str]:
    """A house in which something has happened; the parts of the addresses of its pages."""
    staff = Staff(browser, server, answers, keys)
    it, clerk, director = staff["it"], staff["clerk"], staff["it-director"]
    found = {"link": it.link_of("กรมการปกครอง")}
    found["done"] = it.starts("link_termination")
    it.does("S1", found["done"], link_no=it.link_of("กรมบังคับคดี")).does("S1_memo", found["done"])
    director.does("S1_endorse", found["done"], S1_decision="refuse", S1_comment="ยังจำเป็นต้องใช้ข้อมูล")
    found["many"] = it.starts("manual_review")
    it.does("S1", found["many"], reply_by="2099-12-31")
    director.does("S1_endorse", found["many"])
    found["running"] = clerk.starts("link_termination")
    clerk.does("S1", found["running"], link_no=found["link"])
    it.picks("S1_memo", found["running"])
    found["memo"] = _last_part(it)
    it.starts("external_link")
    found["score"] = _last_part(it)
    clerk.starts("information_request")
    found["request"] = _last_part(clerk)
    own = director.starts("manual_review")
    director.does("S1", own, reply_by="2099-12-31").picks("S1_endorse", own)
    found["own"] = _last_part(director)
    decided = it.starts("manual_review")
    it.does("S1", decided, reply_by="2099-12-31")
    director.picks("S1_endorse", decided)
    found["decision"] = _last_part(director)
    troubles = staff.troubles()
    staff.go_home()
    assert troubles == []
    return found


def _last_part(person: Person) -> str:
    return person.page.url.rpartition("/")[2]


def draws(person: Person) -> Page:
    """Wait until the form, the diagram and the letters of the page are drawn."""
    page = person.page
    if page.locator("#form").count():
        person.form.settle()
    if page.locator("#diagram").count():
        page.locator(".diagram__tools").wait_for()
    page.evaluate("() => document.fonts.ready")
    return page


def grave_faults(page: Page) -> list[tuple[str, list[Any]]]:
    """What axe holds to be serious or critical, with the places."""
    found = Axe().run(page).response["violations"]
    return [(each["id"], [node["target"] for node in each["nodes"]]) for each in found if each["impact"] in GRAVE]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole(staff: Staff, places: Mapping[str, str], screenshots: Path, name: str) -> None:
    username, path = PAGES[name]
    person = (staff.is_in(username) if username else staff.visits("visitor")).tolerates(403, 404)
    for viewport in (WIDE, NARROW):
        person.page.set_viewport_size(viewport)
        page = draws(person.opens(path.format(**places)))
        page.screenshot(path=screenshots / f"{name}-{viewport['width']}.png", full_page=True)
        assert page.evaluate(OVERFLOWING) == []
        assert grave_faults(page) == []
    page = person.page
    assert page.evaluate(ENGLISH) == []
    expect(page.locator("h1")).to_have_count(1)
    page.set_viewport_size(NARROWEST)
    assert page.evaluate(OVERFLOWING) == []


def test_all_can_be_done_with_the_keyboard(staff: Staff, server: Server, places: Mapping[str, str]) -> None:
    """Log in, open a task, choose, write, send: Tab, arrows, Space and Enter only."""
    director = staff.visits("it-director")
    page = director.opens("/login").page
    reach(page, "#username")
    page.keyboard.type("it-director")
    page.keyboard.press("Tab")
    page.keyboard.type(server.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("งานของฉัน")
    reach(page, f"a[href$='{places['decision']}']")
    page.keyboard.press("Enter")
    director.form.settle()
    reach(page, "[id$='-Field_S1_decision-0']")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(director.form.part("Field_S1_decision-1")).to_be_checked()
    reach(page, "[id$='-Field_S1_comment']")
    page.keyboard.type("แก้กำหนดวันตอบกลับ")
    reach(page, "[data-form-submit]")
    page.keyboard.press("Enter")
    expect(page.locator(".flash--ok")).to_contain_text("เรียบร้อยแล้ว")
    director.sees("แก้กำหนดวันตอบกลับ")


def reach(page: Page, selector: str, most: int = 80) -> None:
    """Press Tab until it has the focus, which must be visible."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.locator(selector).first.evaluate("(node) => node === document.activeElement"):
            assert page.evaluate(
                "() => { const { outlineStyle, boxShadow } = getComputedStyle(document.activeElement);"
                " return outlineStyle !== 'none' || boxShadow !== 'none' }"
            ), f"{selector} shows no focus"
            return
    raise AssertionError(f"Tab never reaches {selector}")
