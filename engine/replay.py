"""Replays: cases written down by QA, played over the project's own diagrams.

A replay is a YAML file: who starts which process, who does which task with which answers,
and what must come of it (path, end, data, registry rows, messages). It runs on a fresh
database with a clock that stands still, through the same commands as the browser; the
first step at which reality parts from the file is named.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import yaml
from sqlalchemy import Row, select

from engine import cases, definitions, demo, jobs, people, project, tasks
from engine.calendar import BANGKOK, Duration, FixedClock, moment_of
from engine.context import Context, Engine
from engine.database import Database
from engine.errors import AnswersRefused, PrasanError, ReplayFailed
from engine.library import Library
from engine.people import Person
from engine.tables import audit, links, messages
from engine.tables import cases as cases_table
from engine.tables import jobs as jobs_table
from engine.tables import tasks as tasks_table
from engine.topics import Topics

FOLDER = project.FOLDER / "tests" / "replays"
ANSWERS = "answers.yaml"
BEGIN = "2026-11-23T09:00:00+07:00"


@dataclass(frozen=True)
class Result:
    """How a replay ended: `trail` holds elements and flows passed, `problem` is None when all came as written."""

    file: str
    name: str
    process: str
    trail: list[str] = field(default_factory=list)
    problem: str | None = None


class Stage:
    """A prepared database (organisation and project files) that every replay gets a copy of."""

    def __init__(self, topics: Topics, files: Mapping[str, bytes]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="prasan-replay-"))
        self._topics, self._library = topics, Library()
        database, engine = self.open("stage", BEGIN)
        try:
            self._prepare(database, engine, files)
        except PrasanError:
            self.close()
            raise
        finally:
            database.close()

    def _prepare(self, database: Database, engine: Engine, files: Mapping[str, bytes]) -> None:
        database.migrate()
        with database.write() as db:
            ctx = engine.context(db)
            demo.load(ctx)
            definitions.deploy(ctx, files, "replay", "replay")

    def copy(self, name: str, begin: str) -> tuple[Database, Engine]:
        """A fresh copy of the prepared database and an engine whose clock stands at `begin`."""
        self.duplicate(name)
        return self.open(name, begin)

    def open(self, name: str, begin: str) -> tuple[Database, Engine]:
        """A copy made before, with an engine whose clock stands at `begin`."""
        clock = FixedClock(datetime.fromisoformat(begin))
        return self.database(name), Engine(self._topics, self._library, clock, files=self.folder / "documents")

    def database(self, name: str) -> Database:
        """The database of a name; here a file of SQLite."""
        return Database(f"sqlite:///{self.folder / name}.db")

    def duplicate(self, name: str, of: str = "stage") -> None:
        """Copy the prepared database, or another that nobody uses."""
        for part in self.folder.glob(f"{of}.db*"):
            shutil.copy(part, self.folder / part.name.replace(of, name))

    def remove(self, name: str) -> None:
        """Remove one copy."""
        for part in self.folder.glob(f"{name}.db*"):
            part.unlink()

    def close(self) -> None:
        """Remove every copy."""
        shutil.rmtree(self.folder, ignore_errors=True)


def run(paths: Iterable[Path], topics: Topics, files: Mapping[str, bytes] | None = None) -> list[Result]:
    """Play every replay file; files of answers are skipped."""
    stage = Stage(topics, files or project.files())
    try:
        return [result for path in paths if path.name != ANSWERS for result in _run_file(stage, path)]
    finally:
        stage.close()


def _run_file(stage: Stage, path: Path) -> Iterator[Result]:
    defaults = path.parent / ANSWERS
    answers = yaml.safe_load(defaults.read_text("utf-8")) if defaults.exists() else {}
    for number, script in enumerate(yaml.safe_load_all(path.read_text("utf-8")), 1):
        if script:
            yield _play(stage, f"{path.stem}-{number}", path, script, answers)


def _play(stage: Stage, key: str, path: Path, script: dict[str, Any], answers: Mapping[str, Any]) -> Result:
    name = script.get("name", key)
    database, engine = stage.copy(key, script.get("now", BEGIN))
    play = Play(database, engine, script, answers)
    try:
        play.perform()
    except ReplayFailed as problem:
        return Result(path.name, name, play.process, play.trail(), str(problem))
    finally:
        database.close()
    return Result(path.name, name, play.process, play.trail())


class Play:
    """One replay on its own database."""

    def __init__(
        self, database: Database, engine: Engine, script: Mapping[str, Any], answers: Mapping[str, Any]
    ) -> None:
        self.database, self.engine, self.script, self.answers = database, engine, script, answers
        self.clock = cast("FixedClock", engine.clock)
        self.process, self.case = script["process"], ""
        self.where = "start"

    def perform(self) -> None:
        """Start, do every step, then compare the outcome; raises `ReplayFailed`."""
        self._start()
        for number, step in enumerate(self.script.get("steps", []), 1):
            self.where = f"step {number} ({_describe(step)})"
            self._step(step)
            self._compare_path(whole=False)
        self.where = "outcome"
        self._compare_path(whole=True)
        self._compare_outcome(self.script.get("expect", {}))

    def trail(self) -> list[str]:
        """Elements and flows the case has passed, in order."""
        query = select(audit.c.detail).where(audit.c.case_id == self.case).order_by(audit.c.id)
        with self.database.read() as db:
            return [step for detail in db.execute(query).scalars() for step in detail.get("path", ())]

    def path(self) -> list[str]:
        """Elements the case has passed, in order."""
        elements = self._elements()
        return [step for step in self.trail() if step in elements]

    def _elements(self) -> Mapping[str, Any]:
        with self.database.read() as db:
            row = definitions.live(db, self.process)
            return self.engine.library.get(db, row.id).diagram.elements if row else {}

    def _person(self, ctx: Context, username: str) -> Person:
        person = people.by_username(ctx, username)
        if person is None:
            raise self._fail(f"there is no account {username!r}")
        return person

    def _start(self) -> None:
        opening = self.script.get("start", {})
        self.where = f"start (by {opening.get('by')})"
        with self._command() as ctx:
            person = self._person(ctx, opening.get("by", ""))
            self.case = cases.start(ctx, self.process, person, opening.get("data")).id

    def _step(self, step: Mapping[str, Any]) -> None:
        if "wait" in step:
            self._wait(str(step["wait"]))
        elif "refused" in step:
            self._refused(step)
        else:
            with self._command() as ctx:
                task = self._task(ctx, step)
                tasks.complete(ctx, task.id, self._person(ctx, step.get("by", "")), self._answers(step))

    def _wait(self, text: str) -> None:
        """Move the clock on by a duration, or to the end of a date, and do what has become due."""
        self._move_clock(text)
        jobs.run_due(self.engine, self.database)

    def _move_clock(self, text: str) -> None:
        now = self.clock.now()
        self.clock.set(Duration.parse(text).after(now) if text.startswith("P") else moment_of(text))
        self.clock.forward(seconds=1)

    def _refused(self, step: Mapping[str, Any]) -> None:
        """The answers or the person must be refused, naming the given fields, and nothing may change."""
        wanted = step["refused"]
        try:
            with self.database.write() as db:
                ctx = self.engine.context(db)
                task = self._task(ctx, step)
                tasks.complete(ctx, task.id, self._person(ctx, step.get("by", "")), self._answers(step))
        except AnswersRefused as refusal:
            missing = set(wanted if isinstance(wanted, list) else []) - set(self._keys(step, refusal))
            if missing or wanted == "person":
                raise self._fail(f"refused for {self._keys(step, refusal)}, expected {wanted}") from None
        except PrasanError as refusal:
            if wanted != "person":
                raise self._fail(f"refused with {type(refusal).__name__}, expected {wanted}") from None
        else:
            raise self._fail("accepted, but the replay expects a refusal")

    def _keys(self, step: Mapping[str, Any], refusal: AnswersRefused) -> list[str]:
        """Data keys of the form components that were refused."""
        with self.database.read() as db:
            row = definitions.live(db, self.process)
            form = self.engine.library.get(db, row.id).form(step["task"]) if row else None
        keys = {c.id: ".".join(c.path) for c in form.components() if c.path} if form else {}
        return sorted(str(keys.get(component, component)) for component in refusal.errors)

    def _answers(self, step: Mapping[str, Any]) -> dict[str, Any]:
        given = {**self.answers.get(f"{self.process}_{step['task']}", {}), **step.get("answers", {})}
        return {key: value for key, value in given.items() if value is not None}

    def _task(self, ctx: Context, step: Mapping[str, Any]) -> Row[Any]:
        query = select(tasks_table).where(tasks_table.c.case_id == self.case, tasks_table.c.status == "open")
        waiting = list(ctx.db.execute(query.order_by(tasks_table.c.element, tasks_table.c.item)))
        for row in waiting:
            if row.element == step["task"] and step.get("item") in (None, row.item):
                return row
        names = ", ".join(f"{r.element}{f' [{r.item}]' if r.item else ''}" for r in waiting) or "nothing"
        raise self._fail(f"task {step['task']} is not open; open: {names}")

    def _compare_path(self, *, whole: bool) -> None:
        expected = self.script.get("expect", {}).get("path")
        if expected is None:
            return
        real = self.path()
        for position, (want, got) in enumerate(zip(expected, real, strict=False), 1):
            if want != got:
                raise self._fail(f"the path parts at place {position}: expected {want}, went to {got}")
        if len(real) > len(expected):
            raise self._fail(f"the path goes on to {real[len(expected)]} where it should have ended")
        if len(real) < len(expected) and (whole or expected[len(real)] not in self._waiting()):
            stands = ", ".join(sorted(self._waiting())) or "nothing"
            raise self._fail(f"after {real[-1]} expected {expected[len(real)]}, waits at {stands}")

    def _waiting(self) -> set[str]:
        """Elements at which the case now waits for a person, a time or a handler."""
        with self.database.read() as db:
            open_tasks = select(tasks_table.c.element).where(
                tasks_table.c.case_id == self.case, tasks_table.c.status == "open"
            )
            due = select(jobs_table.c.element).where(jobs_table.c.case_id == self.case, jobs_table.c.kind != "send")
            return {*db.execute(open_tasks).scalars(), *db.execute(due).scalars()}

    def _compare_outcome(self, expect: Mapping[str, Any]) -> None:
        with self.database.read() as db:
            case = db.execute(select(cases_table).where(cases_table.c.id == self.case)).one()
            told = list(db.execute(select(messages).where(messages.c.case_id == self.case)))
            registry = list(db.execute(select(links)))
        if "end" in expect and case.outcome != expect["end"]:
            raise self._fail(f"ended at {case.outcome}, expected {expect['end']}")
        if "status" in expect and case.status != expect["status"]:
            raise self._fail(f"the case is {case.status}, expected {expect['status']}")
        self._compare_rows("data", [{"all": expect["data"]}] if "data" in expect else [], [{"all": case.data}])
        self._compare_rows("links", expect.get("links", []), [row._asdict() for row in registry])
        self._compare_rows("messages", expect.get("messages", []), [row._asdict() for row in told])

    def _compare_rows(self, what: str, expected: list[dict[str, Any]], real: list[dict[str, Any]]) -> None:
        for wanted in expected:
            if not any(_holds(wanted, row) for row in real):
                raise self._fail(f"{what}: nothing matches {wanted}")

    @contextmanager
    def _command(self) -> Iterator[Context]:
        """A write transaction whose refusal becomes the replay's failure."""
        try:
            with self.database.write() as db:
                yield self.engine.context(db)
        except ReplayFailed:
            raise
        except AnswersRefused as error:
            raise self._fail(f"the form refused the answers: {error.errors}") from error
        except PrasanError as error:
            raise self._fail(f"{type(error).__name__}: {error.en}") from error

    def _fail(self, reason: str) -> ReplayFailed:
        return ReplayFailed(where=self.where, reason=reason)


def _describe(step: Mapping[str, Any]) -> str:
    if "wait" in step:
        return f"wait {step['wait']}"
    item = f" [{step['item']}]" if "item" in step else ""
    return f"task {step.get('task')}{item} by {step.get('by')}"


def _holds(wanted: Any, real: Any) -> bool:
    """True when every wanted key has that value; dates compare by their ISO text."""
    if isinstance(wanted, Mapping) and isinstance(real, Mapping):
        return all(key in real and _holds(value, real[key]) for key, value in wanted.items())
    if isinstance(real, datetime):
        return str(wanted) == real.astimezone(BANGKOK).isoformat()
    return bool(wanted == real or str(wanted) == str(real))
