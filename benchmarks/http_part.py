"""Prasan over HTTP: gunicorn with two processes per core, clerks and programs in a process of their own.

Loopback only; every request loop is bounded in time, and the server is always stopped.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from benchmarks import floor, models
from benchmarks.ours import Office
from benchmarks.run import FOLDER, run
from engine import access_tokens, definitions, demo
from engine.context import Engine
from engine.database import Database
from engine.library import Library
from engine.topics import Topics

WORKERS, THREADS = 4, 4
CLIENTS = (1, 4, 16)
SPARE_PER_SECOND = 700  # open tasks kept for programs, which are not told what comes next
START_SECONDS, STOP_SECONDS = 20, 15
Found: TypeAlias = dict[str, Any]


def measure(folder: Path, seconds: float, rounds: int, cases: int, postgres: dict[str, str]) -> Found:
    """Cycles per second by number of clients, memory of a web process, and completions against the floor.

    Every round asks everything once, for some seconds, in a random order.
    """
    sqlite = {name: f"sqlite:///{folder / name}.db" for name in ("web", "web_floor")}
    result = _place(sqlite, folder, seconds, rounds, cases, CLIENTS)
    if postgres:
        urls = {"web": postgres["web"], "web_floor": postgres["floor"]}
        result["postgresql"] = _place(urls, folder, seconds, rounds, cases, ())
    return result


def _place(
    urls: dict[str, str], folder: Path, seconds: float, rounds: int, cases: int, clients: tuple[int, ...]
) -> Found:
    """What is measured on one database."""
    token = _prepare(urls["web"])
    floor.inserts(urls["web_floor"])  # makes the table before several threads would
    environment = {"DATABASE_URL": urls["web"], "DATA_DIR": str(folder / "web"), "PRASAN_DEMO": "1"}
    with (
        _serving("app:create_app()", environment) as (port, server),
        _serving("benchmarks.floor_app:create_app()", {"DATABASE_URL": urls["web_floor"]}) as (floor_port, _),
    ):
        house = _House(urls["web"], port, floor_port, token, seconds, cases)
        cycles = [house.clerks(clients) for _ in range(rounds if clients else 0)]
        completions = [house.completions() for _ in range(rounds)]
        return {
            **{f"clients_{count}": _medians([each[count] for each in cycles]) for count in clients},
            **_medians(completions),
            "rss": _resident(server.pid),
        }


@dataclass
class _House:
    """Both servers, and those who ask them."""

    url: str
    port: int
    floor_port: int
    token: str
    seconds: float
    cases: int

    def __post_init__(self) -> None:
        self.pages = [f"/tasks/{each}" for each in _open(self.url, self.cases)]

    def clerks(self, clients: tuple[int, ...]) -> dict[int, Found]:
        """List, show and submit, by so many clerks."""
        return {count: self._clerks(count) for count in random.sample(clients, len(clients))}

    def _clerks(self, count: int, **more: Any) -> Found:
        asked = {"port": self.port, "clients": count, "seconds": self.seconds, "password": demo.PASSWORD}
        found = run("client", {**asked, "tasks": self.pages, **more})
        self.pages = found.pop("tasks")
        return found

    def completions(self) -> Found:
        """Completions alone, by four clerks and by four programs, and the floor; a second, with their shares of it."""
        asked = {"clients": 4, "seconds": self.seconds}
        spare = _open(self.url, int(SPARE_PER_SECOND * self.seconds))
        acts: dict[str, Callable[[], float]] = {
            "submits": lambda: self._clerks(4, submit_only=True)["cycles"],
            "rest": lambda: run("client", {**asked, "port": self.port, "tasks": spare, "token": self.token})["submits"],
            "floor": lambda: run("client", {**asked, "port": self.floor_port, "floor": True})["submits"],
        }
        found = {name: acts[name]() for name in random.sample(sorted(acts), len(acts))}
        shares = {f"{name}_share": found[name] / found["floor"] for name in ("submits", "rest")}
        return {**found, **shares}


def _medians(found: list[Found]) -> Found:
    return {name: statistics.median(each[name] for each in found) for name in found[0]}


def _prepare(url: str) -> str:
    """The demonstration's people and a form that can be sent back for ever; returns a program's token."""
    database, engine = Database(url), Engine(Topics(), Library())
    database.migrate()
    with database.write() as db:
        ctx = engine.context(db)
        demo.load(ctx)
        definitions.deploy(ctx, models.files("w3"), "bench", "bench")
    office = Office(url)
    with database.write() as db:
        token = access_tokens.create(engine.context(db), office.people["it_dept"], "bench")
    database.close()
    office.database.close()
    return token


def _open(url: str, cases: int) -> list[str]:
    """So many new cases; returns the ids of their open tasks."""
    office = Office(url)
    found = [task.id for _ in range(cases) for task in office.open(office.start("bench_w3"))]
    office.database.close()
    return found


@contextmanager
def _serving(application: str, environment: dict[str, str]) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port = _free_port()
    command = [
        sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS),
        "--worker-class", "gthread", "--threads", str(THREADS), "--keep-alive", "30", "--log-level", "warning",
        "--no-control-socket", "--config", "python:benchmarks.serving",
        application,
    ]
    server = subprocess.Popen(  # noqa: S603 - our own program
        command, cwd=FOLDER, env={**os.environ, **environment}, stdin=subprocess.DEVNULL
    )
    try:
        _wait(port, server)
        yield port, server
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/login", timeout=2).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the web application did not start")


def _resident(master: int) -> float:
    """The largest resident set among the workers, in MB."""
    workers = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    sizes = [int(Path(f"/proc/{pid}/status").read_text().partition("VmRSS:")[2].split()[0]) for pid in workers]
    return max(sizes) / 1_024
