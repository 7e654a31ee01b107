"""Completing, claiming and refusing: what a person may do, and that a refusal changes nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from engine import audit, cases, tasks, views
from engine.errors import (
    AnswersRefused,
    CaseClosed,
    Forbidden,
    NobodyMayStart,
    NotFound,
    SeparationOfDuties,
    TaskClaimed,
    TaskGone,
)
from engine.invariants import check
from tests.conftest import Office

GOOD = {"link_no": "L-2570-0001", "criterion": "CX3"}


def terminated(office: Office, by: str = "clerk") -> str:
    return office.start("link_termination", by)


def snapshot(office: Office) -> list[Any]:
    """Everything a refused command might have changed."""
    tables = ("cases", "tasks", "candidates", "jobs", "audit", "messages", "links", "link_history")
    return [office.query(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]  # noqa: S608 - fixed names


def test_a_refused_form_names_the_fields_and_changes_nothing(office: Office) -> None:
    case = terminated(office)
    before = snapshot(office)
    with pytest.raises(AnswersRefused) as refusal:
        office.do(case, "S1", "clerk", criterion=None, link_no="L-9999-0001")
    assert refusal.value.errors
    assert snapshot(office) == before
    office.do(case, "S1", "clerk", **GOOD)
    assert [t.element for t in office.open(case)] == ["S1_memo"]


def test_somebody_outside_the_lane_is_refused(office: Office) -> None:
    case = terminated(office)
    before = snapshot(office)
    with pytest.raises(Forbidden):
        office.do(case, "S1", "dgc", **GOOD)
    assert snapshot(office) == before


def test_a_task_that_is_done_names_who_was_faster(office: Office) -> None:
    case = terminated(office, "it")
    task = office.open(case)[0].id
    office.do(case, "S1", "it", **GOOD)
    with pytest.raises(TaskGone) as gone:
        office.complete(task, "it-director", {})
    assert "เจ้าหน้าที่ ทส. ทำเสร็จก่อนแล้ว" in gone.value.thai


def test_a_claimed_task_is_only_for_its_claimer_until_released(office: Office) -> None:
    case = terminated(office, "it")
    task, it, director = office.open(case)[0].id, office.person("it"), office.person("it-director")
    with office.database.write() as db:
        tasks.claim(office.context(db), task, director)
    with pytest.raises(TaskClaimed):
        office.do(case, "S1", "it", **GOOD)
    with office.database.write() as db, pytest.raises(Forbidden):
        tasks.release(office.context(db), task, it)
    with office.database.write() as db:
        tasks.release(office.context(db), task, director)
    office.do(case, "S1", "it", **GOOD)


def test_who_wrote_the_memo_cannot_approve_it(office: Office) -> None:
    case = terminated(office, "it")
    office.do(case, "S1", "it", **GOOD)
    office.do(case, "S1_memo", "it-director")
    with pytest.raises(SeparationOfDuties):
        office.do(case, "S1_endorse", "it-director", S1_decision="approve")


def test_a_decision_is_never_prefilled_from_the_round_before(office: Office) -> None:
    case = terminated(office, "it")
    office.do(case, "S1", "it", **GOOD)
    office.do(case, "S1_memo", "it")
    office.do(case, "S1_endorse", "it-director", S1_decision="return", S1_comment="แก้ไข")
    office.do(case, "S1_memo", "it")
    with pytest.raises(AnswersRefused):
        office.complete(office.open(case)[0].id, "it-director", {})


def test_only_the_groups_named_may_start(office: Office) -> None:
    with pytest.raises(NobodyMayStart):
        office.start("manual_review", "owner")


def test_unknown_things_are_not_found(office: Office) -> None:
    with pytest.raises(NotFound):
        office.start("no_such_process", "it")
    with pytest.raises(NotFound):
        office.complete("0" * 32, "it", {})


def test_a_task_that_is_done_still_says_who_was_asked_but_is_on_no_worklist(office: Office) -> None:
    case = terminated(office, "it")
    office.do(case, "S1", "it", **GOOD)
    (row,) = office.query("SELECT id, candidates FROM tasks WHERE status = 'done'")
    assert row.candidates == '["it_dept"]'
    assert office.query("SELECT * FROM candidates WHERE task_id = :task", task=row.id) == []


@pytest.mark.parametrize("case_goes_on", [True, False])
def test_a_task_that_an_earlier_release_opened_beside_this_one_is_done_or_withdrawn(
    office: Office, *, case_goes_on: bool
) -> None:
    """While web processes are replaced one by one, those of release 0003 write candidates to the worklist alone."""
    case = terminated(office, "it")
    with office.database.write() as db:
        db.exec_driver_sql("UPDATE tasks SET candidates = NULL")
    with office.database.read() as db:
        ctx = office.context(db)
        assert [row.id for row in office.worklist("it")] == [office.open(case)[0].id]
        assert views.case(ctx, office.row(case).number, office.person("it")).doers == {
            office.open(case)[0].id: ["it_dept"]
        }
    with pytest.raises(Forbidden):
        office.do(case, "S1", "dgc", **GOOD)
    if case_goes_on:
        office.do(case, "S1", "it", **GOOD)
    else:
        with office.database.write() as db:
            cases.cancel(office.context(db), case, office.person("it"), "mistake")
    assert [row.element for row in office.worklist("it")] == (["S1_memo"] if case_goes_on else [])
    with office.database.read() as db:
        assert check(office.context(db)) == []


def test_a_worklist_that_differs_from_the_tasks_is_found(office: Office) -> None:
    case = terminated(office, "it")
    with office.database.write() as db:
        db.exec_driver_sql("UPDATE candidates SET candidate = 'vc_dept'")
    with office.database.read() as db:
        (problem,) = check(office.context(db))
    assert office.row(case).number in problem
    assert "vc_dept" in problem


def test_a_cancelled_case_takes_nothing_more(office: Office) -> None:
    case = terminated(office, "it")
    task = office.open(case)[0].id
    with office.database.write() as db:
        cases.cancel(office.context(db), case, office.person("admin"), "เปิดเรื่องผิด")
    assert office.row(case).status == "cancelled"
    with pytest.raises((TaskGone, CaseClosed)):
        office.complete(task, "it", GOOD)


def test_of_eight_people_at_once_exactly_one_completes(office: Office) -> None:
    case = terminated(office, "it")
    task = office.open(case)[0].id
    given = {**office._answers["link_termination_S1"], **GOOD}

    def attempt(_: int) -> str:
        try:
            office.complete(task, "it", given)
        except (TaskGone, TaskClaimed) as refusal:
            return type(refusal).__name__
        return "done"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(8)))
    assert sorted(outcomes) == ["TaskGone"] * 7 + ["done"]
    assert len(office.query("SELECT id FROM tasks WHERE case_id = :case", case=case)) == 2


def test_every_act_leaves_one_event_in_a_sound_chain(office: Office) -> None:
    case = terminated(office, "it")
    office.do(case, "S1", "it", **GOOD)
    tags = [row.tag for row in office.query("SELECT tag FROM audit WHERE case_id = :case ORDER BY id", case=case)]
    assert tags == ["case:start", "task:done"]
    with office.database.read() as db:
        assert audit.verify(db, case) is None
    with office.database.write() as db:
        db.exec_driver_sql("UPDATE audit SET person = 'somebody' WHERE tag = 'task:done'")
    with office.database.read() as db:
        assert audit.verify(db, case) is not None


def test_answers_are_not_copied_into_the_audit_trail(office: Office) -> None:
    case = terminated(office, "it")
    office.do(case, "S1", "it", **GOOD, reason="เหตุผลที่เป็นความลับ")
    assert "ความลับ" not in str(office.query("SELECT detail FROM audit"))
