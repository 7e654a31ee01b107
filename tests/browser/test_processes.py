"""The manual's four processes, each from the login page to its end, as a newcomer goes through them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
import yaml
from playwright.sync_api import expect

from engine.calendar import SystemClock, today
from engine.registry import STATE_NAMES, LinkState
from engine.replay import FOLDER
from tests.browser.conftest import Staff
from tests.browser.people import DRAWINGS, Person
from tests.browser.server import Server
from web.shown import DIRECTIONS

pytestmark = pytest.mark.browser

GREEN = "rgb(31, 107, 58)"
IN_A_MONTH = str(today(SystemClock()) + timedelta(days=30))
DRAWN_IN = """(all, colour) => all.filter((each) => Array.from(each.querySelectorAll('.djs-visual > *'))
  .some((part) => getComputedStyle(part).stroke === colour)).map((each) => each.dataset.elementId)"""


def expected_path(process: str, name: str) -> list[str]:
    """The path that the replay of that name expects, with the flows between its elements."""
    drawn = DRAWINGS[process]
    file = FOLDER / f"{process.replace('_', '-')}.yaml"
    path = next(one["expect"]["path"] for one in yaml.safe_load_all(file.read_text("utf-8")) if one["name"] == name)
    steps = set(pairwise(path))
    return [*dict.fromkeys(path), *(key for key, flow in drawn.flows.items() if (flow.source, flow.target) in steps)]


def ends(person: Person, case: str, process: str, replay: str, outcome: str) -> None:
    """The case page shows the end, and its diagram the path of the replay in green and nothing else."""
    person.opens_case(case).sees("เสร็จสิ้น", DRAWINGS[process].elements[outcome].name)
    marked = person.page.locator("#diagram .is-done")
    path = sorted(expected_path(process, replay))
    assert sorted(marked.evaluate_all("(all) => all.map((each) => each.dataset.elementId)")) == path
    assert sorted(marked.evaluate_all(DRAWN_IN, GREEN)) == path
    expect(person.page.locator("#diagram .is-current")).to_have_count(0)


def registered(person: Person, partner: str, dataset: str, *cells: str) -> None:
    """The registry page shows a link in one row."""
    person.goes_to("ทะเบียน")
    row = person.page.locator("tbody tr").filter(has_text=partner).filter(has_text=dataset)
    expect(row).to_have_count(1)
    for cell in cells:
        expect(row).to_contain_text(cell)


def test_a_link_is_ended_within_a_minute(staff: Staff, capsys: pytest.CaptureFixture[str]) -> None:
    begun = time.monotonic()
    clerk = staff.logs_in("clerk")
    number = clerk.link_of("กรมการปกครอง")
    case = clerk.starts("link_termination")
    clerk.does("S1", case, link_no=number)
    it = staff.logs_in("it").does("S1_memo", case)
    staff.logs_in("it-director").does("S1_endorse", case)
    it.does("S2", case).does("S3", case)
    it.opens_case(case).sees("เสร็จสิ้น")
    seconds = time.monotonic() - begun
    with capsys.disabled():
        print(f"\n6.4 from login to end: {seconds:.1f} s")  # noqa: T201 - the figure is asked for
    ends(it, case, "link_termination", "The unit that uses a link gives notice and the link ends", "end_cancelled")
    registered(it, "กรมการปกครอง", "ทะเบียนราษฎร", number, STATE_NAMES[LinkState.ENDED])


def test_a_link_is_asked_for_and_goes_live(staff: Staff) -> None:
    it = staff["it"]
    case = it.starts("external_link")
    it.does("S1", case, partner_name="กรมธนารักษ์")
    staff["it-director"].does("S1_endorse", case)
    for step in ("S2", "S2_answer", "S3"):
        it.does(step, case)
    staff["seam"].does("S3_endorse", case)
    it.does("S4", case)
    staff["vc"].does("S5", case)
    ends(it, case, "external_link", "A partner passes, the owner grants, the link goes live", "end_linked")
    registered(it, "กรมธนารักษ์", "ทะเบียนราษฎร", DIRECTIONS["outbound"], STATE_NAMES[LinkState.LIVE])
    it.opens("/outbox").sees(case)


def test_information_is_asked_for_and_given(staff: Staff) -> None:
    clerk = staff["clerk"]
    case = clerk.starts("information_request")
    clerk.does("S1", case, request_kind="information", in_catalog="yes", personal_data="no")
    staff["it"].does("S2", case)
    staff["it"].does("S3", case)
    staff["owner"].does("S4", case, data_category="general", in_catalog="yes", personal_data="no")
    staff["owner"].does("S5", case)
    staff["owner-director"].does("S5_endorse", case)
    staff["owner"].does("S6", case)
    staff["cdo"].does("S6_endorse", case)
    staff["it"].does("S7", case)
    clerk.does("S7_ack", case)
    staff["it"].does("S8", case)
    replay = "General data in the catalogue, approved by the CDO, given and registered"
    ends(clerk, case, "information_request", replay, "end_given")
    registered(clerk, "สำนักงานสถิติแห่งชาติ", "ข้อมูลโครงการ", DIRECTIONS["inbound"], STATE_NAMES[LinkState.LIVE])


def test_the_manual_is_reviewed_by_every_unit(staff: Staff, server: Server, answers: Mapping[str, Any]) -> None:
    it = staff["it"]
    case = it.starts("manual_review")
    it.does("S1", case, reply_by=IN_A_MONTH)
    staff["it-director"].does("S1_endorse", case)
    reviewed = [{**row, "review_link": it.link_of("กรมที่ดิน")} for row in answers["manual_review_S2"]["existing_review"]]
    units = {row[0] for row in server.query("SELECT id FROM groups WHERE kind = 'unit'")}
    for username in ("it", "vc", "owner", *["clerk"] * (len(units) - 3)):
        it.opens_case(case).sees("ยังไม่ตอบ")
        staff[username].does("S2", case, existing_review=reviewed)
    replied = server.query("SELECT item FROM tasks WHERE element = 'S2' AND status = 'done' AND item IS NOT NULL")
    assert {row[0] for row in replied} == units
    it.does("S3", case)
    for step in ("S4", "S5", "S6"):
        staff["seam"].does(step, case)
    staff["it-director"].does("S6_endorse", case)
    it.does("S7", case)
    staff["it-director"].does("S7_endorse", case)
    replay = "Every unit answers, the manual is endorsed, signed and announced"
    ends(it, case, "manual_review", replay, "end_announced")
    staff["owner"].opens("/messages").sees(case)
