"""Throw-away cases: a version of a process tried out in a database of its own, by anybody in any role.

A sandbox has the demonstration's organisation, a clock that its visitor moves on, and no
way to the real cases. There are few at a time, each lives for an hour; what is gone is gone.
"""

from __future__ import annotations

import atexit
import threading
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Row, select

from engine import cases, definitions, jobs, people, tasks, views
from engine.calendar import Clock, FixedClock
from engine.context import Context, Engine
from engine.database import Database
from engine.diagram import Element
from engine.errors import NotFound, SandboxGone
from engine.people import Person
from engine.replay import Stage
from engine.tables import candidates
from engine.tables import cases as cases_table
from engine.tables import jobs as jobs_table
from engine.tables import tasks as tasks_table
from engine.topics import Topics
from engine.views import CaseView, TaskView

MOST = 8
LIFETIME = timedelta(hours=1)
LONGEST_WAIT_DAYS = 400
MOST_TASKS = 12
STARTER = "trial"
_WATCHER = Person(STARTER, STARTER, "ผู้ทดลอง", "", operator=True, candidates=frozenset(), unit=None)


@dataclass(frozen=True)
class State:
    """Where a trial stands.

    Its case as the case page shows it, the open tasks with their forms, and what waits for
    a time or an outside worker (element and due moment).
    """

    case: CaseView
    todo: list[TaskView]
    waiting: list[tuple[Element, datetime]]
    now: datetime


@dataclass
class Sandbox:
    """One trial: its own database, a definition in it, and one case."""

    owner: str
    version: int
    stage: Stage
    database: Database
    engine: Engine
    process: str
    begun: datetime
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    case: str = ""

    def start(self, unit: str | None, data: Mapping[str, Any] | None = None) -> None:
        """Open the case as somebody of a unit who may."""
        with self.database.write() as db:
            ctx = self.engine.context(db)
            self.case = cases.start(ctx, self.process, self._starter(ctx, unit), data).id
        self._settle()

    def complete(self, task: str, answers: Mapping[str, Any]) -> None:
        """Do a task as the person it waits for; raises `AnswersRefused`, `TaskGone`, `NotFound`."""
        with self.database.write() as db:
            ctx = self.engine.context(db)
            row = ctx.db.execute(select(tasks_table).where(tasks_table.c.id == task)).one_or_none()
            if row is None:
                raise NotFound(what="task", key=task)
            tasks.complete(ctx, task, _actor(ctx, row), answers)
        self._settle()

    def wait(self, days: int) -> None:
        """Move the clock on and do what has become due."""
        self._clock.forward(days=min(max(days, 1), LONGEST_WAIT_DAYS))
        self._settle()

    def state(self) -> State:
        """Where the trial stands; of the instances of a repeated task the first ones."""
        with self.database.read() as db:
            ctx = self.engine.context(db)
            number = ctx.db.execute(select(cases_table.c.number).where(cases_table.c.id == self.case)).scalar_one()
            view = views.case(ctx, number, _WATCHER)
            todo = [views.task(ctx, row.id, _WATCHER) for row in view.open_tasks[:MOST_TASKS]]
            return State(view, todo, _waiting(ctx, view), ctx.now)

    def close(self) -> None:
        """Throw everything away."""
        self.database.close()
        self.stage.close()

    @property
    def _clock(self) -> FixedClock:
        return cast("FixedClock", self.engine.clock)

    def _settle(self) -> None:
        jobs.run_due(self.engine, self.database)

    def _starter(self, ctx: Context, unit: str | None) -> Person:
        """Somebody of the chosen unit who holds every role that may start."""
        row = definitions.live(ctx.db, self.process)
        definition = ctx.engine.library.get(ctx.db, row.id if row else "")
        units = [each.id for each in people.units(ctx.db)]
        allowed = people.start_candidates(definition.diagram, units) or units
        usual = next((each for each in allowed if each in units), units[0])
        home: str = unit if unit is not None and unit in units else usual
        return Person(STARTER, STARTER, "ผู้ทดลอง", "", operator=False, candidates=frozenset({*allowed, home}), unit=home)


class Sandboxes:
    """The trials that are going on, the oldest closed first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: OrderedDict[str, Sandbox] = OrderedDict()
        self._lock = threading.Lock()
        atexit.register(self.clear)

    def clear(self) -> None:
        """Throw every trial away; done when the program ends."""
        with self._lock:
            gone = list(self._open.values())
            self._open.clear()
        for each in gone:
            each.close()

    def open(self, owner: str, version: int, files: Mapping[str, bytes], process: str, topics: Topics) -> Sandbox:
        """Make a sandbox with the files of one version; raises `DeploymentRefused` for files that would be refused."""
        now = self._clock.now()
        stage = Stage(topics, files)
        database, engine = stage.open("stage", now.isoformat())
        made = Sandbox(owner, version, stage, database, engine, process, now)
        with self._lock:
            self._open[made.id] = made
        self._put_away()
        return made

    def get(self, key: str, owner: str) -> Sandbox:
        """Somebody's own sandbox; raises `SandboxGone`."""
        self._put_away()
        with self._lock:
            found = self._open.get(key)
        if found is None or found.owner != owner:
            raise SandboxGone
        return found

    def close(self, key: str, owner: str) -> None:
        """Throw a sandbox away; one that is gone already is no fault."""
        with suppress(SandboxGone):
            found = self.get(key, owner)
            with self._lock:
                self._open.pop(key, None)
            found.close()

    def _put_away(self) -> None:
        oldest = self._clock.now() - LIFETIME
        with self._lock:
            over = [key for key, each in self._open.items() if each.begun < oldest]
            over += [key for key in self._open if key not in over][: max(0, len(self._open) - len(over) - MOST)]
            gone = [self._open.pop(key) for key in over]
        for each in gone:
            each.close()


def _actor(ctx: Context, row: Row[Any]) -> Person:
    """The person a task waits for. Every step has a person of its own, so that duties are always separate."""
    name = f"{row.role or STARTER}:{row.element}"[:60]
    held = ctx.db.execute(select(candidates.c.candidate).where(candidates.c.task_id == row.id)).scalars()
    return Person(name, name, name, "", operator=False, candidates=frozenset(held), unit=None)


def _waiting(ctx: Context, view: CaseView) -> list[tuple[Element, datetime]]:
    """What waits for a time or a worker."""
    elements = view.definition.diagram.elements
    query = select(jobs_table.c.element, jobs_table.c.due_at).where(jobs_table.c.case_id == view.row.id)
    rows = ctx.db.execute(query.where(jobs_table.c.kind != "send").order_by(jobs_table.c.due_at))
    return [(elements[row.element], row.due_at) for row in rows if row.element in elements]
