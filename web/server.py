"""Serves the application with gunicorn, a worker beside it in every process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from engine import watchdog, worker
from engine.database import THREADS
from web.mail import sender
from web.request import Site

TURN_SECONDS = 0.0005


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Processes of many threads, all alike: what they keep in memory can be thrown away at any time."""

    def __init__(self, app: Flask, parts: Site) -> None:
        self._app, self._parts = app, parts
        self._stop: Callable[[], None] | None = None
        super().__init__()

    def load_config(self) -> None:
        """Settings of gunicorn."""
        settings = self._parts.settings
        values: dict[str, Any] = {
            "bind": f"{settings.host}:{settings.port}",
            "workers": settings.processes,
            "worker_class": "gthread",
            "threads": THREADS,
            "loglevel": "warning",
            "graceful_timeout": 10,
            "control_socket_disable": True,
            "post_worker_init": self._begin,
            "worker_exit": self._end,
            "proc_name": "prasan",
        }
        for name, value in values.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application; connections are not shared with the process that started us."""
        self._parts.database.close()
        return self._app

    def _begin(self, _: Any) -> None:
        take_turns()
        parts = self._parts
        watchdog.start(parts.settings.handler_seconds)
        run = worker.for_database(parts.engine, parts.database, sender(parts.settings))
        self._stop = worker.in_thread(run)

    def _end(self, _server: Any, _worker: Any) -> None:
        if self._stop:
            self._stop()


def take_turns() -> None:
    """Let threads change places often: whoever holds the database's lock shall not wait until another's page is drawn.

    With Python's own 5 ms, four clerks on two processes get half as many pages.
    """
    sys.setswitchinterval(TURN_SECONDS)
