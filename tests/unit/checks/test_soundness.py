"""The token game: what it accepts never stands still in the engine, what it refuses is refused for a reason."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, assume, given, settings, strategies

from engine import spiff, xml
from engine.checks import check
from engine.tokens import Tokens

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="t">'
    '<bpmn:process id="p" isExecutable="true"><bpmn:extensionElements><camunda:properties>'
    '<camunda:property name="start.roles" value="*"/></camunda:properties></bpmn:extensionElements>'
)
TAIL = '</bpmn:process><bpmn:message id="m" name="m"/></bpmn:definitions>'
KINDS = {"x": "exclusiveGateway", "p": "parallelGateway", "o": "inclusiveGateway", "w": "receiveTask"}
WALKS, STEPS = 8, 40


class Sketch(NamedTuple):
    """A diagram in short: the kind of each step (x, p, o or w), and arrows; `s` is the start, `e` the end."""

    kinds: str
    arrows: tuple[tuple[str, str], ...]

    def xml(self) -> bytes:
        """The diagram. The first arrow of a choice is its default."""
        parts = ['<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>']
        for number, kind in enumerate(self.kinds):
            leaving = [target for source, target in self.arrows if source == str(number)]
            default = f' default="F{number}_{leaving[0]}"' if kind in "xo" and len(leaving) > 1 else ""
            message = ' messageRef="m"' if kind == "w" else ""
            parts.append(f'<bpmn:{KINDS[kind]} id="n{number}"{default}{message}/>')
            parts += [self.flow(str(number), to, chosen=bool(default) and to != leaving[0]) for to in leaving]
        parts += [self.flow("s", target) for source, target in self.arrows if source == "s"]
        return (HEAD + "".join(parts) + TAIL).encode()

    def flow(self, source: str, target: str, chosen: bool = False) -> str:
        """An arrow; a chosen one has a condition."""
        ends = [end if end in "se" else f"n{end}" for end in (source, target)]
        inner = "<bpmn:conditionExpression>yes</bpmn:conditionExpression>" if chosen else ""
        attributes = f'id="F{source}_{target}" sourceRef="{ends[0]}" targetRef="{ends[1]}"'
        return f"<bpmn:sequenceFlow {attributes}>{inner}</bpmn:sequenceFlow>"


def sketch(kinds: str, arrows: str) -> Sketch:
    """A sketch from text such as `s0 01 1e`."""
    return Sketch(kinds, tuple((arrow[0], arrow[1]) for arrow in arrows.split()))


def codes(drawn: Sketch) -> set[str]:
    problems = check({"a.bpmn": drawn.xml()}, ())
    return {problem.code for problem in problems if problem.level == "error"}


@pytest.mark.parametrize(
    "drawn",
    [
        sketch("pwwp", "s0 01 02 13 23 3e"),
        sketch("pwwx", "s0 01 02 13 23 3e"),
        sketch("xwwx", "s0 01 02 13 23 3e"),
        sketch("wpwwpx", "s0 01 12 13 24 34 45 5e 50"),
        sketch("owwo", "s0 01 02 13 23 3e"),
        sketch("pww", "s0 01 02 1e 2e"),
    ],
    ids=["fork and join", "fork and merge", "choice and merge", "block in a loop", "some of them", "two ends"],
)
def test_what_can_end_is_accepted(drawn: Sketch) -> None:
    assert codes(drawn) == set()


@pytest.mark.parametrize(
    ("drawn", "code"),
    [
        (sketch("xwwp", "s0 01 02 13 23 3e"), "stuck-join"),
        (sketch("owwp", "s0 01 02 13 23 3e"), "stuck-join"),
        (sketch("pwxp", "s0 01 12 03 23 2e 3e"), "stuck-join"),
        (sketch("wp", "s0 01 10 1e"), "never-ends"),
        (sketch("wpw", "s0 01 10 12 2e"), "never-ends"),
    ],
    ids=["choice into join", "some into join", "left on the way", "fork in a loop", "work in every round"],
)
def test_what_cannot_end_is_refused(drawn: Sketch, code: str) -> None:
    assert codes(drawn) == {code}


def chance(dice: Random) -> Sketch:
    """A diagram drawn at random: a line of steps with arrows across it."""
    size = dice.randint(4, 9)
    kinds = "w" + "".join(dice.choice("xxxppwww") for _ in range(size - 1))
    arrows = {("s", "0"), (str(size - 1), "e"), *((str(n), str(n + 1)) for n in range(size - 1))}
    for _ in range(dice.randint(1, 4)):
        source, target = dice.randrange(size), dice.randrange(1, size)
        if kinds[source] != "w" and source != target:
            arrows.add((str(source), str(target)))
    return Sketch(kinds, tuple(sorted(arrows, key=lambda arrow: (arrow[0], arrow[1] == "e", arrow[1]))))


def outcome(spec: spiff.Spec, dice: Random) -> str:
    """What becomes of one case whose people and choices are left to chance."""
    tokens = Tokens.at_start(spec, lambda *_: dice.random() < 0.5, {})
    for _ in range(STEPS):
        waiting = tokens.waiting
        if tokens.finished or not waiting:
            return "ended" if tokens.finished else "stuck"
        tokens.fire(dice.choice(waiting).id)
    return "going on"


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.filter_too_much])
@given(strategies.randoms(use_true_random=False))
def test_what_passes_never_stands_still(dice: Random) -> None:
    """Drawings at random; of those that pass, no case of the real engine gets stuck."""
    drawn = chance(dice)
    assume(not codes(drawn))
    spec = spiff.parse(xml.parse(drawn.xml()), "p")
    assert "stuck" not in {outcome(spec, dice) for _ in range(WALKS)}
