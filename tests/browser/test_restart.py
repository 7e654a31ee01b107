"""F-17: the server is killed between any two steps of a case; sessions, drafts and the case go on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Response

from tests.browser.conftest import Staff
from tests.browser.server import Server

pytestmark = pytest.mark.browser


def _keeps(words: str) -> Callable[[Response], bool]:
    """The answer to a draft that holds these words."""
    return lambda answer: answer.url.endswith("/draft") and words in (answer.request.post_data or "")


def test_a_case_outlives_its_server(staff: Staff, server: Server) -> None:
    def dies_and_comes_back() -> None:
        server.kill()
        server.start()

    clerk, it, director = (staff.logs_in(name) for name in ("clerk", "it", "it-director"))
    case = clerk.starts("link_termination")
    with clerk.page.expect_response(_keeps("the last word")):
        clerk.fills_as_usual(link_no=clerk.link_of("กรมที่ดิน"), canceller_contact="the last word")
    dies_and_comes_back()
    clerk.page.reload()
    clerk.sees("ร่างล่าสุด").submits()  # exactly what was filled in before, by somebody still logged in
    vc, vc_director = staff.logs_in("vc"), staff.logs_in("vc-director")
    for person, step in ((vc, "S1_memo"), (vc_director, "S1_endorse"), (vc, "S2"), (vc, "S3")):
        dies_and_comes_back()
        person.does(step, case)
    dies_and_comes_back()
    clerk.opens_case(case).sees("เสร็จสิ้น")
    assert [row[0] for row in server.query("SELECT state FROM links WHERE partner = 'กรมที่ดิน'")] == ["ended"]
    for person in (it, director):
        person.opens("/").sees("งานของฉัน")
    done = server.query("SELECT element, count(*) FROM tasks WHERE status = 'done' GROUP BY element")
    assert {tuple(row) for row in done} == {(step, 1) for step in ("S1", "S1_memo", "S1_endorse", "S2", "S3")}
