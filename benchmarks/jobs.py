"""How fast due rows are done: our own SKIP LOCKED worker beside Procrastinate, on the same rows.

A row is a handler that failed and is due again; doing it takes the case on to its next
task. `python -m benchmarks.jobs [ROWS]` starts a PostgreSQL of its own and prints a table.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import yaml
from sqlalchemy import func, select, update

from engine import project
from engine.calendar import SystemClock
from engine.database import Database
from engine.procrastination import Distributed
from engine.replay import BEGIN, FOLDER, Stage
from engine.tables import jobs
from engine.worker import Worker
from handlers import topics
from tests.conftest import Office
from tests.faults.scenes import with_due_job
from tests.postgres import Cluster, PostgresStage

ROUNDS = 3
Run = Callable[[threading.Event], None]


def prepared(stage: Stage, name: str, rows: int, answers: Mapping[str, Any]) -> Office:
    """A database in which so many rows are due at once, but not yet."""
    database, engine = stage.copy(name, BEGIN)
    office = Office(database, replace(engine, clock=SystemClock()), answers)
    for _ in range(rows):
        with_due_job(Office(database, engine, answers))
    later = SystemClock().now().replace(year=SystemClock().now().year + 1)
    with database.write() as db:
        db.execute(update(jobs).values(due_at=later))
    return office


def measured(office: Office, runs: list[Run], rows: int) -> float:
    """Rows per second, from the moment at which they fall due."""
    stop = threading.Event()
    threads = [threading.Thread(target=run, args=(stop,)) for run in runs]
    for thread in threads:
        thread.start()
    time.sleep(2)  # they are up and have found nothing
    with office.database.write() as db:
        db.execute(update(jobs).where(jobs.c.kind == "topic").values(due_at=SystemClock().now()))
    begun = time.perf_counter()
    while _left(office.database):
        time.sleep(0.02)
    spent = time.perf_counter() - begun
    stop.set()
    for thread in threads:
        thread.join()
    return rows / spent


def _left(database: Database) -> int:
    with database.read() as db:
        query = select(func.count()).select_from(jobs).where(jobs.c.kind == "topic")
        return int(db.execute(query).scalar_one())


def workers(office: Office, name: str) -> list[Run]:
    """The workers of a row of the table."""
    if name == "Procrastinate, 4 at a time":
        return [Distributed(office.engine, office.database).run]
    if name == "Procrastinate, 1 at a time":
        return [Distributed(office.engine, office.database, concurrency=1).run]
    return [Worker(office.engine, office.database).run for _ in range(int(name.split()[1]))]


def run(rows: int) -> None:
    """Measure every worker in turn, several times, and print medians."""
    answers = yaml.safe_load((FOLDER / "answers.yaml").read_text("utf-8"))
    cluster = Cluster()
    stages: dict[str, Stage] = {
        "SQLite": Stage(topics(), project.files()),
        "PostgreSQL": PostgresStage(cluster, topics(), project.files()),
    }
    plan = [
        ("SQLite", "ours, 1 thread"),
        ("PostgreSQL", "ours, 1 thread"),
        ("PostgreSQL", "ours, 4 threads"),
        ("PostgreSQL", "Procrastinate, 1 at a time"),
        ("PostgreSQL", "Procrastinate, 4 at a time"),
    ]
    found: dict[tuple[str, str], list[float]] = {line: [] for line in plan}
    for number in range(ROUNDS):
        for base, name in plan:
            key = f"jobs-{number}-{abs(hash(name))}"
            office = prepared(stages[base], key, rows, answers)
            found[base, name].append(measured(office, workers(office, name), rows))
            office.database.close()
            stages[base].remove(key)
    print(f"| database | worker | jobs/s (median of {ROUNDS}, {rows} rows) | lowest - highest |\n|---|---|--:|--:|")
    for (base, name), rates in found.items():
        print(f"| {base} | {name} | {statistics.median(rates):.0f} | {min(rates):.0f} - {max(rates):.0f} |")
    for stage in stages.values():
        stage.close()
    cluster.close()


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
