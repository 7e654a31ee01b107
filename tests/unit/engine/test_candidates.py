"""Who is asked: the lane decides, `camunda:candidateGroups` and `camunda:assignee` may narrow it, never widen it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine import definitions
from engine.invariants import check
from tests.conftest import Office
from tests.unit.engine.test_extremes import FORM, HEAD, chain, task

OURS, BODY = 'id="lane_it_dept" name="ทส."', 'id="lane_cdo_dpo" name="CDO/DPO"'


def opened(office: Office, attribute: str, value: Any, lane: str = OURS) -> str:
    """A case whose task names this value in this attribute."""
    narrowed = task("ask").replace("<userTask ", f'<userTask camunda:{attribute}="${{named}}" ')
    content = f"{narrowed}</userTask>" + chain("start", "number", "ask", "end_it")
    steps = "".join(f"<flowNodeRef>{step}</flowNodeRef>" for step in ("start", "number", "ask", "end_it"))
    drawn = HEAD.replace(OURS, lane).format(lane=steps, content=content)
    files = {"lean.bpmn": drawn.encode(), "lean_again.form": json.dumps(FORM).encode()}
    with office.database.write() as db:
        definitions.deploy(office.context(db), files, "owner", "lean")
    case = office.start("lean", "it", {"named": value})
    with office.database.read() as db:
        assert check(office.context(db), case) == []
    return case


def asks(office: Office, groups: Any, lane: str = OURS) -> list[str]:
    """Who is asked in a lane whose task names these groups."""
    case = opened(office, "candidateGroups", groups, lane)
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


def test_one_of_the_lane_has_the_task_from_the_start(office: Office) -> None:
    (row,) = office.open(opened(office, "assignee", "it-director"))
    assert row.claimed_by == "it-director"
    assert office.query("SELECT kind FROM incidents") == []


@pytest.mark.parametrize("named", ["", None])
def test_where_nobody_is_named_the_lane_is_asked(office: Office, named: Any) -> None:
    (row,) = office.open(opened(office, "assignee", named))
    assert row.claimed_by is None
    assert office.query("SELECT kind FROM incidents") == []


@pytest.mark.parametrize("named", ["vc", "nobody-of-this-name", ["it"], {"it": 1}, 7, "it, it-director"])
def test_somebody_outside_the_lane_does_not_get_the_task_and_operators_see_it(office: Office, named: Any) -> None:
    (row,) = office.open(case := opened(office, "assignee", named))
    assert row.claimed_by is None
    assert [each.kind for each in office.query("SELECT kind FROM incidents")] == ["nobody"]
    office.do(case, "ask", "it", done=True)
