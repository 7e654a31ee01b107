"""Every construct in a loop: round 50 costs what round 10 did, and waits as if the case had never been stored."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from engine import spiff, xml
from engine.errors import DiagramRefused, EngineFault
from engine.tokens import Token, Tokens

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


class Case:
    """A case whose people, clocks and messages do the same in every fifth round."""

    def __init__(self, body: Body, fires: bool, stored: bool) -> None:
        self.spec, self.fires, self.stored = looped(body), fires, stored
        self.rounds, self.sizes, self.waits = 0, list[Any](), list[Any]()
        self.begin()
        self.tokens = Tokens.at_start(self.spec, self.decide, {})
        self.tokens.advance()

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
            state = json.loads(json.dumps(self.tokens.dump()))
            self.tokens = Tokens.restore(self.spec, state, self.decide, {})

    def may(self, token: Token) -> bool:
        """Boundary events fire once, cycles three times a round, or none does."""
        event = token.element.partition("_")[0]
        if event not in ("timer", "cycle", "message"):
            return True
        return self.fires and self.fired[token.element] < (3 if event == "cycle" else 1)

    def act(self) -> None:
        """One thing happens; the round is over when nothing else is left to do."""
        waits = sorted(self.tokens.waiting(), key=lambda token: token.element)
        self.waits.append([(token.element, token.kind) for token in waits])
        possible = [token for token in waits if self.may(token) and not token.element.startswith("manual")]
        over = not possible
        token = self.dice.choice(possible or [t for t in waits if t.element.startswith("manual")])
        if token.kind == "event":
            self.fired[token.element] += 1
            self.tokens.fire(token.id)
        elif not (self.fires and self.dice.random() < 0.5 and self.tokens.fail(token.id, "C1")):
            self.tokens.complete(token.id)
        self.tokens.advance()
        self.store()
        if over:
            assert len([t for t in waits if t.element.startswith("manual")]) == 1
            self.end_round()

    def end_round(self) -> None:
        self.rounds += 1
        self.begin()
        flows = self.tokens._flows()
        self.sizes.append((len(json.dumps(self.tokens.dump())) if self.stored else 0, sum(len(f.tasks) for f in flows)))

    def play(self, rounds: int) -> Case:
        while self.rounds < rounds:
            self.act()
        return self


# Kept by an earlier version: the first subprocess is over.
STORED: list[Any] = json.loads("""
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


@pytest.mark.parametrize("fires", [False, True], ids=["quiet", "fired"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_loop_costs_the_same_in_every_round(body: Body, fires: bool) -> None:
    case = Case(body, fires, stored=True).play(50)
    assert case.sizes[9] == case.sizes[49]
    never_stored = Case(body, fires, stored=False).play(6)
    assert case.waits[: len(never_stored.waits)] == never_stored.waits


def only(tokens: Tokens, *elements: str) -> list[str]:
    """The tokens' ids, which wait at these elements and nowhere else."""
    waits = {token.element: token.id for token in tokens.waiting()}
    assert sorted(waits) == sorted(elements)
    return [waits[element] for element in elements]


def again(spec: spiff.Spec, tokens: Tokens) -> Tokens:
    tokens.advance()
    return Tokens.restore(spec, tokens.dump(), lambda *_: True, {})


def test_what_a_cycle_began_outlives_the_task_it_sat_on() -> None:
    """As the standard has it, and as what an event began that fires once does; the library would drop it."""
    spec = looped(("userTask", ("cycle", False, ("sub", ("sub", ("serviceTask",), "plain"), "plain"))))
    tokens = again(spec, Tokens.at_start(spec, lambda *_: True, {}))
    (cycle,) = (token.id for token in tokens.waiting() if token.kind == "event")
    for _ in range(2):
        tokens.fire(cycle)
        tokens = again(spec, tokens)
    (task,) = (token.id for token in tokens.waiting() if token.kind == "person")
    tokens.complete(task)
    tokens = again(spec, tokens)
    assert sorted(token.kind for token in tokens.waiting()) == ["automatic", "automatic", "person"]
    for began in [token.id for token in tokens.waiting() if token.kind == "automatic"]:
        tokens.complete(began)
        tokens = again(spec, tokens)
    only(tokens, "manualTask_15")


def test_what_earlier_rounds_left_in_a_stored_case_goes_with_the_next_step() -> None:
    spec = looped(("parallel", TASK, ("sub", TASK, "plain")))
    tokens = Tokens.restore(spec, STORED, lambda *_: True, {})
    assert only(tokens, "userTask_5") == ["9c6ee8b05df59dd2c1baf0d6fa000017"]
    assert len(tokens.dump()) == 3
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
    person, service = (next(t for t in tokens.waiting() if t.kind == kind) for kind in ("person", "automatic"))
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
    tokens.advance()
    (event,) = (token.id for token in tokens.waiting() if token.kind == "event")
    with pytest.raises(EngineFault):
        tokens.fire(event)


def test_a_circle_that_nothing_leaves_is_refused_where_a_case_would_start_in_it() -> None:
    drawing = Drawing()
    start, here, there = (drawing.node(tag) for tag in ("startEvent", "parallelGateway", "userTask"))
    for arrow in ((start, there), (there, here), (here, there)):
        drawing.flow(*arrow)
    with pytest.raises(DiagramRefused):
        parse("".join(drawing.parts))
