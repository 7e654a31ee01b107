"""Who runs due rows: our own worker on SQLite, Procrastinate's on PostgreSQL, any number on any machine.

On SQLite each waits for the one write lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from engine import jobs, polling
from engine.context import Engine
from engine.database import Database

Run = Callable[[threading.Event], None]


def for_database(engine: Engine, database: Database, send: jobs.Send | None = None) -> Run:
    """What to run until a stop event: Procrastinate's worker on PostgreSQL, our own on SQLite."""
    if database.sqlite:
        return polling.Worker(engine, database, send).run
    from engine.procrastination import Distributed  # noqa: PLC0415 - only PostgreSQL has a use for its weight

    return Distributed(engine, database, send).run


def in_thread(run: Run) -> Callable[[], None]:
    """Run a worker beside the pages, in a thread of this process; returns how to stop it."""
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(stop,), name="worker", daemon=True)
    thread.start()

    def end() -> None:
        stop.set()
        thread.join(polling.STOP_SECONDS)

    return end
