"""How fast due rows are done: our own SKIP LOCKED worker beside Procrastinate, on the same rows.

A row is a handler that failed and is due again; doing it takes the case on to its next
task. `python -m benchmarks.jobs [ROWS]` starts a PostgreSQL of its own and prints a table.
"""

from __future__ import annotations

import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import yaml
from sqlalchemy import func, select, update

from engine import project
from engine.calendar import SystemClock
from engine.database import Database
from engine.polling import Worker
from engine.procrastination import Distributed
from engine.replay import BEGIN, FOLDER, Stage
from engine.tables import jobs
from handlers import topics
from tests.conftest import Office
from tests.faults.scenes import new_link, with_due_job
from tests.postgres import Cluster, PostgresStage

ROUNDS, ROWS = 3, "rows"
FORK = multiprocessing.get_context("fork")
Make = Callable[..., Worker | Distributed]


def prepare(stage: Stage, rows: int, answers: Mapping[str, Any]) -> None:
    """A database in which so many rows wait for next year."""
    database, engine = stage.copy(ROWS, BEGIN)
    office = Office(database, engine, answers)
    for _ in range(rows):
        with_due_job(office, new_link(office))  # of its own, so that no row waits for another
    with database.write() as db:
        db.execute(update(jobs).values(due_at=SystemClock().now() + timedelta(days=365)))
    database.close()


def measured(stage: Stage, make: Make, processes: int, rows: int) -> float:
    """Rows per second, from the moment at which they all fall due."""
    stage.duplicate("run", of=ROWS)
    database, _ = stage.open("run", BEGIN)
    stop = FORK.Event()
    work = [FORK.Process(target=_work, args=(stage, make, stop)) for _ in range(processes)]
    for process in work:
        process.start()
    time.sleep(3)  # they are up and have found nothing
    with database.write() as db:
        db.execute(update(jobs).where(jobs.c.kind == "topic").values(due_at=SystemClock().now()))
    begun = time.perf_counter()
    while _left(database):
        time.sleep(0.02)
    spent = time.perf_counter() - begun
    stop.set()
    for process in work:
        process.join()
    database.close()
    stage.remove("run")
    return rows / spent


def _work(stage: Stage, make: Make, stop: Any) -> None:
    database, engine = stage.open("run", BEGIN)
    make(replace(engine, clock=SystemClock()), database).run(stop)


def _left(database: Database) -> int:
    with database.read() as db:
        query = select(func.count()).select_from(jobs).where(jobs.c.kind == "topic")
        return int(db.execute(query).scalar_one())


PLAN: list[tuple[str, str, int, Make]] = [
    ("SQLite", "ours, 1 process", 1, Worker),
    ("PostgreSQL", "ours, 1 process", 1, Worker),
    ("PostgreSQL", "ours, 2 processes", 2, Worker),
    ("PostgreSQL", "Procrastinate, 1 process, 1 at a time", 1, partial(Distributed, concurrency=1)),
    ("PostgreSQL", "Procrastinate, 1 process, 4 at a time", 1, Distributed),
    ("PostgreSQL", "Procrastinate, 2 processes, 4 at a time", 2, Distributed),
]


def run(rows: int) -> None:
    """Measure every worker in turn, several times, and print medians."""
    answers = yaml.safe_load((FOLDER / "answers.yaml").read_text("utf-8"))
    cluster = Cluster()
    stages: dict[str, Stage] = {
        "SQLite": Stage(topics(), project.files()),
        "PostgreSQL": PostgresStage(cluster, topics(), project.files()),
    }
    for stage in stages.values():
        prepare(stage, rows, answers)
    found: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for base, name, processes, make in PLAN:
            found.setdefault(f"{base} | {name}", []).append(measured(stages[base], make, processes, rows))
    print(f"| database | worker | jobs/s (median of {ROUNDS}, {rows} rows) | lowest - highest |\n|---|---|--:|--:|")
    for line, rates in found.items():
        print(f"| {line} | {statistics.median(rates):.0f} | {min(rates):.0f} - {max(rates):.0f} |")
    for stage in stages.values():
        stage.close()
    cluster.close()


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
