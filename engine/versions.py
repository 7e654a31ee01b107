"""What the studio reads: the versions of every process, and where its running cases wait. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any, NamedTuple

from sqlalchemy import Row, func, select

from engine.context import Context
from engine.errors import NotFound
from engine.people import Person
from engine.tables import cases, definitions, deployments, tasks

OWNERS = "process_owners"  # the group whose members may change processes
LIVE, CANDIDATE, RETIRED = "live", "candidate", "retired"
DAY_SECONDS = 86_400


def may_own(person: Person) -> bool:
    """True for those who may change processes: operators and members of the group of process owners."""
    return person.operator or OWNERS in person.candidates


@dataclass(frozen=True)
class Version:
    """One version: its row with who deployed it (`by`), and the cases that run it."""

    row: Row[Any]
    running: int

    @property
    def why(self) -> str:
        """Why it was made: the note, else what its deployment was called in the Modeler."""
        return str(self.row.note or self.row.deployment)

    @property
    def state(self) -> str:
        """Live, a candidate that was never published and may still be, or retired."""
        if self.row.live:
            return LIVE
        return CANDIDATE if self.row.published_at is None else RETIRED


@dataclass(frozen=True)
class Process:
    """A process with its versions, the newest first."""

    id: str
    name: str
    versions: tuple[Version, ...]

    @property
    def live(self) -> Version | None:
        """The version that new cases get."""
        return next((each for each in self.versions if each.state == LIVE), None)

    @property
    def candidates(self) -> tuple[Version, ...]:
        """Versions that wait to be published: newer than the live one."""
        live = self.live.row.version if self.live else 0
        return tuple(each for each in self.versions if each.state == CANDIDATE and each.row.version > live)

    @property
    def running(self) -> tuple[Version, ...]:
        """Versions that running cases keep."""
        return tuple(each for each in self.versions if each.running)

    @property
    def previous(self) -> Version | None:
        """The version that was live before, to which one can go back."""
        published = [each for each in self.versions if each.state == RETIRED]
        return max(published, key=lambda each: (each.row.published_at, each.row.version), default=None)

    def version(self, number: int) -> Version:
        """A version by its number; raises `NotFound`."""
        found = next((each for each in self.versions if each.row.version == number), None)
        if found is None:
            raise NotFound(what="version", key=str(number))
        return found


def processes(ctx: Context) -> list[Process]:
    """Every process by name."""
    found = [_process(rows) for rows in _grouped(_rows(ctx)).values()]
    return sorted(found, key=lambda each: each.name)


def process(ctx: Context, key: str) -> Process:
    """One process; raises `NotFound`."""
    rows = _rows(ctx, key)
    if not rows:
        raise NotFound(what="process", key=key)
    return _process(rows)


def _rows(ctx: Context, key: str | None = None) -> list[Version]:
    d = definitions
    columns: list[Any] = [d, deployments.c.by, deployments.c.note, deployments.c.source]
    columns.append(deployments.c.name.label("deployment"))
    query = select(*columns).join_from(d, deployments).order_by(d.c.process, d.c.version.desc())
    rows = ctx.db.execute(query if key is None else query.where(d.c.process == key))
    counted = select(cases.c.definition_id, func.count()).where(cases.c.status.in_(("running", "suspended")))
    running = {row[0]: row[1] for row in ctx.db.execute(counted.group_by(cases.c.definition_id))}
    return [Version(row, running.get(row.id, 0)) for row in rows]


def _grouped(rows: Iterable[Version]) -> dict[str, list[Version]]:
    found: dict[str, list[Version]] = {}
    for each in rows:
        found.setdefault(each.row.process, []).append(each)
    return found


def _process(rows: list[Version]) -> Process:
    shown = next((each for each in rows if each.row.live), rows[0])
    return Process(shown.row.process, shown.row.name, tuple(rows))


# --- where cases wait ---------------------------------------------------------------------------


class Wait(NamedTuple):
    """How many running cases wait at an element, and for how many calendar days: the median and the oldest."""

    element: str
    name: str
    role: str | None
    cases: int
    late: int
    median_days: float
    oldest_days: float


def waits(ctx: Context, key: str) -> list[Wait]:
    """Where the running cases of a process wait for people, the longest median first."""
    t = tasks
    named: list[Any] = [func.max(t.c.name).label("name"), func.max(t.c.role).label("role")]
    timed: list[Any] = [func.min(t.c.created_at).label("since"), func.min(t.c.due_at).label("due")]
    query = (
        select(t.c.element, t.c.case_id, *named, *timed)
        .join(cases, cases.c.id == t.c.case_id)
        .where(cases.c.process == key, t.c.status == "open")
        .group_by(t.c.element, t.c.case_id)
    )
    found: dict[str, list[Row[Any]]] = {}
    for row in ctx.db.execute(query):
        found.setdefault(row.element, []).append(row)
    waiting = [_wait(rows, ctx.now) for rows in found.values()]
    return sorted(waiting, key=lambda each: (-each.median_days, -each.cases, each.element))


def _wait(rows: list[Row[Any]], now: datetime) -> Wait:
    days = [max(0.0, (now - row.since).total_seconds() / DAY_SECONDS) for row in rows]
    late = sum(1 for row in rows if row.due is not None and row.due < now)
    first = rows[0]
    return Wait(first.element, first.name, first.role, len(rows), late, median(days), max(days))
