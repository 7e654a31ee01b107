"""One unit after the other: the next is asked when the one before has answered, and each may go on reading the case."""

from __future__ import annotations

import json

from engine import access, checks, definitions, invariants
from tests.conftest import Office
from tests.unit.engine.test_extremes import FORM, HEAD, chain, task

OURS = '<lane id="lane_it_dept" name="ทส.">{lane}</lane>'
THEIRS = '<lane id="lane_all_units" name="ทุกหน่วยงาน"><flowNodeRef>ask</flowNodeRef></lane>'


def asks(office: Office, *units: str, until: str = "") -> str:
    """A case that asks these units one after the other, until a condition holds."""
    stop = f'<completionCondition xsi:type="tFormalExpression">{until}</completionCondition>' if until else ""
    each = 'isSequential="true" camunda:collection="${units}" camunda:elementVariable="unit"'
    loop = f"<multiInstanceLoopCharacteristics {each}>{stop}</multiInstanceLoopCharacteristics>"
    content = f"{task('ask')}{loop}</userTask>" + chain("start", "number", "ask", "end_it")
    lane = "".join(f"<flowNodeRef>{step}</flowNodeRef>" for step in ("start", "number", "end_it"))
    drawn = HEAD.replace(OURS, OURS + THEIRS).format(lane=lane, content=content)
    files = {"lean.bpmn": drawn.encode(), "lean_again.form": json.dumps(FORM).encode()}
    assert [each for each in checks.check(files, office.engine.topics.names) if each.level == "error"] == []
    with office.database.write() as db:
        definitions.deploy(office.context(db), files, "owner", "lean")
    return office.start("lean", "it", {"units": units})


def answer(office: Office, case: str, by: str) -> None:
    (waits,) = office.open(case)
    office.complete(waits.id, by, {"done": True})
    with office.database.read() as db:
        assert invariants.check(office.context(db), case) == []


def asked(office: Office, case: str) -> list[str]:
    return [waits.item for waits in office.open(case)]


def test_the_next_unit_is_asked_when_the_one_before_has_answered(office: Office) -> None:
    case = asks(office, "vc_dept", "housing", "it_dept")
    for unit, by in (("vc_dept", "vc"), ("housing", "owner"), ("it_dept", "it")):
        assert asked(office, case) == [unit]
        assert [waits.id for waits in office.worklist(by)] == [waits.id for waits in office.open(case)]
        answer(office, case, by)
    assert office.row(case).status == "done"


def test_whoever_was_asked_may_go_on_reading_the_case(office: Office) -> None:
    case = asks(office, "vc_dept", "housing", "it_dept")
    answer(office, case, "vc")
    answer(office, case, "owner")
    with office.database.read() as db:
        seen = {by: access.may_see(office.context(db), case, office.person(by)) for by in ("vc", "owner", "seam")}
    assert seen == {"vc": True, "owner": True, "seam": False}


def test_the_rest_is_not_asked_once_the_condition_holds(office: Office) -> None:
    case = asks(office, "vc_dept", "housing", "it_dept", until="${nrOfCompletedInstances = 2}")
    answer(office, case, "vc")
    answer(office, case, "owner")
    assert (asked(office, case), office.row(case).status) == ([], "done")


def test_where_nobody_stands_for_the_next_an_operator_is_asked(office: Office) -> None:
    case = asks(office, "vc_dept", "", "it_dept")
    answer(office, case, "vc")
    assert asked(office, case) == [""]
    assert [row.kind for row in office.query("SELECT kind FROM incidents WHERE resolved_at IS NULL")] == ["nobody"]
