"""Plays the token game of a diagram ahead of time: no case may stand still or go on for ever.

A parallel join behind a choice waits for a branch that was never taken; a fork inside a
loop makes new work in every round. Neither gives an error when it happens. At every
marking only one movable token is tried, not all their orders: in nets where only choices
compete that finds the same ends (stubborn sets).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from engine.checks.drawing import CHOOSING, Drawing
from engine.checks.problem import Problem
from engine.diagram import Element

MAX_MARKINGS = 3_000
FORKING = frozenset({"parallelGateway", "inclusiveGateway"})
Marking: TypeAlias = tuple[str, ...]  # ids of the flows on which tokens stand, sorted


@dataclass
class Game:
    """Every marking reached with what may follow it; `crowded` is one with more tokens than flows."""

    moves: dict[Marking, list[Marking]] = field(default_factory=dict)
    complete: bool = True
    crowded: Marking | None = None

    @property
    def dead_ends(self) -> list[Marking]:
        """Markings whose tokens can no longer move."""
        return [marking for marking, following in self.moves.items() if marking and not following]

    @property
    def endless(self) -> list[Marking]:
        """Markings from which the case cannot end any more."""
        before: dict[Marking, list[Marking]] = {}
        for marking, following in self.moves.items():
            for each in following:
                before.setdefault(each, []).append(marking)
        ending: set[Marking] = {()}
        todo: list[Marking] = [()]
        while todo:
            fresh = [m for m in before.get(todo.pop(), ()) if m not in ending]
            ending.update(fresh)
            todo += fresh
        return [marking for marking in self.moves if marking not in ending]


def sound(drawing: Drawing) -> Iterator[Problem]:
    """Joins that can wait for ever, and loops that make ever more work. Asked only where no rule found a fault."""
    for elements in drawing.scopes.values():
        if not _worth_playing(drawing, elements):
            continue
        game = _play(drawing, elements, aside=False)
        stuck = {gateway for marking in game.dead_ends for gateway in _targets(drawing, marking)}
        if any(e.attached_to and not e.interrupting for e in elements):
            others = _play(drawing, elements, aside=True).dead_ends
            stuck |= {gateway for marking in others for gateway in _targets(drawing, marking)}
        yield from (drawing.at("stuck-join", e) for e in elements if e.id in stuck)
        if not stuck:
            yield from _never_ending(drawing, game)


def _never_ending(drawing: Drawing, game: Game) -> Iterator[Problem]:
    endless = game.endless if game.complete else []
    marking = game.crowded or next(iter(endless), None)
    if marking is not None:
        looping = drawing.diagram.elements[_targets(drawing, marking)[0]]
        yield drawing.at("never-ends", looping)


def _worth_playing(drawing: Drawing, elements: list[Element]) -> bool:
    """Only forks make several tokens; what an inclusive join waits for is left to the engine."""
    forks = any(e.kind in FORKING and len(drawing.outgoing.get(e.id, ())) > 1 for e in elements)
    joins = any(e.kind == "parallelGateway" and len(drawing.incoming.get(e.id, ())) > 1 for e in elements)
    inclusive = any(e.kind == "inclusiveGateway" and len(drawing.incoming.get(e.id, ())) > 1 for e in elements)
    return (forks or joins) and not inclusive


def _play(drawing: Drawing, elements: list[Element], *, aside: bool) -> Game:
    """Every marking from the start; `aside` also lets non-interrupting events send tokens of their own."""
    game = Game()
    crowd = 1 + sum(len(drawing.outgoing.get(e.id, ())) for e in elements)
    todo = [_out(drawing, e.id) for e in elements if e.kind == "startEvent"]
    while todo:
        marking = todo.pop()
        if marking in game.moves:
            continue
        if len(marking) > crowd:
            game.crowded = marking
        if len(game.moves) >= MAX_MARKINGS or len(marking) > crowd:
            game.complete = False
            break
        game.moves[marking] = _moves(drawing, marking, aside)
        todo += game.moves[marking]
    return game


def _moves(drawing: Drawing, marking: Marking, aside: bool) -> list[Marking]:
    """What the first token that can move may do; nothing when none can."""
    tried: set[str] = set()
    for flow in dict.fromkeys(marking):
        target = drawing.diagram.flows[flow].target
        moved = [] if target in tried else _move(drawing, marking, flow, aside)
        if moved:
            return moved
        tried.add(target)
    return []


def _move(drawing: Drawing, marking: Marking, flow: str, aside: bool) -> list[Marking]:
    element = drawing.diagram.elements[drawing.diagram.flows[flow].target]
    out = _out(drawing, element.id)
    if element.kind == "parallelGateway":
        entering = {f.id for f in drawing.incoming[element.id]}
        return [_put(_take(marking, entering), out)] if entering <= set(marking) else []
    left = _take(marking, [flow])
    if element.kind == "endEvent":
        return [() if element.events else left]
    if element.kind in CHOOSING:
        choices = [(each,) for each in out]
        return [_put(left, choice) for choice in (choices if element.kind == "exclusiveGateway" else [*choices, out])]
    return [_put(left, out), *_boundaries(drawing, element, left, out, aside)]


def _boundaries(drawing: Drawing, host: Element, left: Marking, out: Marking, aside: bool) -> Iterator[Marking]:
    for event in (e for e in drawing.elements if e.attached_to == host.id):
        if event.interrupting:
            yield _put(left, _out(drawing, event.id))
        elif aside:
            yield _put(left, out + _out(drawing, event.id))


def _targets(drawing: Drawing, marking: Marking) -> list[str]:
    return [drawing.diagram.flows[flow].target for flow in marking]


def _out(drawing: Drawing, element: str) -> Marking:
    return tuple(sorted(flow.id for flow in drawing.outgoing.get(element, ())))


def _take(marking: Marking, flows: Iterable[str]) -> Marking:
    left = list(marking)
    for flow in flows:
        left.remove(flow)
    return tuple(left)


def _put(marking: Marking, flows: Marking) -> Marking:
    return tuple(sorted(marking + flows))
