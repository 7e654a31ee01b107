"""Our own worker: does what is due, again and again, until it is told to stop.

It sleeps until the next row is due, a second at most, so a timer fires at most two
seconds late. Nothing that goes wrong with one row keeps it from the others.
"""

from __future__ import annotations

import logging
import threading

from engine import jobs
from engine.context import Engine
from engine.database import Database
from engine.errors import Busy, Unavailable

LONGEST_PAUSE_SECONDS = 1.0
AFTER_A_FAULT_SECONDS = 5.0
STOP_SECONDS = 10.0
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


def prepare(engine: Engine, database: Database) -> None:
    """What a worker makes sure of before it works."""
    with database.write() as db:
        jobs.begin_watch(engine.context(db))
