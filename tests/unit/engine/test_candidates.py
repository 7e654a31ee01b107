"""Who is asked: the lane decides, `camunda:candidateGroups` may narrow it and never widens it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine import definitions
from engine.invariants import check
from tests.conftest import Office
from tests.unit.engine.test_extremes import FORM, HEAD, chain, task

OURS, BODY = 'id="lane_it_dept" name="ทส."', 'id="lane_cdo_dpo" name="CDO/DPO"'


def asks(office: Office, groups: Any, lane: str = OURS) -> list[str]:
    """Who is asked in a lane whose task names these groups."""
    narrowed = task("ask").replace("<userTask ", '<userTask camunda:candidateGroups="${groups}" ')
    content = f"{narrowed}</userTask>" + chain("start", "number", "ask", "end_it")
    steps = "".join(f"<flowNodeRef>{step}</flowNodeRef>" for step in ("start", "number", "ask", "end_it"))
    drawn = HEAD.replace(OURS, lane).format(lane=steps, content=content)
    files = {"lean.bpmn": drawn.encode(), "lean_again.form": json.dumps(FORM).encode()}
    with office.database.write() as db:
        definitions.deploy(office.context(db), files, "owner", "lean")
    case = office.start("lean", "it", {"groups": groups})
    with office.database.read() as db:
        assert check(office.context(db), case) == []
    query = "SELECT candidate FROM candidates JOIN tasks ON tasks.id = task_id WHERE case_id = :case ORDER BY candidate"
    return [row.candidate for row in office.query(query, case=case)]


@pytest.mark.parametrize(
    ("groups", "asked"),
    [
        ("it_dept", ["it_dept"]),
        ("it_dept, it_dept", ["it_dept"]),
        ("it_dept/head", ["it_dept/head"]),
        ("it_dept, vc_dept", ["it_dept"]),
        (["it_dept/head", "it_dept"], ["it_dept", "it_dept/head"]),
    ],
)
def test_groups_of_the_lane_narrow_it(office: Office, groups: Any, asked: list[str]) -> None:
    assert asks(office, groups) == asked


def test_a_group_below_the_lane_narrows_it(office: Office) -> None:
    assert asks(office, "dpo", BODY) == ["dpo"]


@pytest.mark.parametrize("groups", ["vc_dept", "vc_dept/head", "cdo_dpo", "", None, 7])
def test_groups_outside_the_lane_are_not_asked_and_operators_see_that_nobody_is(office: Office, groups: Any) -> None:
    assert asks(office, groups) == []
    assert [row.kind for row in office.query("SELECT kind FROM incidents")] == ["nobody"]
