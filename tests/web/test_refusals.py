"""The three refusals on every route: not logged in, not yours, not there. And CSRF and headers everywhere.

A route that is added is red here until it is listed.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest

from tests.web.conftest import Actor, House
from web.request import CSRF

Login = Callable[[str], Actor]
pytestmark = pytest.mark.parametrize("office", ["sqlite"], indirect=True)  # one database is enough for these
NOWHERE = "0" * 32

PAGES = ["/", "/start", "/cases", "/registry", "/messages", "/help", "/registry.xlsx", "/account/tokens"]
OTHERS_PAGES = ["/tasks/{task}", "/cases/{number}", "/documents/{document}"]
GUARDED_PAGES = ["/outbox", "/incidents"]
SHARED_PAGES = ["/registry/{link}"]
UNSAFE = [
    ("POST", "/tasks/{task}"),
    ("PUT", "/tasks/{task}/draft"),
    ("POST", "/tasks/{task}/claim"),
    ("POST", "/tasks/{task}/release"),
    ("POST", "/start/{process}"),
    ("POST", "/cases/{number}/documents"),
    ("POST", "/cases/{number}/comments"),
    ("POST", "/cases/{number}/cancel"),
    ("POST", "/messages/{message}/read"),
    ("POST", "/jobs/{job}/retry"),
    ("POST", "/account/tokens/{token}/revoke"),
    ("POST", "/logout"),
]
WITH_OWN_TESTS = ("/studio", "/engine-rest", "/.well-known")
PUBLIC = {"/login", "/health", "/static/<path:filename>"}
NOT_THERE = {
    "task": NOWHERE,
    "number": "6.2-2570-9999",
    "document": NOWHERE,
    "link": "L-2570-9999",
    "process": "nothing",
    "message": NOWHERE,
    "job": NOWHERE,
    "token": NOWHERE,
}


def test_every_route_is_listed(house: House) -> None:
    listed = {*PAGES, *OTHERS_PAGES, *GUARDED_PAGES, *SHARED_PAGES, *(url for _, url in UNSAFE)}
    rules = [str(rule) for rule in house.app.url_map.iter_rules()]
    ours = [rule for rule in rules if rule not in PUBLIC and not rule.startswith(WITH_OWN_TESTS)]
    shapes = {re.sub(r"<[^>]+>", "<>", rule) for rule in ours}
    assert shapes == {re.sub(r"{[^}]+}", "<>", url) for url in listed}


@pytest.fixture
def things(login: Login) -> dict[str, str]:
    """A case of the IT department with its task, document and message, and a link."""
    it = login("it")
    number = it.starts("external_link")
    file = (io.BytesIO(b"%PDF-1.7"), "a.pdf")
    it.posts(f"/cases/{number}/documents", file=file)
    page = it.opens(f"/cases/{number}").text
    link = re.search(r"/registry/(L-[\d-]+)", it.opens("/registry").text)
    document = re.search(r"/documents/(\w+)", page)
    assert document
    assert link
    return NOT_THERE | {
        "number": number,
        "task": it.task("S1"),
        "document": document[1],
        "link": link[1],
        "process": "manual_review",
    }


@pytest.mark.parametrize("url", [*PAGES, *OTHERS_PAGES, *GUARDED_PAGES, *SHARED_PAGES])
def test_whoever_is_not_logged_in_is_asked_to(visitor: Login, url: str) -> None:
    page = visitor("it").opens(url.format(**NOT_THERE))
    assert page.status_code == 303
    assert page.location.startswith("/login")
    assert visitor("it").opens(url.format(**NOT_THERE), Accept="application/json").status_code == 401


@pytest.mark.parametrize(("method", "url"), UNSAFE)
def test_nothing_is_done_for_whoever_is_not_logged_in(visitor: Login, method: str, url: str) -> None:
    sent = visitor("it").posts(url.format(**NOT_THERE), method)
    assert (sent.status_code, sent.location) == (303, "/login")
    assert visitor("it").sends(url.format(**NOT_THERE), {}, method).status_code == 401


@pytest.mark.parametrize("url", OTHERS_PAGES)
def test_what_is_not_yours_does_not_exist(login: Login, things: dict[str, str], url: str) -> None:
    assert login("dgc").opens(url.format(**things)).status_code == 404
    assert login("it").opens(url.format(**things)).status_code == 200


@pytest.mark.parametrize("url", GUARDED_PAGES)
def test_pages_of_operators_are_refused(login: Login, url: str) -> None:
    assert login("dgc").opens(url).status_code == 403
    assert login("admin").opens(url).status_code == 200


@pytest.mark.parametrize(("method", "url"), [each for each in UNSAFE if each[1] != "/logout"])
def test_what_is_not_yours_cannot_be_changed(login: Login, things: dict[str, str], method: str, url: str) -> None:
    sent = login("dgc").sends if url.endswith(("/draft", "{task}")) else None
    answer = (
        sent(url.format(**things), {}, method) if sent else login("dgc").posts(url.format(**things), method, text="x")
    )
    assert answer.status_code in (403, 404)


@pytest.mark.parametrize("url", [*OTHERS_PAGES, *SHARED_PAGES, "/nothing", "/cases/", "/tasks/a/b"])
def test_what_is_not_there_is_not_found(login: Login, url: str) -> None:
    page = login("admin").opens(url.format(**NOT_THERE))
    assert page.status_code == 404
    assert "กลับไปงานของฉัน" in page.text


@pytest.mark.parametrize(("method", "url"), [each for each in UNSAFE if each[1] != "/logout"])
def test_what_is_not_there_cannot_be_changed(login: Login, method: str, url: str) -> None:
    admin, filled = login("admin"), url.format(**NOT_THERE)
    if url.endswith(("/draft", "{task}")):
        assert admin.sends(filled, {}, method).status_code == 404
    else:
        assert admin.posts(filled, method, text="x", reason="x").status_code == 404


@pytest.mark.parametrize(("method", "url"), [*UNSAFE, ("POST", "/login")])
def test_an_unsafe_request_without_the_page_s_token_is_refused(login: Login, method: str, url: str) -> None:
    it = login("it")
    it.csrf()
    filled = url.format(**NOT_THERE)
    assert it.client.open(filled, method=method).status_code == 403
    assert it.client.open(filled, method=method, data={CSRF: "wrong"}).status_code == 403
    assert it.client.open(filled, method=method, data={CSRF: login("it").csrf()}).status_code == 403
    assert it.client.open(filled, method=method, json={"answers": {}}).status_code == 403
    assert it.opens("/").status_code == 200


@pytest.mark.parametrize(("method", "url"), UNSAFE)
def test_an_unsafe_route_is_not_opened(login: Login, method: str, url: str) -> None:
    if url != "/tasks/{task}":
        refused = login("it").opens(url.format(**NOT_THERE))
        assert refused.status_code == 405
        assert method in refused.headers["Allow"]


URLS = [
    "/",
    "/login",
    "/health",
    "/nothing",
    "/static/nothing.js",
    "/start",
    "/cases/none",
    "/incidents",
    "/registry.xlsx",
]


@pytest.mark.parametrize("url", URLS)
def test_every_response_carries_the_headers(login: Login, visitor: Login, url: str) -> None:
    for actor in (login("it"), visitor("it")):
        headers = actor.opens(url).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-inline" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert url.startswith("/static") or headers["Cache-Control"] == "no-store"
        assert "Strict-Transport-Security" not in headers


def test_only_the_diagram_may_set_styles_of_its_elements(login: Login) -> None:
    it = login("it")
    policy = it.opens(f"/cases/{it.starts('external_link')}").headers["Content-Security-Policy"]
    assert "style-src-attr 'unsafe-inline'" in policy
    assert "style-src 'self';" in policy


def test_an_encrypted_page_stays_encrypted(house: House) -> None:
    page = house.app.test_client().get("/login", base_url="https://localhost")
    assert "max-age" in page.headers["Strict-Transport-Security"]


def test_path_tricks_give_nothing(login: Login) -> None:
    dgc = login("dgc")
    for trick in ("/incidents;x", "/incidents/", "//incidents", "/./incidents", "/%2fincidents", "/incidents%20"):
        assert dgc.opens(trick).status_code in (301, 303, 308, 403, 404)
