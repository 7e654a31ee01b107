"""Filling in: refusals at the fields, fields that come and go, Thai dates, drafts, and people in each other's way."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Staff
from tests.browser.people import REFUSAL, Person, sent_answers
from tests.browser.server import Server

pytestmark = pytest.mark.browser

REQUIRED = "จำเป็นต้องกรอก"
DRAFT_SAVED = "บันทึกร่างแล้ว"


def at_first_step(person: Person, process: str = "link_termination") -> str:
    """A new case whose first task is open on the page; returns its number."""
    case = person.starts(process)
    person.form.settle()
    return case


def error_at(person: Person, component: str) -> str:
    """What stands under a field."""
    return person.form.field(component).locator(".fjs-form-field-error, .date-hint--error").inner_text().strip()


def tampers(page: Page, change: Callable[[dict[str, Any]], None]) -> None:
    """Whatever the page sends is changed on its way."""

    def handle(route: Route) -> None:
        if route.request.method != "POST":
            return route.continue_()
        answers = sent_answers(route.request)
        change(answers)
        return route.continue_(post_data=json.dumps({"answers": answers}))

    page.route("**/tasks/*", handle)


def test_a_missing_answer_is_refused_in_the_browser(staff: Staff) -> None:
    clerk = staff["clerk"]
    at_first_step(clerk)
    clerk.fills_as_usual(link_no=None, criterion=None, reason="")
    panel = clerk.is_refused()
    expect(panel).to_contain_text("3 จุด")
    for field in ("Field_link_no", "Field_criterion", "Field_reason"):
        assert error_at(clerk, field) == REQUIRED
    expect(panel).to_be_focused()
    panel.get_by_role("button").last.click()
    expect(clerk.form.part("Field_reason")).to_be_focused()


def test_what_the_server_refuses_is_shown_at_its_field(staff: Staff, server: Server) -> None:
    clerk = staff["clerk"].tolerates(422)
    case = at_first_step(clerk)
    clerk.fills_as_usual(link_no=clerk.link_of("กรมบังคับคดี"))
    tampers(clerk.page, lambda answers: answers.update(criterion="CX9", canceller_name="", link_no="L-0000-0000"))
    expect(clerk.is_refused()).to_contain_text("3 จุด")
    assert error_at(clerk, "Field_canceller_name") == REQUIRED
    assert error_at(clerk, "Field_criterion")
    assert error_at(clerk, "Field_link_no")
    assert server.query("SELECT data FROM cases WHERE number = ?", case)[0]["data"].count("CX9") == 0
    clerk.page.unroute_all()
    clerk.submits()


def test_fields_come_and_go_with_the_answers(staff: Staff, server: Server) -> None:
    clerk = staff["clerk"]
    case = at_first_step(clerk)
    organisation = clerk.form.part("Field_canceller_org")
    expect(organisation).to_have_count(0)
    clerk.fills({"canceller_kind": "external", "canceller_org": "กรมที่ดิน"})
    expect(organisation).to_have_value("กรมที่ดิน")
    clerk.fills({"canceller_kind": "internal"}).takes_back("canceller_org")
    expect(organisation).to_have_count(0)
    clerk.fills_as_usual(link_no=clerk.link_of("กรมบังคับคดี")).submits()
    data = json.loads(server.query("SELECT data FROM cases WHERE number = ?", case)[0]["data"])
    assert data["canceller_kind"] == "internal"
    assert not data.get("canceller_org")


def test_the_last_row_of_a_list_may_be_removed(staff: Staff, server: Server) -> None:
    clerk = staff["clerk"]
    case = at_first_step(clerk, "information_request")
    clerk.fills_as_usual(fields_wanted=[])
    clerk.sees(DRAFT_SAVED)
    clerk.page.reload()
    expect(clerk.form.part("Field_field_name_0")).to_have_count(0)
    clerk.submits()
    assert json.loads(server.query("SELECT data FROM cases WHERE number = ?", case)[0]["data"])["fields_wanted"] == []


@pytest.mark.parametrize("typed", ["15/02/2569", "15022569", "15 ก.พ. 2569", "๑๕/๐๒/๒๕๖๙", "15/2/2026"])
def test_a_date_is_kept_in_the_christian_era(staff: Staff, server: Server, typed: str) -> None:
    clerk = staff["clerk"]
    case = at_first_step(clerk)
    clerk.fills_as_usual(link_no=clerk.link_of("กรมบังคับคดี"), wanted_stop_on=None)
    day = clerk.form.part("Field_wanted_stop_on-date")
    day.press_sequentially(typed)
    day.press("Tab")
    expect(day).to_have_value("15/02/2569")
    expect(clerk.form.field("Field_wanted_stop_on")).to_contain_text("15 กุมภาพันธ์ 2569")
    clerk.submits()
    data = json.loads(server.query("SELECT data FROM cases WHERE number = ?", case)[0]["data"])
    assert data["wanted_stop_on"] == "2026-02-15"


def test_a_date_that_is_none_is_refused(staff: Staff) -> None:
    clerk = staff["clerk"]
    at_first_step(clerk)
    clerk.fills_as_usual(link_no=clerk.link_of("กรมบังคับคดี"), wanted_stop_on=None)
    day = clerk.form.part("Field_wanted_stop_on-date")
    day.press_sequentially("31/02/2569")
    day.press("Tab")
    expect(clerk.is_refused()).to_contain_text("อ่านวันที่ไม่ได้")
    expect(day).to_have_value("31/02/2569")


def test_a_draft_survives_a_reload(staff: Staff) -> None:
    clerk = staff["clerk"]
    at_first_step(clerk)
    clerk.fills_as_usual(link_no=clerk.link_of("กรมที่ดิน"))
    clerk.sees(DRAFT_SAVED)
    clerk.page.reload()
    expect(clerk.form.part("Field_reason")).to_have_value("โครงการจองสิทธิ์สิ้นสุดและไม่ใช้ข้อมูลชุดนี้แล้ว")
    expect(clerk.form.part("Field_criterion-2")).to_be_checked()
    expect(clerk.form.part("Field_link_no")).to_have_value(clerk.form.label(
        {"id": "Field_link_no", "valuesKey": "list_live_links"}, clerk.link_of("กรมที่ดิน")
    ))  # fmt: skip
    expect(clerk.form.part("Field_wanted_stop_on-date")).to_have_value("30/09/2569")
    clerk.submits()


def test_a_task_that_somebody_else_did_meanwhile(staff: Staff) -> None:
    it, director = staff["it"].tolerates(409), staff["it-director"]
    at_first_step(it)
    it.page.get_by_role("button", name="คืนงานให้กลุ่ม").click()
    it.page.locator(".worklist > li a").first.wait_for()
    it.page.go_back()
    it.page.reload()
    task = it.page.url
    link = it.link_of("กรมบังคับคดี")
    it.fills_as_usual(link_no=link, reason="เหตุผลของคนที่ช้ากว่า")
    director.page.goto(task)
    director.fills_as_usual(link_no=link).submits()
    panel = it.is_refused()
    expect(panel).to_contain_text("ผอ.ทส.")
    expect(it.form.part("Field_reason")).to_have_value("เหตุผลของคนที่ช้ากว่า")
    it.page.reload()
    it.sees("ผอ.ทส.")
    expect(it.page.get_by_role("link", name="กลับไปงานของฉัน")).to_be_visible()


def test_what_is_being_typed_outlives_a_redrawing(staff: Staff) -> None:
    """form-js waits 300 ms for the next key before it takes a text; a drawing in between would set the text back."""
    clerk = staff["clerk"]
    at_first_step(clerk)
    redraw = """(box) => {
        box.value = 'ยังพิมพ์อยู่';
        box.dispatchEvent(new InputEvent('input', { bubbles: true }));
        document.querySelector('#form input[type=radio]').click();
    }"""
    clerk.form.part("Field_reason").evaluate(redraw)
    clerk.form.settle()
    expect(clerk.form.part("Field_reason")).to_have_value("ยังพิมพ์อยู่")


def test_nobody_endorses_their_own_work(staff: Staff) -> None:
    director = staff["it-director"]
    case = director.starts("manual_review")
    director.does("S1", case, reply_by="2099-12-31")
    director.picks("S1_endorse", case).sees("ผู้ทำกับผู้พิจารณาต้องเป็นคนละคน")
    expect(director.page.get_by_role("button", name="ส่งงาน")).to_have_count(0)
    expect(director.page.locator("#form.form--readonly")).to_be_visible()


def test_a_double_click_has_one_effect(staff: Staff, server: Server) -> None:
    clerk = staff["clerk"]
    before = server.query("SELECT count(*) FROM cases")[0][0]
    clerk.goes_to("เริ่มเรื่องใหม่")
    clerk.page.locator("form[action='/start/link_termination'] button").dblclick()
    clerk.form.settle()
    assert server.query("SELECT count(*) FROM cases")[0][0] == before + 1
    case, task = clerk.case, clerk.page.url.rpartition("/")[2]
    clerk.fills_as_usual(link_no=clerk.link_of("กรมบังคับคดี"))
    clerk.page.get_by_role("button", name="ส่งงาน").dblclick()
    clerk.page.wait_for_url(f"**/cases/{case}")
    done = server.query("SELECT count(*) FROM audit WHERE tag = 'task:done' AND detail LIKE ?", f"%{task}%")
    assert done[0][0] == 1


def test_a_session_that_ends_while_filling_in_loses_nothing(staff: Staff, server: Server) -> None:
    clerk = staff.logs_in("clerk").tolerates(401)
    case = at_first_step(clerk)
    clerk.fills_as_usual(link_no=clerk.link_of("กรมบังคับคดี"), reason="พิมพ์ไว้ยาวมาก")
    clerk.sees(DRAFT_SAVED)
    server.forget_sessions()
    expect(clerk.is_refused()).to_contain_text("หมดเวลาการเข้าใช้งาน")
    expect(clerk.form.part("Field_reason")).to_have_value("พิมพ์ไว้ยาวมาก")
    clerk.logs_in(clerk.opens_a_tab())
    clerk.page.bring_to_front()
    clerk.submits()
    expect(clerk.page.locator(REFUSAL)).to_have_count(0)
    data = json.loads(server.query("SELECT data FROM cases WHERE number = ?", case)[0]["data"])
    assert data["reason"] == "พิมพ์ไว้ยาวมาก"
