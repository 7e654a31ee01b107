"""F-12: clocks that jump, differ, or pass a leap day or a new year. A timer fires once, what came later stays later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from engine import definitions, jobs, moving, views
from engine.calendar import BANGKOK, FixedClock
from engine.errors import SeparationOfDuties
from engine.tables import jobs as jobs_table
from tests.conftest import Office
from tests.faults.scenes import LINK, asked_units, count, deploy, problems
from tests.web.conftest import Actor

FIRED = "SELECT count(*) FROM audit WHERE tag = 'timer:fired'"
EVERYTHING_IS_OVER = timedelta(days=60)


def bangkok(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=BANGKOK)  # type: ignore[misc,arg-type]


def due(office: Office) -> datetime:
    """When the one timer falls due."""
    asked_units(office)
    with office.database.read() as db:
        moment: datetime = db.execute(select(jobs_table.c.due_at).where(jobs_table.c.kind == "timer")).scalar_one()
    return moment


@pytest.mark.parametrize(
    ("before", "jump", "fires"),
    [
        (timedelta(hours=1), timedelta(hours=-2), 0),
        (timedelta(hours=1), timedelta(hours=2), 1),
        (timedelta(hours=1), timedelta(days=3), 1),
        (timedelta(hours=3), timedelta(hours=2), 0),
    ],
)
def test_a_timer_fires_once_however_the_clock_jumps(
    office: Office, before: timedelta, jump: timedelta, fires: int
) -> None:
    moment = due(office)
    office.clock.set(moment - before)
    assert office.tick() == 0
    office.clock.set(moment - before + jump)
    assert office.tick() == fires
    office.clock.set(moment - timedelta(hours=2))
    assert office.tick() == 0
    office.clock.set(moment)
    assert office.tick() == 1 - fires
    office.clock.set(moment + EVERYTHING_IS_OVER)
    assert office.tick() == 0
    assert count(office, FIRED) == 1
    assert problems(office) == []


@pytest.mark.parametrize(("ahead", "fires"), [(timedelta(minutes=5), 1), (timedelta(minutes=-5), 0)])
def test_a_worker_whose_clock_is_five_minutes_off_fires_by_its_own_clock_and_once(
    office: Office, ahead: timedelta, fires: int
) -> None:
    moment = due(office)
    off_by = moment - timedelta(minutes=2) if fires else moment + timedelta(minutes=2)
    worker = replace(office.engine, clock=FixedClock(off_by + ahead))
    office.clock.set(off_by)
    assert jobs.run_due(worker, office.database) == fires
    assert office.tick() == 1 - fires
    office.clock.set(moment)
    assert office.tick() == 0
    assert count(office, FIRED) == 1
    assert problems(office) == []


@pytest.mark.parametrize(
    ("opened", "reply_by", "last_second"),
    [
        (bangkok(2028, 2, 8, 9), "2028-02-29", bangkok(2028, 2, 29, 23, 59, 59)),
        (bangkok(2026, 12, 9, 9), "2026-12-31", bangkok(2026, 12, 31, 23, 59, 59)),
        (bangkok(2026, 12, 10, 9), "2027-01-01", bangkok(2027, 1, 1, 23, 59, 59)),
    ],
    ids=["leap day", "31 December", "1 January"],
)
def test_a_date_lasts_until_its_last_second_in_bangkok(
    office: Office, opened: datetime, reply_by: str, last_second: datetime
) -> None:
    office.clock.set(opened)
    case = office.start("manual_review", "it")
    office.do(case, "S1", "it", reply_by=reply_by)
    office.do(case, "S1_endorse", "it-director", S1_decision="approve")
    office.clock.set(last_second - timedelta(seconds=1))
    assert office.tick() == 0
    office.clock.set(last_second)
    assert office.tick() == 1
    assert count(office, FIRED) == 1
    assert problems(office) == []


def test_the_year_of_a_number_turns_in_october_and_of_a_date_in_january(
    office: Office, login: Callable[[str], Actor]
) -> None:
    turns = {
        bangkok(2026, 12, 31, 23, 59, 59): ("6.4-2570-0001", "31 ธ.ค. 2569"),
        bangkok(2027, 1, 1): ("6.4-2570-0002", "1 ม.ค. 2570"),
        bangkok(2027, 9, 30, 23, 59, 59): ("6.4-2570-0003", "30 ก.ย. 2570"),
        bangkok(2027, 10, 1): ("6.4-2571-0001", "1 ต.ค. 2570"),
        bangkok(2028, 2, 29, 12): ("6.4-2571-0002", "29 ก.พ. 2571"),
    }
    for moment, (number, day) in turns.items():
        office.clock.set(moment)
        assert office.row(office.start("link_termination", "it")).number == number
        assert day in login("it").opens(f"/cases/{number}").text
    assert problems(office) == []


# --- what came later ------------------------------------------------------------------------------


def test_the_trail_is_in_the_order_of_what_happened_when_the_clock_goes_back(office: Office) -> None:
    case = office.start("link_termination", "it")
    office.clock.forward(hours=-2)
    office.do(case, "S1", "it", **LINK)
    office.clock.forward(days=3)
    office.do(case, "S1_memo", "it")
    with office.database.read() as db:
        events = views.case(office.context(db), office.row(case).number, office.person("it")).events
    tags = [event.tag for event in events if event.tag != "task:claim"]
    assert tags == ["case:start", "task:done", "task:done"]
    moments = [event.at for event in events]
    assert moments != sorted(moments)
    assert problems(office) == []


def test_who_did_a_step_last_may_not_decide_on_it_when_the_clock_went_back(office: Office) -> None:
    case = office.start("manual_review", "it")
    reply_by = (office.clock.now() + timedelta(days=22)).date().isoformat()
    office.do(case, "S1", "it", reply_by=reply_by)
    office.do(case, "S1_endorse", "it-director", S1_decision="return", S1_comment="แก้กำหนดวันตอบกลับ")
    office.clock.forward(hours=-2)
    office.do(case, "S1", "it-director", reply_by=reply_by)
    with pytest.raises(SeparationOfDuties):
        office.do(case, "S1_endorse", "it-director", S1_decision="approve")
    assert problems(office) == []


def test_the_last_move_is_undone_first_when_the_clock_went_back(office: Office) -> None:
    case, admin = office.start("link_termination", "it"), office.person("admin")
    versions = [office.row(case).definition_id]
    for _ in range(2):
        deployed = deploy(office)
        deployed.act(office.engine, office.database)
        office.clock.forward(hours=-2)
        with office.database.write() as db:
            row = definitions.live(db, "link_termination")
            assert row is not None
            moving.move(office.context(db), case, office.engine.library.get(db, row.id), admin, "รุ่นใหม่")
        versions.append(office.row(case).definition_id)
    assert len(set(versions)) == 3
    with office.database.write() as db:
        moving.undo(office.context(db), case, admin)
    assert office.row(case).definition_id == versions[1]
    assert problems(office) == []
