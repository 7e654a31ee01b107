"""The worker: does what is due, again and again, until it is told to stop.

It sleeps until the next row is due, a second at most, so a timer fires at most two
seconds late. Any number of workers may run on one PostgreSQL; on SQLite each waits for
the one write lock. Nothing that goes wrong with one row keeps it from the others.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from engine import jobs
from engine.context import Engine
from engine.database import Database
from engine.errors import Busy, Unavailable

LONGEST_PAUSE_SECONDS = 1.0
AFTER_A_FAULT_SECONDS = 5.0
STOP_SECONDS = 10.0
Run = Callable[[threading.Event], None]
log = logging.getLogger(__name__)


class Worker:
    """Does due rows one after the other. `send` hands a message to the mail server, None where there is none."""

    def __init__(self, engine: Engine, database: Database, send: jobs.Send | None = None) -> None:
        self._engine, self._database, self._send = engine, database, send

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; the row in hand is finished first."""
        ready = False
        while not stop.is_set():
            try:
                if not ready:
                    prepare(self._engine, self._database)
                    ready = True
                pause = self._round()
            except (Busy, Unavailable) as refusal:
                log.warning("the worker waits: %s", refusal.en)
                pause = LONGEST_PAUSE_SECONDS
            except Exception:  # the worker outlives whatever goes wrong with one round
                log.exception("the worker's round failed")
                pause = AFTER_A_FAULT_SECONDS
            stop.wait(pause)

    def _round(self) -> float:
        """Do some due rows; how many seconds to sleep until there are more."""
        if jobs.run_due(self._engine, self._database, self._send):
            return 0.0
        following = jobs.next_due(self._engine, self._database, mail=self._send is not None)
        if following is None:
            return LONGEST_PAUSE_SECONDS
        seconds = (following - self._engine.clock.now()).total_seconds()
        return min(seconds, LONGEST_PAUSE_SECONDS) if seconds > 0 else LONGEST_PAUSE_SECONDS / 10


def for_database(engine: Engine, database: Database, send: jobs.Send | None = None) -> Run:
    """What to run until a stop event: Procrastinate's worker on PostgreSQL, our own on SQLite."""
    if database.sqlite:
        return Worker(engine, database, send).run
    from engine.procrastination import Distributed  # noqa: PLC0415 - only PostgreSQL has a use for its weight

    return Distributed(engine, database, send).run


def prepare(engine: Engine, database: Database) -> None:
    """What a worker makes sure of before it works."""
    with database.write() as db:
        jobs.begin_watch(engine.context(db))


def in_thread(run: Run) -> Callable[[], None]:
    """Run a worker beside the pages, in a thread of this process; returns how to stop it."""
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(stop,), name="worker", daemon=True)
    thread.start()

    def end() -> None:
        stop.set()
        thread.join(STOP_SECONDS)

    return end
