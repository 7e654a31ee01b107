"""Drawings of every construct in a loop, and a case that goes round in them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from engine import spiff, xml
from engine.tokens import Token, Tokens
from engine.walk import walked

EVENTS = {
    "timer": "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>",
    "cycle": "<timerEventDefinition><timeCycle>R3/PT1H</timeCycle></timerEventDefinition>",
    "message": '<messageEventDefinition messageRef="m"/>',
    "error": '<errorEventDefinition errorRef="er"/>',
    "terminate": "<terminateEventDefinition/>",
}
DEFINED = '<message id="m" name="m"/><error id="er" name="er" errorCode="C1"/>'
Body = tuple[Any, ...]
Ends = tuple[str, str]


class Drawing:
    """Draws nested tuples: a word, then what stands inside it."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.count = 0

    def node(self, tag: str, attributes: str = "", inner: str = "", prefix: str = "") -> str:
        self.count += 1
        key = f"{prefix or tag}_{self.count}"
        default = f'default="{key}_0"' if tag in ("exclusiveGateway", "inclusiveGateway") else ""
        self.parts.append(f'<{tag} id="{key}" {default} {attributes}>{inner}</{tag}>')
        return key

    def flow(self, source: str, target: str, way: int = 0) -> None:
        """The first way out of a gateway is its default, the others have conditions."""
        condition = f"<conditionExpression>{source}.{way}</conditionExpression>" if way else ""
        chooses = source.startswith(("exclusive", "inclusive"))
        key = f"{source}_{way}" if chooses else f"{source}_{target}"
        self.parts.append(
            f'<sequenceFlow id="{key}" sourceRef="{source}" targetRef="{target}">{condition}</sequenceFlow>'
        )

    def draw(self, body: Body) -> Ends:
        word, *inside = body
        if word in ("parallel", "inclusive", "exclusive"):
            return self.block(f"{word}Gateway", inside)
        draw: dict[str, Callable[..., Ends]] = {"sub": self.sub, "sequence": self.sequence, "loop": self.loop}
        return draw[word](*inside) if word in draw else self.task(word, *inside)

    def task(self, tag: str, *events: Body) -> Ends:
        catch = EVENTS["timer"] if tag == "intermediateCatchEvent" else ""
        host = self.node(tag, 'messageRef="m"' if tag == "receiveTask" else "", catch)
        return host, self.bound(host, events)

    def sub(self, body: Body, end: str, *events: Body) -> Ends:
        outer, self.parts = self.parts, []
        first, last = self.draw(body)
        self.flow(self.node("startEvent"), first)
        self.flow(last, self.node("endEvent", "", EVENTS.get(end, "")))
        inner, self.parts = "".join(self.parts), outer
        host = self.node("subProcess", "", inner)
        return host, self.bound(host, events)

    def bound(self, host: str, events: tuple[Body, ...]) -> str:
        """Boundary events: one that interrupts comes back to the main way, the others end on their own."""
        after = self.node("exclusiveGateway")
        self.flow(host, after)
        for event, cancels, body in events:
            interrupts = f'attachedToRef="{host}" cancelActivity="{"true" if cancels else "false"}"'
            source = self.node("boundaryEvent", interrupts, EVENTS[event], event)
            first, last = self.draw(body)
            self.flow(source, first)
            self.flow(last, after if cancels else self.node("endEvent"))
        return after

    def sequence(self, *bodies: Body) -> Ends:
        ends = [self.draw(body) for body in bodies]
        for (_, last), (first, _) in pairwise(ends):
            self.flow(last, first)
        return ends[0][0], ends[-1][1]

    def block(self, tag: str, bodies: list[Body]) -> Ends:
        fork, join = self.node(tag), self.node(tag)
        for way, body in enumerate(bodies):
            first, last = self.draw(body)
            self.flow(fork, first, way if tag != "parallelGateway" else 0)
            self.flow(last, join)
        return fork, join

    def loop(self, body: Body) -> Ends:
        (first, last), start, again, after = self.draw(body), *(self.node("exclusiveGateway") for _ in range(3))
        self.flow(start, first)
        self.flow(last, again)
        self.flow(again, after)
        self.flow(again, start, 1)
        return start, after


def parse(inner: str) -> spiff.Spec:
    head = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">'
    source = f'{head}<process id="p" isExecutable="true">{inner}</process>{DEFINED}</definitions>'
    return spiff.parse(xml.parse(source.encode()), "p")


def looped(body: Body) -> spiff.Spec:
    """The body and the task `round`, again and again."""
    drawing = Drawing()
    first, last = drawing.draw(("loop", ("sequence", body, ("manualTask",))))
    drawing.flow(drawing.node("startEvent"), first)
    drawing.flow(last, drawing.node("endEvent"))
    return parse("".join(drawing.parts))


class Unstored:
    """A case as the library has it, walked on in memory for all its life: what `Tokens` should look like."""

    def __init__(self, spec: spiff.Spec, evaluate: spiff.Evaluate) -> None:
        self._walk, _ = walked(spec, (), ("start",), evaluate)

    @property
    def passed(self) -> list[str]:
        return list(self._walk.passed)

    @property
    def waiting(self) -> list[Token]:
        return [Token(*wait) for wait in self._walk.waiting()]

    def dump(self) -> list[Any]:
        return []

    def complete(self, token: str) -> None:
        self._walk.complete(token)
        self._walk.advance()

    def fire(self, token: str) -> None:
        self._walk.fire(token)
        self._walk.advance()

    def fail(self, token: str, code: str) -> bool:
        caught = self._walk.fail(token, code)
        self._walk.advance()
        return caught


class Case:
    """A case whose people, clocks and messages do the same in every fifth round."""

    def __init__(self, body: Body, fires: bool, stored: bool) -> None:
        self.spec, self.fires, self.stored = looped(body), fires, stored
        self.rounds, self.sizes, self.waits, self.paths = 0, list[int](), list[Any](), list[list[str]]()
        self.begin()
        self.tokens: Any = Tokens.at_start(self.spec, self.decide, {}) if stored else Unstored(self.spec, self.decide)

    def begin(self) -> None:
        self.dice = random.Random(self.rounds % 5)  # noqa: S311 - chosen at random, the same every time
        self.fired, self.asked = Counter[str](), Counter[str]()

    def decide(self, condition: str, _: Any) -> bool:
        """Stay in a loop for two rounds, in the outer one for ever."""
        self.asked[condition] += 1
        if condition.startswith("inclusive"):
            return self.dice.random() < 0.7
        return self.asked[condition] % 3 != 0

    def store(self) -> None:
        if self.stored:
            self.tokens = Tokens.restore(self.spec, self.tokens.dump(), self.decide, {})

    def may(self, token: Token) -> bool:
        """Boundary events fire once, cycles three times a round, or none does."""
        event = token.element.partition("_")[0]
        if event not in ("timer", "cycle", "message"):
            return True
        return self.fires and self.fired[token.element] < (3 if event == "cycle" else 1)

    def act(self) -> None:
        """One thing happens; the round is over when nothing else is left to do."""
        waits = sorted(self.tokens.waiting, key=lambda token: token.element)
        self.waits.append([(token.element, token.kind) for token in waits])
        possible = [token for token in waits if self.may(token) and not token.element.startswith("manual")]
        over = not possible
        token = self.dice.choice(possible or [t for t in waits if t.element.startswith("manual")])
        if token.kind == "event":
            self.fired[token.element] += 1
            self.tokens.fire(token.id)
        elif not (self.fires and self.dice.random() < 0.5 and self.tokens.fail(token.id, "C1")):
            self.tokens.complete(token.id)
        self.paths.append(self.tokens.passed)
        self.store()
        if over:
            assert len([t for t in waits if t.element.startswith("manual")]) == 1
            self.end_round()

    def end_round(self) -> None:
        self.rounds += 1
        self.begin()
        self.sizes.append(len(self.tokens.dump()))

    def play(self, rounds: int) -> Case:
        while self.rounds < rounds:
            self.act()
        return self


TASK = ("userTask",)
LATE, REMIND, NEWS, DAILY = (
    ("timer", True, TASK),
    ("timer", False, TASK),
    ("message", False, TASK),
    ("cycle", False, TASK),
)
FAILS = ("error", True, TASK)
DULL, BUSY = ("userTask", LATE), ("userTask", LATE, REMIND, NEWS, DAILY)
BODIES: dict[str, Body] = {
    "interrupting": DULL,
    "not interrupting": ("userTask", REMIND),
    "message": ("userTask", NEWS),
    "cycle": ("userTask", DAILY),
    "all of them": BUSY,
    "one after another": ("sequence", BUSY, ("userTask", REMIND), DULL),
    "event on what follows an event": ("userTask", ("timer", False, ("userTask", REMIND))),
    "cycle that outlives": ("receiveTask", ("cycle", False, ("sequence", ("serviceTask", DAILY, REMIND), BUSY))),
    "receive task": ("receiveTask", LATE, REMIND),
    "catch event": ("intermediateCatchEvent",),
    "error of a service": ("serviceTask", FAILS, DAILY),
    "subprocess": ("sub", TASK, "plain"),
    "events on a subprocess": ("sub", TASK, "plain", LATE, REMIND, DAILY),
    "events in a subprocess": ("sub", BUSY, "plain"),
    "error in a subprocess": ("sub", ("serviceTask",), "plain", FAILS),
    "error end": ("sub", TASK, "error", FAILS),
    "terminate end": ("sub", ("parallel", TASK, TASK), "terminate"),
    "nested subprocesses": ("sub", ("sub", ("parallel", BUSY, TASK), "plain", REMIND), "plain"),
    "loop in a subprocess": ("sub", ("loop", ("inclusive", TASK, TASK)), "plain"),
    "parallel": ("parallel", BUSY, ("sub", TASK, "plain", REMIND), ("receiveTask", REMIND)),
    "parallel in parallel": ("parallel", ("parallel", BUSY, TASK), ("serviceTask", FAILS)),
    "loop in parallel": ("parallel", ("loop", BUSY), ("loop", ("sub", DULL, "plain"))),
    "inclusive": ("inclusive", TASK, TASK, TASK),
    "events in inclusive": ("inclusive", BUSY, ("sub", TASK, "plain", DAILY), ("serviceTask", FAILS)),
    "inclusive in parallel": ("parallel", ("inclusive", TASK, BUSY), ("exclusive", TASK, ("sub", TASK, "plain"))),
    "inclusive in inclusive": ("inclusive", ("inclusive", TASK, DULL), ("loop", ("serviceTask",)), TASK),
    "nested loops": ("loop", ("loop", ("parallel", BUSY, TASK))),
}
