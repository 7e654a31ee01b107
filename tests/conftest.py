"""Shared fixtures: a prepared database with the demonstration organisation, and people with verbs.

The database is made once per test session and copied per test, so a test costs milliseconds.
A test that uses `office` runs twice, on SQLite and on PostgreSQL (`-k sqlite` for one of them).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from engine import cases, jobs, people, project, tasks, todo
from engine.calendar import FixedClock
from engine.context import Context, Engine
from engine.database import Database
from engine.people import Person
from engine.replay import BEGIN, FOLDER, Stage
from handlers import topics
from tests.postgres import Cluster, PostgresStage

DATABASES = {"sqlite": "sqlite_stage", "postgresql": "postgresql_stage"}


@pytest.fixture(scope="session")
def sqlite_stage() -> Iterator[Stage]:
    """The prepared database on SQLite."""
    made = Stage(topics(), project.files())
    yield made
    made.close()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of this session, started by the first test that needs it."""
    made = Cluster()
    yield made
    made.close()


@pytest.fixture(scope="session")
def postgresql_stage(cluster: Cluster) -> Iterator[Stage]:
    """The prepared database on PostgreSQL."""
    made = PostgresStage(cluster, topics(), project.files())
    yield made
    made.close()


@pytest.fixture(params=DATABASES)
def stage(request: pytest.FixtureRequest) -> Stage:
    """The prepared database, on each kind in turn."""
    made: Stage = request.getfixturevalue(DATABASES[request.param])
    return made


@pytest.fixture(scope="session")
def answers() -> Mapping[str, Any]:
    """Sensible answers by form id."""
    return dict(yaml.safe_load((FOLDER / "answers.yaml").read_text("utf-8")))


class Office:
    """The organisation at work in one test: commands by user name, a clock that stands still."""

    def __init__(self, database: Database, engine: Engine, answers: Mapping[str, Any]) -> None:
        self.database, self.engine, self._answers = database, engine, answers

    @property
    def clock(self) -> FixedClock:
        """The clock."""
        assert isinstance(self.engine.clock, FixedClock)
        return self.engine.clock

    def person(self, username: str) -> Person:
        """Somebody by user name."""
        with self.database.read() as db:
            found = people.by_username(self.engine.context(db), username)
        assert found is not None, username
        return found

    def start(self, process: str, by: str, data: Mapping[str, Any] | None = None) -> str:
        """Open a case; returns its id."""
        person = self.person(by)
        with self.database.write() as db:
            return cases.start(self.engine.context(db), process, person, data).id

    def open(self, case: str) -> list[Any]:
        """Open tasks of a case."""
        return [task for task in self._tasks(case) if task.status == "open"]

    def do(self, case: str, element: str, by: str, item: str | None = None, **given: Any) -> None:
        """Complete an open task of a case with the standard answers and what is given."""
        task = next(t for t in self.open(case) if t.element == element and item in (None, t.item))
        self.complete(task.id, by, {**self._answers.get(f"{self.process(case)}_{element}", {}), **given})

    def complete(self, task: str, by: str, given: Mapping[str, Any]) -> None:
        """Complete a task by id."""
        person = self.person(by)
        self.database.command(lambda db: tasks.complete(self.engine.context(db), task, person, given))

    def tick(self, **delta: float) -> int:
        """Move the clock on and do what has become due."""
        self.clock.forward(**delta)
        return jobs.run_due(self.engine, self.database)

    def worklist(self, by: str) -> list[Any]:
        """Open tasks of somebody."""
        person = self.person(by)
        with self.database.read() as db:
            return todo.worklist(self.engine.context(db), person)[0]

    def row(self, case: str) -> Any:
        """The case's row."""
        return self.query("SELECT * FROM cases WHERE id = :id", id=case)[0]

    def process(self, case: str) -> str:
        """The process of a case."""
        return str(self.row(case).process)

    def query(self, sql: str, **values: Any) -> list[Any]:
        """Rows of a statement; for assertions."""
        from sqlalchemy import text

        with self.database.read() as db:
            return list(db.execute(text(sql), values))

    def context(self, db: Any) -> Context:
        """A context on a connection."""
        return self.engine.context(db)

    def _tasks(self, case: str) -> list[Any]:
        return self.query("SELECT * FROM tasks WHERE case_id = :case ORDER BY created_at, item", case=case)


@pytest.fixture(params=DATABASES)
def office(request: pytest.FixtureRequest, answers: Mapping[str, Any]) -> Iterator[Office]:
    """A fresh copy of the prepared organisation, once on each database."""
    stage: Stage = request.getfixturevalue(DATABASES[request.param])
    name = f"test-{abs(hash(request.node.nodeid))}"
    database, engine = stage.copy(name, BEGIN)
    yield Office(database, engine, answers)
    database.close()
    stage.remove(name)
