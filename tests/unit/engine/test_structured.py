"""Any structured diagram ends, in whatever order its tasks are done, however often the case is stored and loaded."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest

from engine import xml
from engine.spiff import Spec, parse
from engine.tokens import Tokens

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t" id="d"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><process id="p" isExecutable="true">'
)
CHOICE = "exclusiveGateway"
NETS, DEPTH, MOST_STEPS = 200, 3, 400
MOST_ROUNDS = 3
Ends = tuple[str, str]


class Net:
    """A random diagram of tasks, sequences, choices, parallel blocks and loops, one within the other."""

    def __init__(self, seed: int) -> None:
        self.chance, self._count, self._parts = random.Random(seed), 0, list[str]()  # noqa: S311 - no secret
        first, last = self._block(DEPTH)
        self._parts.append('<startEvent id="start"/><endEvent id="end"/>')
        self._flow("start", first)
        self._flow(last, "end")

    def spec(self) -> Spec:
        return parse(xml.parse(f"{HEAD}{''.join(self._parts)}</process></definitions>".encode()), "p")

    def _block(self, depth: int) -> Ends:
        kinds = (self._sequence, self._parallel, self._parallel, self._choice, self._loop, self._loop)
        return self.chance.choice(kinds)(depth - 1) if depth else self._task()

    def _task(self) -> Ends:
        name = self._node("userTask")
        return name, name

    def _sequence(self, depth: int) -> Ends:
        (first, before), (after, last) = self._block(depth), self._block(depth)
        self._flow(before, after)
        return first, last

    def _parallel(self, depth: int) -> Ends:
        return self._branches("parallelGateway", depth)

    def _choice(self, depth: int) -> Ends:
        return self._branches(CHOICE, depth)

    def _branches(self, tag: str, depth: int) -> Ends:
        fork, join = self._node(tag), self._node(tag)
        for number in range(self.chance.choice((2, 2, 3))):
            first, last = self._block(depth)
            self._flow(fork, first, f"{fork}.{number}" if number and tag == CHOICE else "")
            self._flow(last, join)
        return fork, join

    def _loop(self, depth: int) -> Ends:
        begin, check, (first, last) = self._node(CHOICE), self._node(CHOICE), self._block(depth)
        after, _ = self._task()
        self._flow(begin, first)
        self._flow(last, check)
        self._flow(check, begin, f"{check}.back")
        self._flow(check, after)
        return begin, after

    def _node(self, tag: str) -> str:
        self._count += 1
        name = f"{tag}_{self._count}"
        default = f' default="{name}_default"' if tag == CHOICE else ""
        self._parts.append(f'<{tag} id="{name}"{default}/>')
        return name

    def _flow(self, source: str, target: str, condition: str = "") -> None:
        inner = (
            f'<conditionExpression xsi:type="tFormalExpression">{condition}</conditionExpression>' if condition else ""
        )
        key = f"{source}_{'default' if source.startswith(CHOICE) and not condition else target}"
        self._parts.append(f'<sequenceFlow id="{key}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>')


def last_words(net: Net, spec: Spec) -> str:
    """How a case ends whose tasks are done in any order."""
    rounds: dict[str, int] = {}

    def decide(condition: str, _data: Mapping[str, Any]) -> bool:
        gateway, _, what = condition.partition(".")
        rounds[gateway] = rounds.get(gateway, 0) + (what == "back")
        return net.chance.random() < 0.5 and rounds[gateway] <= MOST_ROUNDS

    tokens = Tokens.at_start(spec, decide, {})
    for _ in range(MOST_STEPS):
        waiting = tokens.waiting
        if tokens.finished or not waiting:
            return "finished" if tokens.finished else "stuck"
        if len({token.element for token in waiting}) < len(waiting):
            return f"twice at once: {sorted(token.element for token in waiting)}"
        tokens.complete(net.chance.choice(waiting).id)
        if net.chance.random() < 0.7:
            tokens = Tokens.restore(spec, tokens.dump(), decide, {})
    return "never"


@pytest.mark.parametrize("seed", range(NETS))
def test_a_structured_diagram_ends(seed: int) -> None:
    net = Net(seed)
    assert last_words(net, net.spec()) == "finished"
