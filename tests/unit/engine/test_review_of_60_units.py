"""6.1 step 2 asks every unit at once: who answered is visible, and the due date closes the step."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert

from engine.calendar import BANGKOK
from engine.people import add_group
from engine.tables import memberships, people
from tests.conftest import Office

ANSWER = {"has_need": "no", "has_existing": "no", "reply_person": "ผู้ประสานงาน"}


def with_60_units(office: Office) -> None:
    """Add units until there are 60, each answered by the clerk."""
    clerk = office.person("clerk").id
    with office.database.write() as db:
        for n in range(52):
            add_group(db, f"unit{n:02d}", f"กองที่ {n + 1}", "unit")
            db.execute(
                insert(memberships), {"id": f"m{n}", "person_id": clerk, "group_id": f"unit{n:02d}", "head": False}
            )
        db.execute(people.select())


def asked(office: Office) -> str:
    """A review whose memo is approved, with replies due on 15 December 2026."""
    case = office.start("manual_review", "it")
    office.do(case, "S1", "it", reply_by="2026-12-15")
    office.do(case, "S1_endorse", "it-director", S1_decision="approve")
    return case


def answer(office: Office, case: str, count: int) -> None:
    waiting = [task for task in office.open(case) if task.item.startswith("unit")][:count]
    for task in waiting:
        office.complete(task.id, "clerk", ANSWER)


def test_sixty_units_are_asked_and_the_timer_closes_with_41_answers(office: Office) -> None:
    with_60_units(office)
    case = asked(office)
    assert len(office.open(case)) == 60
    answer(office, case, 41)
    assert len(office.open(case)) == 19
    due = office.query("SELECT due_at FROM jobs WHERE case_id = :case AND kind = 'timer'", case=case)
    assert len(due) == 1
    office.clock.set(datetime(2026, 12, 15, 23, 59, 58, tzinfo=BANGKOK))
    assert office.tick() == 0, "a date lasts until its end in Bangkok"
    assert office.tick(seconds=2) == 1
    assert [task.element for task in office.open(case)] == ["S3"]
    states = office.query(
        "SELECT status, count(*) AS n FROM tasks WHERE case_id = :case AND element = 'S2' GROUP BY status", case=case
    )
    assert {row.status: row.n for row in states} == {"done": 41, "cancelled": 19}
    assert office.tick(days=30) == 0, "a timer fires once"


def test_the_step_closes_when_all_have_answered_and_the_timer_goes(office: Office) -> None:
    case = asked(office)
    for item, by in (("it_dept", "it"), ("vc_dept", "vc"), ("housing", "owner")):
        office.do(case, "S2", by, item, **ANSWER)
    for task in office.open(case):
        office.complete(task.id, "clerk", ANSWER)
    assert [task.element for task in office.open(case)] == ["S3"]
    assert office.query("SELECT id FROM jobs WHERE case_id = :case", case=case) == []


def test_answers_of_units_never_enter_the_shared_case_data(office: Office) -> None:
    case = asked(office)
    before = office.row(case).data
    office.do(case, "S2", "owner", "housing", **ANSWER)
    assert office.row(case).data == before
