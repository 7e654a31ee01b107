"""The library walks an act once from every marking; whoever comes there later is told what it would do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from engine import reachability, tokens
from engine.errors import EngineFault
from engine.reachability import Gaps, Graph
from engine.spiff import Spec
from engine.tokens import Tokens
from engine.walk import walked
from forms.feel import FeelError
from tests.unit.engine.loops import BODIES, Body, Case
from tests.unit.engine.test_state import STORED, flow, parse


class Alone(Case):
    """A case that finds nothing known, wherever it comes."""

    def act(self) -> None:
        vars(self.spec)["graph"] = Graph()
        super().act()


@pytest.mark.parametrize("fires", [False, True], ids=["quiet", "fired"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_what_is_known_is_what_the_library_would_do(body: Body, fires: bool) -> None:
    told, alone = Case(body, fires, stored=True).play(15), Alone(body, fires, stored=True).play(15)
    assert (told.waits, told.paths, told.sizes) == (alone.waits, alone.paths, alone.sizes)


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The acts that the library walked."""
    done: list[str] = []

    def noted(spec: Spec, gaps: Gaps, act: tuple[Any, ...], evaluate: Any) -> Any:
        done.append(act[0])
        return walked(spec, gaps, act, evaluate)

    monkeypatch.setattr(tokens, "walked", noted)
    return done


@pytest.fixture
def rework() -> Spec:
    """A task that is done again until it is right, and then another."""
    nodes = '<startEvent id="s"/><userTask id="do"/><exclusiveGateway id="ok" default="ok_do"/><userTask id="sign"/>'
    right = '<sequenceFlow id="right" sourceRef="ok" targetRef="sign"><conditionExpression>right</conditionExpression>'
    flows = flow("s", "do") + flow("do", "ok") + flow("ok", "do") + flow("sign", "e") + right + "</sequenceFlow>"
    return parse(f'{nodes}<endEvent id="e"/>{flows}')


class Judge:
    """Says of the work, one after the other, whether it is right."""

    def __init__(self, *says: bool | Exception) -> None:
        self._says: Iterator[Any] = iter(says)
        self.asked = 0

    def __call__(self, condition: str, _: object) -> bool:
        self.asked += 1
        says = next(self._says)
        if isinstance(says, Exception):
            raise says
        return bool(says)


def do(case: Tokens) -> str:
    """The only task is done; where the case then stands."""
    (token,) = case.waiting
    case.complete(token.id)
    return ", ".join(token.element for token in case.waiting)


def test_a_hundred_rounds_of_ten_cases_are_walked_once(rework: Spec, walks: list[str]) -> None:
    for _ in range(10):
        judge = Judge(*[False] * 100)
        case = Tokens.at_start(rework, judge, {})
        for _ in range(100):
            assert do(case) == "do"
            case = Tokens.restore(rework, case.dump(), judge, {})
        assert judge.asked == 100
    assert (walks.count("start"), walks.count("complete")) == (1, 2)  # from the start, and from a round before
    assert walks.count("load") <= 2


def test_who_answers_otherwise_goes_another_way_and_is_asked_once(rework: Spec, walks: list[str]) -> None:
    judge = Judge(False, True, False, True)
    for _ in range(2):
        case = Tokens.at_start(rework, judge, {})
        assert [do(case), do(case)] == ["do", "sign"]
        assert case.passed == "s s>do do do>ok ok ok>do do do>ok ok ok>sign".split()
    assert judge.asked == 4
    assert walks == ["start", "complete", "complete"]


def test_two_cases_that_go_the_same_way_have_tokens_of_their_own(rework: Spec) -> None:
    one, two = (Tokens.at_start(rework, Judge(False), {}) for _ in range(2))
    before = [case.waiting[0].id for case in (one, two)]
    after = [do(case) and case.waiting[0].id for case in (one, two)]
    assert len({*before, *after}) == 4


@pytest.mark.parametrize("error", [FeelError("no such thing"), ZeroDivisionError("by a handler's number")])
def test_a_condition_that_cannot_be_answered_is_the_same_fault_on_a_known_way(rework: Spec, error: Exception) -> None:
    faults = []
    for _ in range(2):
        case = Tokens.at_start(rework, Judge(error, error), {})
        before = case.dump()
        with pytest.raises(EngineFault) as fault:
            do(case)
        faults.append(str(fault.value))
        assert case.dump() == before
        do(Tokens.at_start(rework, Judge(False), {}))  # from now on the way is known
    assert faults[0] == faults[1]


def test_a_damaged_state_is_a_fault_where_the_same_marking_is_known() -> None:
    spec = parse('<startEvent id="s"/><userTask id="x"/><endEvent id="e"/>' + flow("s", "x") + flow("x", "e"))
    state = Tokens.at_start(spec, Judge(), {}).dump()
    (token,) = Tokens.restore(spec, state, Judge(), {}).waiting
    version, (*rest, rows) = orjson.loads(state)
    for key in ("", "0", "x" * 32, 7, ["a"]):
        named = [[*row[:3], key] if token.id in row else row for row in rows]
        with pytest.raises(EngineFault):
            Tokens.restore(spec, orjson.dumps([version, [*rest, named]]).decode(), Judge(), {})


def test_an_element_may_be_called_what_looks_like_the_id_of_a_token() -> None:
    """Tools that number by UUID do so; both states of both cases are loaded as never seen, and as known."""
    first, second = "a" * 32, "deadbeef" * 4
    nodes = f'<startEvent id="s"/><userTask id="{first}"/><userTask id="{second}"/><endEvent id="e"/>'
    spec = parse(nodes + flow("s", first) + flow(first, second) + flow(second, "e"))
    for _ in range(2):
        case = Tokens.at_start(spec, Judge(), {})
        for element in (first, second):
            (token,) = case.waiting
            assert (token.element, token.id != element) == (element, True)
            case = Tokens.restore(spec, case.dump(), Judge(), {})
            assert case.waiting == (token,)
            case.complete(token.id)
        assert case.finished


def test_what_is_known_of_a_process_stays_small(rework: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reachability, "MOST", 4)
    case = Tokens.at_start(rework, Judge(*[False, True] * 20), {})
    for _ in range(10):
        do(case)
        case = Tokens.at_start(rework, Judge(*[False, True] * 20), {}) if do(case) == "sign" else case
        assert len(rework.graph) <= 4 + 2


def test_a_marking_of_very_many_tokens_is_not_kept(rework: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reachability, "LARGEST", 50)
    case = Tokens.at_start(rework, Judge(False), {})
    assert do(case) == "do"
    assert len(rework.graph) == 0


def test_a_long_error_code_is_not_kept() -> None:
    """It comes from a program outside."""
    fails = '<boundaryEvent id="b" attachedToRef="x"><errorEventDefinition/></boundaryEvent>'
    nodes = f'<startEvent id="s"/><userTask id="x"/>{fails}<endEvent id="e"/><endEvent id="f"/>'
    spec = parse(nodes + flow("s", "x") + flow("x", "e") + flow("b", "f"))
    for code in ("SHORT", "LONG" * 2_000):
        case = Tokens.at_start(spec, Judge(), {})
        known = len(spec.graph)
        (token,) = (token for token in case.waiting if token.kind == "person")
        assert case.fail(token.id, code)
        assert case.finished
        assert len(spec.graph) == known + (code == "SHORT")


def test_a_state_of_yesterday_keeps_its_ids(walks: list[str]) -> None:
    inner = '<startEvent id="s2"/><userTask id="x"/><userTask id="y"/><endEvent id="e2"/>'
    inner += flow("s2", "x") + flow("x", "y") + flow("y", "e2")
    outer = f'<startEvent id="start"/><subProcess id="sub">{inner}</subProcess><endEvent id="e"/>'
    spec = parse(outer + flow("start", "sub") + flow("sub", "e"))
    for _ in range(2):
        assert Tokens.restore(spec, STORED, Judge(), {}).dump() == STORED
    assert walks == ["load"]
