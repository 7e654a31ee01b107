"""A real Prasan for the tests: `flask --app app serve` as a process of its own, on an empty folder and a free port."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LONGEST_START_SECONDS = 60.0
POLL_SECONDS = 0.05
SET_BY_US = ("PRASAN_", "DATABASE_URL", "DATA_DIR", "PORT", "PYTHONWARNINGS", "FLASK_")


@contextlib.contextmanager
def running(folder: Path, **settings: str) -> Iterator[Server]:
    """A fresh Prasan with its demonstration; no fault may be in its log at the end."""
    server = Server(folder, **settings)
    try:
        server.start()
        yield server
    finally:
        server.stop()
    assert server.faults() == []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """The server, its printed accounts, and its database for looking into; `settings` come on top of the usual."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder, self.port, self._settings = folder, _free_port(), settings
        self.log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def accounts(self) -> list[str]:
        """The user names that were printed at start."""
        return self._printed(r"^accounts: (.+)$").split(", ")

    @property
    def password(self) -> str:
        """The password that was printed at start."""
        return self._printed(r"^password: (\S+)")

    def start(self) -> None:
        """Start, and wait until the health page answers."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith(SET_BY_US)}
        environment |= {"DATA_DIR": str(self.folder), "PORT": str(self.port), "PYTHONUNBUFFERED": "1"}
        environment |= self._settings
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "app", "serve"],
                cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        pause, tries = threading.Event(), int(LONGEST_START_SECONDS / POLL_SECONDS)
        for _ in range(tries):
            if self._process.poll() is None and self._is_healthy():
                return
            assert self._process.poll() is None, self.log.read_text()
            pause.wait(POLL_SECONDS)
        raise TimeoutError(self.log.read_text())

    def kill(self) -> None:
        """SIGKILL to all of its processes: no time to finish anything."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, as an operator stops it."""
        self._end(signal.SIGTERM)

    def query(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Rows of a statement, straight from the database."""
        connection = sqlite3.connect(self.folder / "prasan.db", timeout=10)
        connection.row_factory = sqlite3.Row
        try:
            with connection:
                return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    def forget_sessions(self) -> None:
        """Everybody has been idle for a day: their sessions are over, their cookies are still there."""
        self.query("UPDATE sessions SET seen_at = '2000-01-01 00:00:00.000000'")

    def faults(self) -> list[str]:
        """Lines of the log that tell of a fault."""
        return [line for line in self.log.read_text().splitlines() if re.search(r"Traceback|ERROR|CRITICAL", line)]

    def _printed(self, pattern: str) -> str:
        found = re.search(pattern, self.log.read_text(), re.MULTILINE)
        assert found, self.log.read_text()
        return found[1]

    def _is_healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
        self._process.wait(timeout=20)
        self._process = None
