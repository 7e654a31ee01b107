"""Ends a process in which a handler hangs: a thread of Python cannot be cut, a process can.

The database rolls the handler's transaction back, so nothing is half written and no lock
is left; whoever started the process starts it again, and the row's next worker counts the
try (see jobs). Only processes that serve or work keep a watchdog.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

LOOKS_PER_LIMIT = 10
_running: dict[object, tuple[str, float]] = {}
log = logging.getLogger(__name__)


@contextmanager
def watched(name: str) -> Iterator[None]:
    """Whatever runs inside must come to its end in time."""
    call = object()
    _running[call] = name, time.monotonic()
    try:
        yield
    finally:
        del _running[call]


def start(limit: float) -> None:
    """From now on, end this process when something watched takes longer than `limit` seconds."""
    threading.Thread(target=_watch, args=(limit,), name="watchdog", daemon=True).start()


def _watch(limit: float) -> None:
    late: list[str] = []
    while not late:
        time.sleep(limit / LOOKS_PER_LIMIT)
        late = [name for name, since in list(_running.values()) if time.monotonic() - since > limit]
    log.critical("%s runs longer than %s seconds, this process ends", ", ".join(late), limit)
    faulthandler.dump_traceback()  # where it hangs
    os._exit(1)
