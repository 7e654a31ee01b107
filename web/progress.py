"""Where a case stands, as text: the steps of its diagram, who answers for each, who is still to answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.diagram import PERSONAL, Element
from engine.views import CaseView, Entry
from web.shown import doers, role


@dataclass(frozen=True)
class StepLine:
    """One step for people: `state` is done, now or empty; `who` is the lane's role."""

    element: str
    name: str
    who: str
    state: str
    ours: bool


@dataclass(frozen=True)
class Waiting:
    """A step that waits: for whom, since when, until when; `answered` and `silent` for a step that many do."""

    name: str
    who: str
    claimer: str | None
    since: object
    due: object
    answered: list[Entry]
    silent: list[str]


@dataclass(frozen=True)
class Progress:
    """The steps in drawing order, what waits now, and the ids of the elements where the case stands."""

    steps: list[StepLine]
    waiting: list[Waiting]
    current: list[str]


def progress(view: CaseView) -> Progress:
    """The progress of a case."""
    steps = [_step(view, e) for e in view.definition.diagram.elements.values() if e.kind in PERSONAL]
    return Progress(steps, list(_waiting(view)), list(view.current))


def _step(view: CaseView, element: Element) -> StepLine:
    done = element.id in {entry.task.element for entry in view.entries}
    state = "now" if element.id in view.current else "done" if done else ""
    who = role(view.definition.diagram.role(element.id))
    return StepLine(element.id, element.name, who, state, element.properties.get("origin") == "ours")


def _waiting(view: CaseView) -> Iterator[Waiting]:
    for element in view.current:
        rows = [row for row in view.open_tasks if row.element == element]
        many = rows[0].item is not None
        tokens = {row.token for row in rows}
        yield Waiting(
            name=rows[0].name,
            who=role(rows[0].role)
            if many
            else doers(view.doers.get(rows[0].id, ()), view.groups) or role(rows[0].role),
            claimer=None if many else view.names.get(rows[0].claimed_by),
            since=min(row.created_at for row in rows),
            due=min((row.due_at for row in rows if row.due_at), default=None),
            answered=[entry for entry in view.entries if many and entry.task.token in tokens],
            silent=[view.groups.get(row.item, row.item) for row in rows] if many else [],
        )
