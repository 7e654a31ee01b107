"""Workers on many machines: Procrastinate, a task queue in PostgreSQL, runs our due rows.

Our rows stay the truth. A trigger on `jobs` defers a task for every row that falls due, in
the very transaction that makes it due, for its moment and with its priority; a task does
its row if it is still due, so a task too many does nothing. A sweep does what no task came
for and clears the tasks of workers that died. Retries are ours (see engine.jobs).
"""

from __future__ import annotations

import asyncio
import functools
import logging
import re
import threading
from importlib import metadata, resources
from typing import Any

import procrastinate
from procrastinate import jobs as tasks
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, text

from engine import jobs
from engine.context import Engine
from engine.database import Database
from engine.polling import AFTER_A_FAULT_SECONDS, STOP_SECONDS, prepare

QUEUE, DO, SWEEP = "due", "prasan.do", "prasan.sweep"
CONCURRENCY = 4
POLL_SECONDS, STOP_POLL_SECONDS = 1.0, 0.1
SWEEP_EVERY = "* * * * * */5"  # the sixth field is seconds
DEAD_AFTER_SECONDS = 30.0
BUSY_TRIES, BUSY_PAUSE_SECONDS = 20, 0.1
CONNECTIONS = CONCURRENCY + 3  # one listens, one beats, one polls
log = logging.getLogger(__name__)

WAKE = f"""
CREATE OR REPLACE FUNCTION prasan_wake() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM procrastinate_defer_jobs_v1(ARRAY[ROW('{QUEUE}', '{DO}', NEW.priority, NULL, NULL,
        jsonb_build_object('job', NEW.id), NEW.due_at)::procrastinate_job_to_defer_v1]);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER prasan_wake AFTER INSERT OR UPDATE OF due_at, status ON jobs
    FOR EACH ROW WHEN (NEW.status = 'due') EXECUTE FUNCTION prasan_wake();
"""


# --- the schema ---------------------------------------------------------------------------------


def install(db: Connection) -> None:
    """Create Procrastinate's tables and our trigger, or bring them to the version that is installed."""
    version = metadata.version("procrastinate")
    found = _version(db)
    scripts = [SchemaManager.get_schema()] if found is None else _upgrades(found, version)
    driver: Any = db.connection.driver_connection  # the driver itself takes many statements at once
    for script in [*scripts, WAKE, f"COMMENT ON TABLE procrastinate_jobs IS '{version}'"]:
        driver.execute(script)


def _version(db: Connection) -> str | None:
    """The version whose tables stand in the database, None where there are none."""
    query = "SELECT obj_description(to_regclass('procrastinate_jobs'))"
    return db.execute(text(query)).scalar()


def _upgrades(before: str, now: str) -> list[str]:
    """Procrastinate's own migrations after one version, up to another, in order."""
    folder = resources.files("procrastinate.sql") / "migrations"
    named = sorted((file.name, file) for file in folder.iterdir() if file.name.endswith(".sql"))
    return [file.read_text("utf-8") for name, file in named if _number(before) < _number(name) <= _number(now)]


def _number(name: str) -> tuple[int, ...]:
    """3.10.0 and 03.10.00_01_pre_x.sql alike as (3, 10, 0)."""
    return tuple(int(part) for part in re.findall(r"\d+", name.partition("_")[0])[:3])


# --- the worker ---------------------------------------------------------------------------------


class Distributed:
    """A worker process among others: `concurrency` due rows at a time, picked up as soon as they are committed."""

    def __init__(
        self, engine: Engine, database: Database, send: jobs.Send | None = None, concurrency: int = CONCURRENCY
    ) -> None:
        self._engine, self._database, self._send, self._concurrency = engine, database, send, concurrency

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; rows in hand are finished first. A database that is away is waited for."""
        while not stop.is_set():
            try:
                prepare(self._engine, self._database)
                asyncio.run(self._serve(stop))
            except Exception:  # the worker outlives whatever goes wrong
                log.exception("the worker lost its database")
                stop.wait(AFTER_A_FAULT_SECONDS)

    async def _serve(self, stop: threading.Event) -> None:
        app = self._app(stop)
        async with app.open_async():
            serving = asyncio.create_task(
                app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=self._concurrency,
                    fetch_job_polling_interval=POLL_SECONDS,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=STOP_SECONDS,
                    stalled_worker_timeout=DEAD_AFTER_SECONDS,
                )
            )
            while not stop.is_set() and not serving.done():
                await asyncio.sleep(STOP_POLL_SECONDS)
            serving.cancel()  # graceful: Procrastinate waits for what is in hand
            await asyncio.gather(serving, return_exceptions=stop.is_set())

    def _app(self, stop: threading.Event) -> procrastinate.App:
        address = self._database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        connector = procrastinate.PsycopgConnector(conninfo=address, min_size=2, max_size=CONNECTIONS)
        app = procrastinate.App(connector=connector)
        app.task(name=DO, queue=QUEUE)(functools.partial(self._do, stop))
        sweep = app.task(name=SWEEP, queue=QUEUE, queueing_lock=SWEEP)(functools.partial(self._sweep, app))
        app.periodic(cron=SWEEP_EVERY)(sweep)
        return app

    def _do(self, stop: threading.Event, job: str) -> None:
        """Do one row; while somebody else works on its case, try again for a moment, then leave it to the sweep."""
        for _ in range(BUSY_TRIES):
            outcome = jobs.run_one(self._engine, self._database, job, self._send)
            if outcome is not jobs.Outcome.ELSEWHERE or stop.wait(BUSY_PAUSE_SECONDS):
                return

    async def _sweep(self, app: procrastinate.App, timestamp: int) -> None:
        """Do what no task came for, and forget the tasks of dead workers: their rows are due as before."""
        await asyncio.to_thread(jobs.run_due, self._engine, self._database, self._send)
        for stalled in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_SECONDS):
            await app.job_manager.finish_job(stalled, tasks.Status.FAILED, delete_job=True)
