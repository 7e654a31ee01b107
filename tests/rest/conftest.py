"""Programs that call /engine-rest: in this process on both databases, and over HTTP on a real server."""

from __future__ import annotations

import base64
import http.client
import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask

from app import create_app
from engine import access_tokens, definitions, people
from engine.calendar import SystemClock, WorkCalendar
from engine.context import Context, Engine
from engine.database import Database
from engine.library import Library
from handlers import topics
from tests.browser.server import Server, running
from tests.conftest import Office
from web.request import Site

FOLDER = Path(__file__).parent
CLIENT = FOLDER / "client"
TOPIC = "look-up-partner"
FILES = {name: (FOLDER / name).read_bytes() for name in ("outside.bpmn", "outside.form")}
SECRET = "a secret of the tests, 0123456789 abcdef"


def basic(username: str, secret: str) -> dict[str, str]:
    """The header of Basic authentication."""
    return {"Authorization": "Basic " + base64.b64encode(f"{username}:{secret}".encode()).decode()}


# --- in this process, on both databases -----------------------------------------------------------


class Caller:
    """A program that acts for an account, with an access token of its own."""

    def __init__(self, app: Flask, headers: Mapping[str, str]) -> None:
        self._client, self.headers = app.test_client(use_cookies=False), dict(headers)

    def asks(self, path: str, **query: Any) -> Any:
        """GET."""
        return self._client.get(f"/engine-rest{path}", query_string=query or None, headers=self.headers)

    def sends(self, path: str, given: Any = None, method: str = "POST", **query: Any) -> Any:
        """A JSON body."""
        path = f"/engine-rest{path}"
        return self._client.open(path, method=method, json=given or {}, query_string=query, headers=self.headers)

    def fetches(self, worker: str = "w1", topic: str = TOPIC, lock: int = 60_000, **more: Any) -> list[Any]:
        """Fetch and lock steps of one topic."""
        wanted = [{"topicName": topic, "lockDuration": lock, **more}]
        answer = self.sends("/external-task/fetchAndLock", {"workerId": worker, "maxTasks": 10, "topics": wanted})
        assert answer.status_code == 200, answer.text
        found: list[Any] = answer.json
        return found

    def opens(self, **variables: Any) -> str:
        """Open a case of the outside process; returns its id."""
        given = {"variables": {name: {"value": value} for name, value in {"partner": "ก", **variables}.items()}}
        answer = self.sends("/process-definition/key/outside/start", given)
        assert answer.status_code == 200, answer.text
        return str(answer.json["id"])


class Desk:
    """The application on one of the databases, with the outside process deployed."""

    def __init__(self, app: Flask, office: Office) -> None:
        self.app, self.office = app, office

    def does(self, act: Callable[[Context], Any]) -> Any:
        """One command."""
        with self.office.database.write() as db:
            return act(self.office.context(db))

    def token(self, username: str) -> str:
        """A new access token of an account."""
        person = self.office.person(username)
        return str(self.does(lambda ctx: access_tokens.create(ctx, person, "test")))

    def caller(self, username: str) -> Caller:
        """A program that acts for an account."""
        return Caller(self.app, {"Authorization": f"Bearer {self.token(username)}"})


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application, without a database of its own."""
    folder = tmp_path_factory.mktemp("rest")
    return create_app({"PRASAN_SECRET": SECRET, "PRASAN_DEMO": "1", "DATA_DIR": str(folder)})


@pytest.fixture
def desk(app: Flask, office: Office) -> Iterator[Desk]:
    """The application on a fresh copy of the prepared organisation, once on each database."""
    alone = app.extensions["prasan"]
    app.extensions["prasan"] = replace(alone, database=office.database, engine=office.engine)
    assert isinstance(app.extensions["prasan"], Site)
    made = Desk(app, office)
    made.does(lambda ctx: definitions.deploy(ctx, FILES, "process-owner", "outside"))
    yield made
    app.extensions["prasan"] = alone


@pytest.fixture
def worker(desk: Desk) -> Caller:
    """An outside worker."""
    return desk.caller("worker")


# --- a real server --------------------------------------------------------------------------------


class Answer(NamedTuple):
    """What came back over HTTP."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        """The body, which must be plain JSON; the JavaScript client reads nothing else."""
        assert self.headers["content-type"] == "application/json"
        return json.loads(self.raw)


class House:
    """A running Prasan with its demonstration and the outside process."""

    def __init__(self, server: Server) -> None:
        self.server, self.url = server, f"{server.url}/engine-rest"
        self.database = Database(f"sqlite:///{server.folder / 'prasan.db'}")
        self.engine = Engine(topics(), Library(), SystemClock(), WorkCalendar())
        self.tokens: dict[str, str] = {}

    def token(self, username: str) -> str:
        """An access token of an account, the same one for every test."""
        if username not in self.tokens:
            with self.database.write() as db:
                ctx = self.engine.context(db)
                person = people.by_username(ctx, username)
                assert person is not None
                self.tokens[username] = access_tokens.create(ctx, person, "test")
        return self.tokens[username]

    def calls(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request, exactly as given."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def asks(self, username: str, path: str) -> Any:
        """GET for an account."""
        answer = self.calls("GET", f"/engine-rest{path}", None, basic(username, self.token(username)))
        assert answer.status == 200, answer.raw
        return answer.json

    def sends(self, username: str, path: str, given: Any, method: str = "POST") -> Answer:
        """A JSON body for an account."""
        headers = {**basic(username, self.token(username)), "Content-Type": "application/json"}
        return self.calls(method, f"/engine-rest{path}", json.dumps(given).encode(), headers)

    def opens(self, **variables: Any) -> str:
        """Open a case of the outside process; returns its id."""
        given = {"variables": {name: {"value": value} for name, value in {"partner": "ก", **variables}.items()}}
        return str(self.sends("worker", "/process-definition/key/outside/start", given).json["id"])

    def data(self, case: str) -> dict[str, Any]:
        """Values of a case."""
        found = self.asks("admin", f"/process-instance/{case}/variables")
        return {name: variable["value"] for name, variable in found.items()}

    def waits_at(self, case: str) -> list[str]:
        """Elements where a case waits for people."""
        return [task["taskDefinitionKey"] for task in self.asks("admin", f"/task?processInstanceId={case}")]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One house for all tests of a module."""
    with running(tmp_path_factory.mktemp("rest-server")) as server:
        made = House(server)
        with made.database.write() as db:
            definitions.deploy(made.engine.context(db), FILES, "process-owner", "outside")
        yield made
        made.database.close()


@pytest.fixture(scope="session")
def npm() -> Path:
    """The folder of the JavaScript client, installed where the lock file asks for another version."""
    wanted = json.loads((CLIENT / "package-lock.json").read_text())["packages"]
    installed = CLIENT / "node_modules" / ".package-lock.json"
    known = json.loads(installed.read_text())["packages"] if installed.exists() else {}
    if known != {name: each for name, each in wanted.items() if name}:
        install = ["npm", "ci", "--no-progress", "--no-update-notifier", "--loglevel=error"]
        subprocess.run(install, cwd=CLIENT, check=True)
    return CLIENT
