"""The floor: what the same commits cost with no engine at all.

`insert` is one INSERT and its commit through the driver alone. `core` is the relational
minimum with SQLAlchemy Core: read task and case, close the task, open the next, touch the case.
"""

from __future__ import annotations

import functools
import json
import random
import sqlite3
import uuid
from collections.abc import Callable
from typing import Any

import psycopg
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, Text, insert, select, text, update

from benchmarks import models
from benchmarks.meter import Meter, plan, report
from engine.database import Database

metadata = MetaData()
cases = Table(
    "floor_cases", metadata, Column("id", String(32), primary_key=True), Column("version", Integer, nullable=False),
)
tasks = Table(
    "floor_tasks", metadata, Column("id", String(32), primary_key=True),
    Column("case_id", String(32), nullable=False, index=True), Column("element", String(100), nullable=False),
    Column("status", String(12), nullable=False, index=True), Column("answers", Text),
)
CREATE = "CREATE TABLE IF NOT EXISTS floor_answers ({key} PRIMARY KEY, answers TEXT NOT NULL)"


def open_sqlite(path: str) -> sqlite3.Connection:
    """A connection with the settings of engine.database."""
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        db.execute(f"PRAGMA {pragma}")
    return db


def inserts(url: str) -> Callable[[str], Any]:
    """A function that inserts one row and commits."""
    if url.startswith("sqlite"):
        lite = open_sqlite(url.removeprefix("sqlite:///"))
        lite.execute(CREATE.format(key="id INTEGER"))
        return lambda given: lite.execute("INSERT INTO floor_answers (answers) VALUES (?)", (given,))
    db = psycopg.connect(url, autocommit=True)
    db.execute(CREATE.format(key="id BIGINT GENERATED ALWAYS AS IDENTITY"))
    return lambda given: db.execute("INSERT INTO floor_answers (answers) VALUES (%s)", (given,))


class Core:
    """Cases whose tasks follow each other, in four statements per completion."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.write() as db:
            metadata.create_all(db)
            self.case, self.task = uuid.uuid4().hex, uuid.uuid4().hex
            db.execute(insert(cases), {"id": self.case, "version": 1})
            db.execute(insert(tasks), {"id": self.task, "case_id": self.case, "element": "u1", "status": "open"})

    def complete(self, given: str) -> None:
        """Close the open task and open the next, durably."""
        wanted = select(tasks.c.status, cases.c.version).join_from(tasks, cases, cases.c.id == tasks.c.case_id)
        following = uuid.uuid4().hex
        with self.database.write() as db:
            row = db.execute(wanted.where(tasks.c.id == self.task)).one()
            db.execute(update(tasks).where(tasks.c.id == self.task).values(status="done", answers=given))
            db.execute(insert(tasks), {"id": following, "case_id": self.case, "element": "u2", "status": "open"})
            db.execute(update(cases).where(cases.c.id == self.case).values(version=row.version + 1))
        self.task = following


def wal(engine: Engine) -> int | None:
    """How far PostgreSQL's log has come, in bytes; None on SQLite."""
    if engine.dialect.name == "sqlite":
        return None
    with engine.connect() as db:
        return int(db.execute(text("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")).scalar_one())


def measure(engine: Engine, act: Callable[[str], Any], count: int) -> dict[str, Any]:
    """Do an act with fresh answers."""
    meter, chance = Meter(), random.Random(count)
    given = [json.dumps(models.answers("u1", chance)) for _ in range(count)]
    before = wal(engine)
    for each in given:
        meter.time(functools.partial(act, each))
    after = wal(engine)
    return meter.result(wal=None if before is None or after is None else (after - before) / count)


def main() -> None:
    """Do the plan."""
    wanted = plan()
    database = Database(wanted["database"])
    acts = {"insert": inserts(wanted["database"]), "core": Core(database).complete}
    for act in acts.values():
        measure(database.engine, act, 20)
    report({name: measure(database.engine, act, wanted["count"]) for name, act in acts.items()})


if __name__ == "__main__":
    main()
