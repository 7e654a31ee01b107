"""Plays the token game of a diagram ahead of time to find joins that wait for ever.

A parallel join behind a choice waits for a branch that was never taken: the case would
stand still without an error. Only the places where nothing moves any more matter, so at
every marking one waiting token is tried, not all their orders (a stubborn set; sound for
nets in which only choices compete).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from engine.checks.drawing import CHOOSING, Drawing
from engine.checks.problem import Problem
from engine.diagram import Element

MAX_MARKINGS = 3_000
MAX_TOKENS = 40
Marking: TypeAlias = tuple[str, ...]  # ids of the flows on which tokens stand, sorted


def stuck_joins(drawing: Drawing) -> Iterator[Problem]:
    """Parallel joins that can wait for a token that never comes."""
    for elements in drawing.scopes.values():
        waiting = {gateway for marking in _dead_ends(drawing, elements) for gateway in _joins(drawing, marking)}
        yield from (drawing.at("stuck-join", e) for e in elements if e.id in waiting)


def _dead_ends(drawing: Drawing, elements: list[Element]) -> Iterator[Marking]:
    """Markings with tokens that can no longer move; nothing where the game is too long to play."""
    joins = [e for e in elements if e.kind == "parallelGateway" and len(drawing.incoming.get(e.id, ())) > 1]
    inclusive = any(e.kind == "inclusiveGateway" and len(drawing.incoming.get(e.id, ())) > 1 for e in elements)
    starts = [e for e in elements if e.kind == "startEvent"]
    if not joins or inclusive or len(starts) != 1:
        return
    begin = _out(drawing, starts[0].id)
    seen, todo = {begin}, [begin]
    while todo and len(seen) < MAX_MARKINGS:
        marking = todo.pop()
        moved = _moves(drawing, marking)
        if marking and moved is None:
            yield marking
        fresh = [m for m in set(moved or ()) if m not in seen and len(m) <= MAX_TOKENS]
        seen.update(fresh)
        todo += fresh


def _moves(drawing: Drawing, marking: Marking) -> list[Marking] | None:
    """What the first token that can move may do, or None when none can."""
    for flow in dict.fromkeys(marking):
        moved = _move(drawing, marking, flow)
        if moved is not None:
            return moved
    return None


def _move(drawing: Drawing, marking: Marking, flow: str) -> list[Marking] | None:
    element = drawing.diagram.elements[drawing.diagram.flows[flow].target]
    entering = [f.id for f in drawing.incoming[element.id]]
    out = _out(drawing, element.id)
    if element.kind == "parallelGateway":
        ready = all(entry in marking for entry in entering)
        return [_put(_take(marking, entering), out)] if ready else None
    left = _take(marking, [flow])
    if element.kind == "endEvent":
        return [() if element.events else left]
    if element.kind in CHOOSING:
        choices = [(each,) for each in out]
        if element.kind == "inclusiveGateway":
            choices.append(out)
        return [_put(left, choice) for choice in choices]
    return [_put(left, out), *_through_boundaries(drawing, element, left, out)]


def _through_boundaries(drawing: Drawing, host: Element, left: Marking, out: Marking) -> Iterator[Marking]:
    for event in (e for e in drawing.elements if e.attached_to == host.id):
        beyond = _out(drawing, event.id)
        yield _put(left, beyond if event.interrupting else out + beyond)


def _joins(drawing: Drawing, marking: Marking) -> set[str]:
    return {drawing.diagram.flows[flow].target for flow in marking}


def _out(drawing: Drawing, element: str) -> Marking:
    return tuple(flow.id for flow in drawing.outgoing.get(element, ()))


def _take(marking: Marking, flows: Iterable[str]) -> Marking:
    left = list(marking)
    for flow in flows:
        left.remove(flow)
    return tuple(left)


def _put(marking: Marking, flows: Marking) -> Marking:
    return tuple(sorted(marking + flows))

