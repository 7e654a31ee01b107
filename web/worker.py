"""The worker: does due jobs, timers and outgoing mail, once a second, until it is told to stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from engine import jobs
from web.mail import MailServer
from web.request import Site

EVERY_SECONDS = 1.0
AFTER_A_FAULT_SECONDS = 10.0
log = logging.getLogger(__name__)


def run(parts: Site, stop: threading.Event) -> None:
    """Work until `stop` is set; a database that is away is waited for."""
    settings = parts.settings
    send = MailServer(settings.smtp, settings.mail_from).send if settings.smtp else None
    while not stop.is_set():
        try:
            jobs.run_due(parts.engine, parts.database, send)
            pause = EVERY_SECONDS
        except Exception:  # the worker outlives whatever goes wrong with one round
            log.exception("the worker's round failed")
            pause = AFTER_A_FAULT_SECONDS
        stop.wait(pause)


def start(parts: Site) -> Callable[[], None]:
    """Run the worker in a thread of this process; returns how to stop it."""
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(parts, stop), name="worker", daemon=True)
    thread.start()

    def end() -> None:
        stop.set()
        thread.join(timeout=5)

    return end
