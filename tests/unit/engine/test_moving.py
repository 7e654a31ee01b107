"""Moving running cases between versions, stepping back, suspending: previewed, undone, refused where unsafe."""

from __future__ import annotations

from typing import Any

import pytest

from engine import cases, definitions, moving, project
from engine.errors import CaseClosed, MoveRefused
from engine.library import Definition
from tests.conftest import Office

GOOD = {"link_no": "L-2570-0001", "criterion": "CX3"}


def deploy(office: Office, *changes: tuple[str, str]) -> Definition:
    """Deploy 6.4 with texts changed and return the new definition."""
    files = dict(project.files())
    changed = files["link-termination.bpmn"].decode()
    for old, new in changes:
        changed = changed.replace(old, new)
    assert changed != files["link-termination.bpmn"].decode()
    files["link-termination.bpmn"] = changed.encode()
    with office.database.write() as db:
        ctx = office.context(db)
        definitions.deploy(ctx, files, "owner", "change")
        row = definitions.live(db, "link_termination")
        assert row is not None
        return office.engine.library.get(db, row.id)


def at_memo(office: Office) -> str:
    case = office.start("link_termination", "it")
    office.do(case, "S1", "it", **GOOD)
    return case


def command(office: Office, act: Any, *args: Any) -> None:
    admin = office.person("admin")
    with office.database.write() as db:
        act(office.context(db), *args[:-1], admin, args[-1])


RENAMED = ('name="จัดทำบันทึกแจ้งการขอยกเลิก"', 'name="ร่างบันทึกแจ้งการขอยกเลิก"')


def test_a_case_keeps_its_version_until_it_is_moved(office: Office) -> None:
    case = at_memo(office)
    before = office.row(case).definition_id
    target = deploy(office, RENAMED)
    assert office.row(case).definition_id == before
    office.do(case, "S1_memo", "it")
    assert office.row(case).definition_id == before != target.id


def test_a_moved_case_goes_on_in_the_new_version_with_its_task_and_answers(office: Office) -> None:
    case = at_memo(office)
    target = deploy(office, RENAMED)
    task = office.open(case)[0].id
    with office.database.read() as db:
        assert [(p.number, p.stands_at, p.safe) for p in moving.preview(office.context(db), target)] == [
            ("6.4-2570-0001", ("S1_memo",), True)
        ]
    command(office, lambda ctx, who, why: moving.move(ctx, case, target, who, why), "แก้ชื่อขั้นตอน")
    assert office.row(case).definition_id == target.id
    assert office.open(case)[0].id == task, "the open task is the same row"
    for element, by in (("S1_memo", "it"), ("S1_endorse", "it-director"), ("S2", "it"), ("S3", "it")):
        office.do(case, element, by, **({"S1_decision": "approve"} if element == "S1_endorse" else {}))
    assert office.row(case).outcome == "end_cancelled"


def test_a_move_is_undone_until_the_case_has_gone_on(office: Office) -> None:
    case = at_memo(office)
    before = office.row(case)
    target = deploy(office, RENAMED)
    admin = office.person("admin")
    with office.database.write() as db:
        moving.move(office.context(db), case, target, admin, "ลอง")
    with office.database.write() as db:
        moving.undo(office.context(db), case, admin)
    assert office.row(case).definition_id == before.definition_id
    office.do(case, "S1_memo", "it")
    with office.database.write() as db, pytest.raises(MoveRefused):
        moving.undo(office.context(db), case, admin)


def test_a_move_is_refused_where_the_element_is_gone(office: Office) -> None:
    case = at_memo(office)
    target = deploy(office, ("S1_memo", "S1_letter"), ("link_termination_S1_letter", "link_termination_S1_memo"))
    with office.database.read() as db:
        preview = moving.preview(office.context(db), target)[0]
    assert not preview.safe
    assert "S1_memo" in preview.reasons[0][1]
    with office.database.write() as db, pytest.raises(MoveRefused):
        moving.move(office.context(db), case, target, office.person("admin"))
    office.do(case, "S1_memo", "it")


def test_a_multi_instance_step_moves_with_its_answers_and_its_timer(office: Office) -> None:
    case = office.start("manual_review", "it")
    office.do(case, "S1", "it", reply_by="2026-12-15")
    office.do(case, "S1_endorse", "it-director", S1_decision="approve")
    quiet = {"has_need": "no", "has_existing": "no", "reply_person": "ผู้ประสานงาน"}
    office.do(case, "S2", "owner", "housing", **quiet)
    due = office.query("SELECT due_at FROM jobs WHERE kind = 'timer'")
    files = dict(project.files())
    files["manual-review.bpmn"] = files["manual-review.bpmn"].replace("ออกเลขเรื่อง".encode(), "ให้เลขเรื่อง".encode())
    with office.database.write() as db:
        ctx = office.context(db)
        definitions.deploy(ctx, files, "owner", "change")
        row = definitions.live(db, "manual_review")
        assert row is not None
        moving.move(ctx, case, ctx.engine.library.get(db, row.id), office.person("admin"))
    assert len(office.open(case)) == 7
    assert office.query("SELECT due_at FROM jobs WHERE kind = 'timer'") == due
    office.tick(days=30)
    assert [t.element for t in office.open(case)] == ["S3"]


def test_an_earlier_step_is_done_again_with_a_reason(office: Office) -> None:
    case = at_memo(office)
    office.do(case, "S1_memo", "it")
    command(office, lambda ctx, who, why: moving.step_back(ctx, case, "S1", who, why), "เลือกรายการผิด")
    assert [t.element for t in office.open(case)] == ["S1"]
    office.do(case, "S1", "it", link_no="L-2570-0003", criterion="CX1")
    assert [t.element for t in office.open(case)] == ["S1_memo"]
    trail = office.query("SELECT detail FROM audit WHERE tag = 'case:step_back'")
    assert "เลือกรายการผิด" in trail[0].detail
    with pytest.raises(MoveRefused):
        command(office, lambda ctx, who, why: moving.step_back(ctx, case, "S3", who, why), "ยังไม่เคยทำ")


def test_a_suspended_case_waits_and_goes_on(office: Office) -> None:
    case = at_memo(office)
    command(office, lambda ctx, who, why: cases.suspend(ctx, case, who, why), "รอผลการเจรจา")
    with pytest.raises(CaseClosed):
        office.do(case, "S1_memo", "it")
    with office.database.write() as db:
        cases.resume(office.context(db), case, office.person("admin"))
    office.do(case, "S1_memo", "it")
    assert [t.element for t in office.open(case)] == ["S1_endorse"]


def test_a_timer_of_a_suspended_case_fires_when_it_is_resumed(office: Office) -> None:
    case = office.start("manual_review", "it")
    office.do(case, "S1", "it", reply_by="2026-12-15")
    office.do(case, "S1_endorse", "it-director", S1_decision="approve")
    command(office, lambda ctx, who, why: cases.suspend(ctx, case, who, why), "รอ")
    assert office.tick(days=60) == 0
    with office.database.write() as db:
        cases.resume(office.context(db), case, office.person("admin"))
    assert office.tick() == 1
    assert [t.element for t in office.open(case)] == ["S3"]
