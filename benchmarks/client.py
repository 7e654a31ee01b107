"""Clerks at their browsers: log in by the real form, then list, show and submit, again and again, for some seconds.

Beside them programs that complete tasks over /engine-rest, and the posters of the floor.
"""

from __future__ import annotations

import http.client
import json
import random
import re
import threading
import time
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

from benchmarks import models
from benchmarks.meter import Meter, plan, quantile, report

HOST = "127.0.0.1"


class Clerk:
    """One client with its own connection, session and cases.

    `submit_only` leaves the reading out, and with it the cookie of the message that a next page would have shown.
    """

    def __init__(self, port: int, tasks: list[str], password: str, *, submit_only: bool) -> None:
        self.tasks, self.submit_only = tasks, submit_only
        self.chance = random.Random(tasks[0])
        self.listed, self.shown, self.submitted = Meter(), Meter(), Meter()
        self.cycles = 0
        self.cookies: dict[str, str] = {}
        self.keeps_cookies = True
        self.connection = http.client.HTTPConnection(HOST, port, timeout=20)
        self.token = self._csrf("/login")
        form = urlencode({"username": "it", "password": password, "csrf_token": self.token, "next": "/"})
        self._ask("POST", "/login", form, {"Content-Type": "application/x-www-form-urlencoded"}, wanted=303)
        self.token = self._csrf("/")
        self.keeps_cookies = not submit_only

    def work(self, until: float) -> None:
        """Do cycles until a moment of the monotonic clock."""
        while time.monotonic() < until:
            self.cycle()
            self.cycles += 1

    def cycle(self) -> None:
        """The worklist, one task with its form, its answers."""
        task = self.tasks.pop(0)
        if not self.submit_only:
            self.listed.time(lambda: self._ask("GET", "/"))
            self.shown.time(lambda: self._ask("GET", task))
        given = json.dumps({"answers": models.answers("u1", self.chance, decision="return")})
        headers = {"Content-Type": "application/json", "X-CSRFToken": self.token}
        said: list[str] = []
        self.submitted.time(lambda: said.append(self._ask("POST", task, given, headers)))
        self.tasks.append(json.loads(said[0])["next"])

    def _csrf(self, path: str) -> str:
        found = re.search(r'name="csrf-token" content="([^"]+)"', self._ask("GET", path))
        if found is None:
            raise AssertionError(f"{path} holds no CSRF token")
        return found[1]

    def _ask(
        self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None, wanted: int = 200
    ) -> str:
        kept = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        self.connection.request(method, path, body.encode() or None, {**kept, **(headers or {})})
        answer = self.connection.getresponse()
        text = answer.read().decode()
        if self.keeps_cookies:
            given = SimpleCookie(answer.headers.get("Set-Cookie") or "")
            self.cookies |= {name: morsel.value for name, morsel in given.items()}
        if answer.status != wanted:
            raise AssertionError(f"{method} {path} gave {answer.status}: {text[:300]}")
        return text


class Poster:
    """One client of the floor: posts answers, nothing else."""

    def __init__(self, port: int) -> None:
        self.chance, self.submitted = random.Random(port), Meter()
        self.connection = http.client.HTTPConnection(HOST, port, timeout=20)
        self.headers = {"Content-Type": "application/json"}

    def work(self, until: float) -> None:
        """Post until a moment of the monotonic clock, or until nothing is left to do."""
        while time.monotonic() < until and self.left():
            self.submitted.time(self.post)

    def left(self) -> bool:
        """True while there is something to do."""
        return True

    def post(self) -> None:
        """Post once."""
        self._send("/", {"answers": models.answers("u1", self.chance)}, 200)

    def _send(self, path: str, given: dict[str, Any], wanted: int) -> None:
        self.connection.request("POST", path, json.dumps(given), self.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != wanted:
            raise AssertionError(f"{path} gave {answer.status}: {text[:300]!r}")


class Program(Poster):
    """One client of /engine-rest: completes a task of a case of its own, nothing else."""

    def __init__(self, port: int, tasks: list[str], token: str) -> None:
        super().__init__(port)
        self.tasks = tasks
        self.headers["Authorization"] = f"Bearer {token}"

    def left(self) -> bool:
        """True while there are tasks."""
        return bool(self.tasks)

    def post(self) -> None:
        """Complete one task."""
        answers = models.answers("u1", self.chance, decision="return")
        given = {"variables": {name: {"value": value} for name, value in answers.items()}}
        self._send(f"/engine-rest/task/{self.tasks.pop()}/complete", given, 204)


def run(clerks: list[Clerk] | list[Poster], seconds: float) -> float:
    """All clients at once; returns how many seconds passed."""
    begun = time.monotonic()
    threads = [threading.Thread(target=clerk.work, args=(begun + seconds,), daemon=True) for clerk in clerks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 30)
    return time.monotonic() - begun


def main() -> None:
    """Do the plan."""
    wanted = plan()
    count, port = wanted["clients"], wanted["port"]
    share = [wanted.get("tasks", [])[number::count] for number in range(count)]
    if wanted.get("floor") or wanted.get("token"):
        posters = [Program(port, each, wanted["token"]) if each else Poster(port) for each in share]
        passed = run(posters, wanted["seconds"])
        report({"submits": sum(len(each.submitted.wall) for each in posters) / passed})
        return
    clerks = [Clerk(port, each, wanted["password"], submit_only="submit_only" in wanted) for each in share]
    for clerk in clerks:
        clerk.cycle()
    passed = run(clerks, wanted["seconds"])
    cycles = sum(clerk.cycles for clerk in clerks)
    result: dict[str, Any] = {"cycles": cycles / passed, "count": cycles}
    for name in ("listed", "shown", "submitted"):
        wall = [each for clerk in clerks for each in getattr(clerk, name).wall]
        if wall:
            result |= {f"{name}_p50": quantile(wall, 0.5) / 1_000, f"{name}_p95": quantile(wall, 0.95) / 1_000}
    result["tasks"] = [task for clerk in clerks for task in clerk.tasks]
    report(result)


if __name__ == "__main__":
    main()
