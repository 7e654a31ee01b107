"""Every construct in a loop: round 50 costs what round 10 did, and waits as if the case had never been stored."""

from __future__ import annotations

import orjson
import pytest

from engine import spiff
from engine.errors import DiagramRefused, EngineFault
from engine.tokens import Tokens
from tests.unit.engine.loops import BODIES, EVENTS, TASK, Body, Case, Drawing, looped, parse


def compact(state: str) -> str:
    """As it is stored: without blanks."""
    return orjson.dumps(orjson.loads(state)).decode()


# Kept by an earlier version: the first subprocess is over.
STORED = compact("""
[2, [null, 4, false, true, [
  [null, 64, "Start"], [0, 64, "parallelGateway_1"], [1, 64, "subProcess_9"], [2, 64, "parallelGateway_1"],
  [3, 64, "exclusiveGateway_4"], [4, 8, "parallelGateway_2", "a14603c4679c34e9959c30e8f9000005"],
  [3, 32, "subProcess_9", "9c6ee8b05df59dd2c1baf0d6fa000010"], [6, 4, "exclusiveGateway_10"],
  [7, 2, "parallelGateway_2"]
]], [[2, "subProcess_9"], 3, true, true, [
  [null, 64, "Start"], [0, 64, "endEvent_8"], [1, 64, "subProcess_9.EndJoin"], [2, 64, "End"]
]], [[6, "subProcess_9"], 1, false, true, [
  [null, 64, "Start"], [0, 64, "startEvent_7", null, false, {"event_fired": true}],
  [1, 16, "userTask_5", "9c6ee8b05df59dd2c1baf0d6fa000017"], [2, 4, "exclusiveGateway_6"],
  [3, 2, "endEvent_8"], [4, 2, "subProcess_9.EndJoin"]
]]]
""")


@pytest.mark.parametrize("fires", [False, True], ids=["quiet", "fired"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_loop_costs_the_same_in_every_round(body: Body, fires: bool) -> None:
    case = Case(body, fires, stored=True).play(50)
    assert case.sizes[9] == case.sizes[49]
    never_stored = Case(body, fires, stored=False).play(6)
    assert case.waits[: len(never_stored.waits)] == never_stored.waits


def only(tokens: Tokens, *elements: str) -> list[str]:
    """The tokens' ids, which wait at these elements and nowhere else."""
    waits = {token.element: token.id for token in tokens.waiting}
    assert sorted(waits) == sorted(elements)
    return [waits[element] for element in elements]


def again(spec: spiff.Spec, tokens: Tokens) -> Tokens:
    return Tokens.restore(spec, tokens.dump(), lambda *_: True, {})


def test_what_a_cycle_began_outlives_the_task_it_sat_on() -> None:
    """As the standard has it, and as what an event began that fires once does; the library would drop it."""
    spec = looped(("userTask", ("cycle", False, ("sub", ("sub", ("serviceTask",), "plain"), "plain"))))
    tokens = again(spec, Tokens.at_start(spec, lambda *_: True, {}))
    (cycle,) = (token.id for token in tokens.waiting if token.kind == "event")
    for _ in range(2):
        tokens.fire(cycle)
        tokens = again(spec, tokens)
    (task,) = (token.id for token in tokens.waiting if token.kind == "person")
    tokens.complete(task)
    tokens = again(spec, tokens)
    assert sorted(token.kind for token in tokens.waiting) == ["automatic", "automatic", "person"]
    for began in [token.id for token in tokens.waiting if token.kind == "automatic"]:
        tokens.complete(began)
        tokens = again(spec, tokens)
    only(tokens, "manualTask_15")


def test_what_earlier_rounds_left_in_a_stored_case_goes_with_the_next_step() -> None:
    spec = looped(("parallel", TASK, ("sub", TASK, "plain")))
    tokens = Tokens.restore(spec, STORED, lambda *_: True, {})
    assert only(tokens, "userTask_5") == ["9c6ee8b05df59dd2c1baf0d6fa000017"]
    assert len(orjson.loads(tokens.dump())) == 3
    tokens.complete("9c6ee8b05df59dd2c1baf0d6fa000017")
    tokens = again(spec, tokens)
    tokens.complete(*only(tokens, "manualTask_11"))
    only(again(spec, tokens), "userTask_3", "userTask_5")


def test_an_inclusive_join_in_a_loop_waits_for_every_branch_in_every_round() -> None:
    spec = looped(("inclusive", ("userTask",), ("userTask",), ("userTask",)))
    tokens = again(spec, Tokens.at_start(spec, lambda *_: True, {}))
    first, second, over = "userTask_5", "userTask_7", "manualTask_9"
    for _ in range(5):
        one, _ = only(tokens, second, first)
        tokens.complete(one)
        tokens = again(spec, tokens)
        assert not tokens.single  # a token stands at the join
        tokens.complete(*only(tokens, first))
        tokens = again(spec, tokens)
        assert tokens.single
        tokens.complete(*only(tokens, over))
        tokens = again(spec, tokens)


def test_an_inclusive_join_waits_for_a_service_that_works_behind_a_choice() -> None:
    spec = looped(("inclusive", TASK, TASK, ("sequence", ("serviceTask",), ("exclusive", TASK, TASK))))
    tokens = again(spec, Tokens.at_start(spec, lambda *_: True, {}))
    person, service = (next(t for t in tokens.waiting if t.kind == kind) for kind in ("person", "automatic"))
    tokens.complete(person.id)
    assert only(again(spec, tokens), service.element) == [service.id]


@pytest.fixture(scope="module")
def endless() -> spiff.Spec:
    """A reminder leads into a circle that nothing leaves."""
    drawing = Drawing()
    names = [drawing.node(tag) for tag in ("startEvent", "userTask", "endEvent", "userTask", "userTask")]
    start, task, end, here, there = names
    event = drawing.node("boundaryEvent", f'attachedToRef="{task}" cancelActivity="false"', EVENTS["cycle"])
    for arrow in ((start, task), (task, end), (event, here), (here, there), (there, here)):
        drawing.flow(*arrow)
    return parse("".join(drawing.parts))


def test_a_circle_that_nothing_leaves_is_a_fault_wherever_a_token_comes_to_it(endless: spiff.Spec) -> None:
    with pytest.raises(EngineFault):
        Tokens.at_element(endless, "userTask_4", lambda *_: None, {})
    tokens = Tokens.at_start(endless, lambda *_: None, {})
    (event,) = (token.id for token in tokens.waiting if token.kind == "event")
    with pytest.raises(EngineFault):
        tokens.fire(event)


def test_a_circle_that_nothing_leaves_is_refused_where_a_case_would_start_in_it() -> None:
    drawing = Drawing()
    start, here, there = (drawing.node(tag) for tag in ("startEvent", "parallelGateway", "userTask"))
    for arrow in ((start, there), (there, here), (here, there)):
        drawing.flow(*arrow)
    with pytest.raises(DiagramRefused):
        parse("".join(drawing.parts))
