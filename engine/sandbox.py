"""Throw-away cases: a version of a process tried out in a database of its own, by anybody in any role.

A sandbox has the demonstration's organisation, a clock that its visitor moves on, and no
way to the real cases. It is played from the acts of a trial (see trials), in any process.
"""

from __future__ import annotations

import atexit
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, cast

from sqlalchemy import Row, select

from engine import cases, definitions, instances, jobs, people, tasks, views
from engine.calendar import FixedClock
from engine.context import Context, Engine
from engine.database import Database
from engine.diagram import Element
from engine.errors import NotFound, PrasanError
from engine.people import Person
from engine.replay import Stage
from engine.tables import cases as cases_table
from engine.tables import jobs as jobs_table
from engine.topics import Topics
from engine.trials import MOST, Act, Trial
from engine.views import CaseView, TaskView

LONGEST_WAIT_DAYS = 400
MOST_TASKS = 12
STARTER = "trial"
_WATCHER = Person(STARTER, STARTER, "ผู้ทดลอง", "", operator=True, candidates=frozenset(), unit=None)


@dataclass(frozen=True)
class State:
    """Where a trial stands.

    Its case as the case page shows it, the open tasks with their forms by place, and what
    waits for a time or an outside worker (element and due moment).
    """

    case: CaseView
    todo: dict[str, TaskView]
    waiting: list[tuple[Element, datetime]]
    now: datetime


@dataclass
class Sandbox:
    """One trial as it is played: its own database, a definition in it, one case, and the acts done so far."""

    stage: Stage
    database: Database
    engine: Engine
    process: str
    case: str = ""
    acts: list[Act] = field(default_factory=list)

    @classmethod
    def open(cls, trial: Trial, files: Mapping[str, bytes], topics: Topics) -> Sandbox:
        """A sandbox with the files of one version and its case just started; raises `DeploymentRefused`."""
        stage = Stage(topics, files)
        made = cls(stage, *stage.open("stage", trial.begun_at.isoformat()), trial.process)
        try:
            made._start(trial.unit)
        except PrasanError:
            made.close()
            raise
        return made

    def _start(self, unit: str | None) -> None:
        with self.database.write() as db:
            ctx = self.engine.context(db)
            self.case = cases.start(ctx, self.process, self._starter(ctx, unit)).id
        self._settle()

    def do(self, act: Act) -> None:
        """Do a task as the person it waits for, or let days pass; raises `AnswersRefused` or `NotFound`."""
        if "wait" in act:
            self._clock.forward(days=min(max(act["wait"], 1), LONGEST_WAIT_DAYS))
        else:
            self._complete(act["do"], act["answers"])
        self._settle()
        self.acts.append(act)

    def _complete(self, place: str, answers: Mapping[str, Any]) -> None:
        with self.database.write() as db:
            ctx = self.engine.context(db)
            task = _places(views.case(ctx, self._number(ctx), _WATCHER)).get(place)
            if task is None:
                raise NotFound(what="task", key=place)
            tasks.complete(ctx, task.id, _actor(ctx, task), answers)

    def _number(self, ctx: Context) -> str:
        return str(ctx.db.execute(select(cases_table.c.number).where(cases_table.c.id == self.case)).scalar_one())

    def state(self) -> State:
        """Where the trial stands; of the instances of a repeated task the first ones."""
        with self.database.read() as db:
            ctx = self.engine.context(db)
            view = views.case(ctx, self._number(ctx), _WATCHER)
            first = islice(_places(view).items(), MOST_TASKS)
            todo = {place: views.task(ctx, row.id, _WATCHER) for place, row in first}
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
    """The trials that this process has played lately; one that it does not know, or not so far, is played again."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self._played: OrderedDict[str, Sandbox] = OrderedDict()
        self._lock = threading.Lock()
        atexit.register(self.clear)

    def clear(self) -> None:
        """Throw every sandbox away; done when the program ends."""
        with self._lock:
            gone = list(self._played.values())
            self._played.clear()
        for each in gone:
            each.close()

    @contextmanager
    def play(self, trial: Trial, files: Mapping[str, bytes]) -> Iterator[Sandbox]:
        """The sandbox of a trial, played as far as it was noted, for one visitor at a time.

        Raises `DeploymentRefused` for files that would be refused.
        """
        with self._lock:
            found = self._played.pop(trial.id, None)
        if found is not None and found.acts != trial.acts[: len(found.acts)]:
            found.close()
            found = None
        found = found or Sandbox.open(trial, files, self._topics)
        try:
            for act in trial.acts[len(found.acts) :]:
                found.do(act)
            yield found
        finally:
            self._keep(trial.id, found)

    def _keep(self, key: str, played: Sandbox) -> None:
        with self._lock:
            gone = [self._played.pop(key)] if key in self._played else []
            self._played[key] = played
            gone += [self._played.popitem(last=False)[1] for _ in range(len(self._played) - MOST)]
        for each in gone:
            each.close()


def _places(view: CaseView) -> dict[str, Row[Any]]:
    """The open tasks by names that stay the same however often a trial is played: the element and the unit."""
    found: dict[str, Row[Any]] = {}
    for row in view.open_tasks:
        place = f"{row.element}:{row.item or ''}"
        found[place if place not in found else f"{place}:{len(found)}"] = row
    return found


def _actor(ctx: Context, row: Row[Any]) -> Person:
    """The person a task waits for. Every step has a person of its own, so that duties are always separate."""
    name = f"{row.role or STARTER}:{row.element}"[:60]
    return Person(name, name, name, "", operator=False, candidates=instances.asked(ctx, row), unit=None)


def _waiting(ctx: Context, view: CaseView) -> list[tuple[Element, datetime]]:
    """What waits for a time or a worker."""
    elements = view.definition.diagram.elements
    query = select(jobs_table.c.element, jobs_table.c.due_at).where(jobs_table.c.case_id == view.row.id)
    rows = ctx.db.execute(query.where(jobs_table.c.kind != "send").order_by(jobs_table.c.due_at))
    return [(elements[row.element], row.due_at) for row in rows if row.element in elements]
