"""How a case is stored: rows of yesterday load today, tokens keep their ids, moving them writes no log."""

from __future__ import annotations

import logging

import orjson
import pytest

from engine import spiff, xml
from engine.tokens import Tokens

STORED = orjson.dumps(
    [
        2,
        [
            None,
            1,
            False,
            True,
            [
                [None, 64, "Start"],
                [0, 64, "start", None, False, {"event_fired": True}],
                [1, 32, "sub", "a2b0b94a9fad4fd5ad5e5f011e6e87a0"],
                [2, 4, "e"],
                [3, 4, "p.EndJoin"],
                [4, 4, "End"],
            ],
        ],
        [
            [2, "sub"],
            1,
            False,
            True,
            [
                [None, 64, "Start"],
                [0, 64, "s2", None, False, {"event_fired": True}],
                [1, 16, "x", "a408574849f54f4c88426a1aa079d2bd"],
                [2, 4, "y"],
                [3, 4, "e2"],
                [4, 4, "sub.EndJoin"],
                [5, 4, "End"],
            ],
        ],
    ]
).decode()


def flow(source: str, target: str) -> str:
    return f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}"/>'


def parse(inner: str) -> spiff.Spec:
    head = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">'
    source = f'{head}<process id="p" isExecutable="true">{inner}</process></definitions>'
    return spiff.parse(xml.parse(source.encode()), "p")


@pytest.fixture(scope="module")
def spec() -> spiff.Spec:
    """A subprocess with two tasks of people."""
    inner = '<startEvent id="s2"/><userTask id="x"/><userTask id="y"/><endEvent id="e2"/>'
    inner += flow("s2", "x") + flow("x", "y") + flow("y", "e2")
    outer = f'<startEvent id="start"/><subProcess id="sub">{inner}</subProcess><endEvent id="e"/>'
    return parse(outer + flow("start", "sub") + flow("sub", "e"))


def load(spec: spiff.Spec, state: str) -> Tokens:
    return Tokens.restore(spec, state, lambda *_: None, {})


def only(tokens: Tokens) -> tuple[str, str]:
    (token,) = tokens.waiting
    return token.element, token.id


def test_a_case_stored_when_format_2_was_new_goes_on_with_the_same_token(spec: spiff.Spec) -> None:
    tokens = load(spec, STORED)
    assert tokens.dump() == STORED
    assert only(tokens) == ("x", "a408574849f54f4c88426a1aa079d2bd")
    tokens.complete("a408574849f54f4c88426a1aa079d2bd")
    assert only(tokens)[0] == "y"
    tokens.complete(only(tokens)[1])
    assert tokens.finished


def test_a_token_keeps_its_id_and_each_has_its_own(spec: spiff.Spec) -> None:
    cases = [Tokens.at_start(spec, lambda *_: None, {}) for _ in range(50)]
    seen = set()
    for tokens in cases:
        element, first = only(tokens)
        assert (element, first) == only(load(spec, tokens.dump()))
        tokens.complete(first)
        second = only(tokens)[1]
        assert second == only(load(spec, tokens.dump()))[1]
        seen |= {first, second}
    assert len(seen) == 100
    assert all(len(token) == 32 and int(token, 16) for token in seen)


def test_moving_tokens_writes_no_log(spec: spiff.Spec, caplog: pytest.LogCaptureFixture) -> None:
    """The library would write an entry for every change of every task's state, of new cases and of stored ones."""
    with caplog.at_level(logging.DEBUG, "spiff.task"):
        new, stored = Tokens.at_start(spec, lambda *_: None, {}), load(spec, STORED)
        for tokens in (new, stored):
            for _ in range(2):
                tokens.complete(only(tokens)[1])
            assert tokens.finished
    assert [record for record in caplog.records if record.name == "spiff.task"] == []


@pytest.mark.parametrize("order", ["abd", "bad"])
def test_a_loop_of_parallel_branches_does_not_grow_whichever_ends_first(order: str) -> None:
    """The branch that ends first is used up at the join, with what the library puts around its task."""
    tasks = "".join(f'<userTask id="{name}"/>' for name in "abd")
    gateways = '<exclusiveGateway id="in"/><exclusiveGateway id="again" default="again_in"/>'
    gateways += '<parallelGateway id="fork"/><parallelGateway id="join"/>'
    late = "<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>"
    events = f'<startEvent id="s"/><endEvent id="e"/><boundaryEvent id="l" attachedToRef="a">{late}</boundaryEvent>'
    leave = '<sequenceFlow id="leave" sourceRef="again" targetRef="e"><conditionExpression>x</conditionExpression>'
    arrows = "s in,in fork,fork a,fork b,l e,a join,b join,join d,d again,again in".split(",")
    flows = "".join(flow(*arrow.split()) for arrow in arrows) + f"{leave}</sequenceFlow>"
    spec, sizes = parse(tasks + gateways + events + flows), []
    tokens = Tokens.at_start(spec, lambda *_: False, {})
    for _ in range(20):
        for element in order:
            tokens = load(spec, tokens.dump())
            tokens.complete(next(token.id for token in tokens.waiting if token.element == element))
        sizes.append(len(orjson.loads(tokens.dump())[1][4]))
    assert max(sizes) == sizes[1]
