"""Long and wide cases through the whole engine: 2,000 rounds back, parallel blocks in a row, 1,000 units asked."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select

from engine import checks, definitions, invariants, tasks
from engine.errors import EngineFault
from engine.tables import tasks as table
from tests.conftest import Office

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="t" id="d">
  <process id="lean" name="ทดสอบ" isExecutable="true">
    <extensionElements><camunda:properties>
      <camunda:property name="start.roles" value="*"/>
    </camunda:properties></extensionElements>
    <laneSet id="ls"><lane id="lane_it_dept" name="ทส.">{lane}</lane></laneSet>
    <startEvent id="start"/>
    <serviceTask id="number" name="เลข" camunda:type="external" camunda:topic="number-case"/>
    <endEvent id="end_it"/>
    {content}
  </process>
</definitions>"""
FORM = {
    "type": "default",
    "id": "lean_again",
    "schemaVersion": 18,
    "components": [{"type": "checkbox", "id": "done", "key": "done", "label": "เสร็จแล้ว"}],
}
AT_ONCE = 100


def flow(source: str, target: str, condition: str = "") -> str:
    inner = f'<conditionExpression xsi:type="tFormalExpression">{condition}</conditionExpression>' if condition else ""
    return f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def chain(*steps: str) -> str:
    return "".join(flow(one, two) for one, two in pairwise(steps))


def opened(office: Office, content: str, lane: Iterable[str], data: Mapping[str, Any] | None = None) -> str:
    """A case of a process with this content."""
    steps = "".join(f"<flowNodeRef>{step}</flowNodeRef>" for step in ["start", "number", *lane, "end_it"])
    files = {
        "lean.bpmn": HEAD.format(lane=steps, content=content).encode(),
        "lean_again.form": json.dumps(FORM).encode(),
    }
    assert [each for each in checks.check(files, office.engine.topics.names) if each.level == "error"] == []
    with office.database.write() as db:
        definitions.deploy(office.context(db), files, "owner", "lean")
    return office.start("lean", "it", data)


def work(office: Office, case: str, most: int, **given: bool) -> int:
    """Do open tasks one after the other until there are none, or so many; returns how many were done."""
    it, done = office.person("it"), 0
    query = select(table.c.id).where(table.c.case_id == case, table.c.status == "open").order_by(table.c.id).limit(1)
    while done < most:
        with office.database.write() as db:  # many in one transaction: this is about the engine, not about the disk
            for _ in range(min(AT_ONCE, most - done)):
                found = db.execute(query).scalar()
                if found is None:
                    return done
                tasks.complete(office.context(db), found, it, given)
                done += 1
    return done


def task(name: str) -> str:
    """The beginning of a task with the form."""
    return f'<userTask id="{name}" name="{name}" camunda:formRef="lean_again" camunda:formRefBinding="deployment">'


def is_done(office: Office, case: str) -> bool:
    with office.database.read() as db:
        assert invariants.check(office.context(db), case) == []
    return bool(office.row(case).status == "done")


def test_a_case_goes_back_2000_times_and_ends(office: Office) -> None:
    content = task("again") + '</userTask><exclusiveGateway id="g" name="เสร็จหรือไม่" default="g_again"/>'
    content += chain("start", "number", "again", "g", "again") + flow("g", "end_it", "${done = true}")
    case = opened(office, content, ["again", "g"])
    sizes = []
    for rounds in (10, 1_990):
        assert work(office, case, rounds, done=False) == rounds
        sizes.append(len(office.row(case).state))
    assert work(office, case, 1, done=True) == 1
    assert is_done(office, case)
    assert sizes[1] <= 1.1 * sizes[0]


def block(number: int, branches: str) -> str:
    steps = [f"{branch}{number}" for branch in branches]
    work_of = "".join(f'<manualTask id="{step}" name="{step}"/>' for step in steps)
    flows = "".join(chain(f"s{number}", step, f"j{number}") for step in steps)
    return f'<parallelGateway id="s{number}"/><parallelGateway id="j{number}"/>{work_of}{flows}'


def names(numbers: range, branches: str) -> list[str]:
    return [f"{letter}{number}" for number in numbers for letter in f"sj{branches}"]


@pytest.mark.parametrize(("blocks", "branches"), [(10, "xy"), (10, "xyz"), (40, "xy")])
def test_parallel_blocks_in_a_row_end(office: Office, blocks: int, branches: str) -> None:
    row = [end for number in range(blocks) for end in (f"s{number}", f"j{number}")]
    between = [flow(one, two) for one, two in zip(row[1::2], row[2::2], strict=False)]
    content = "".join([*(block(number, branches) for number in range(blocks)), *between])
    content += chain("start", "number", "s0") + flow(row[-1], "end_it")
    case = opened(office, content, names(range(blocks), branches))
    assert work(office, case, 1_000) == blocks * len(branches)
    assert is_done(office, case)


def test_1000_units_are_asked_at_once_and_all_answer(office: Office) -> None:
    many = '<multiInstanceLoopCharacteristics id="m"><loopCardinality id="n">1000</loopCardinality>'
    asked = f"{task('ask')}{many}</multiInstanceLoopCharacteristics></userTask>"
    case = opened(office, asked + chain("start", "number", "ask", "end_it"), ["ask"])
    assert len(office.open(case)) == 1_000
    assert work(office, case, 1_000) == 1_000
    assert is_done(office, case)


@pytest.mark.parametrize("count", [0, -1, 1_001, 10**9, 10**30, 1e300, "abc", "", None, [3], {"n": 3}])
def test_a_count_that_is_none_is_refused_before_anything_is_made_of_it(office: Office, count: Any) -> None:
    many = '<multiInstanceLoopCharacteristics id="m"><loopCardinality id="n">${count}</loopCardinality>'
    asked = f"{task('ask')}{many}</multiInstanceLoopCharacteristics></userTask>"
    drawn = asked + chain("start", "number", "ask", "end_it")
    tracemalloc.start()
    try:
        with pytest.raises(EngineFault, match="1 to 1000 are allowed"):
            opened(office, drawn, ["ask"], {"count": count})
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()
    assert office.query("SELECT id FROM cases") == []
