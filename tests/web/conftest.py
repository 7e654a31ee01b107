"""People with verbs: `it = login("it")`, `it.opens(url)`, `it.completes("S1")`, on a database of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Executable
from werkzeug.test import TestResponse

from app import create_app
from engine import demo, people, sessions, todo, views
from engine.calendar import FixedClock
from engine.context import Context, Engine
from engine.database import Database
from tests.conftest import Office
from web.request import CSRF, TOKEN, WHO, Site

SECRET = "a secret of the tests, 0123456789 abcdef"


class House:
    """The application on its own database, with a clock that stands still."""

    def __init__(self, app: Flask, parts: Site, clock: FixedClock, answers: Mapping[str, Any]) -> None:
        self.app, self.parts, self.clock, self.answers = app, parts, clock, answers

    @property
    def database(self) -> Database:
        return self.parts.database

    @property
    def engine(self) -> Engine:
        return self.parts.engine

    def reads(self, question: Callable[[Context], Any]) -> Any:
        with self.database.read() as db:
            return question(self.engine.context(db))

    def does(self, act: Callable[[Context], Any]) -> Any:
        with self.database.write() as db:
            return act(self.engine.context(db))

    def runs(self, statement: Executable) -> None:
        with self.database.write() as db:
            db.execute(statement)


class Actor:
    """Somebody at a browser."""

    def __init__(self, house: House, username: str) -> None:
        self.house, self.username, self.client = house, username, house.app.test_client()

    def logs_in(self, password: str = demo.PASSWORD, **form: str) -> TestResponse:
        """With the password, through the page."""
        return self.posts("/login", username=self.username, password=password, **form)

    def is_logged_in(self) -> Actor:
        """Without the password check, which is slow on purpose."""
        person = self.person
        token = self.house.does(lambda ctx: sessions.start(ctx, person.id))
        with self.client.session_transaction() as cookie:
            cookie[TOKEN], cookie[WHO] = token, person.id
        return self

    @property
    def person(self) -> people.Person:
        found = self.house.reads(lambda ctx: people.by_username(ctx, self.username))
        assert isinstance(found, people.Person)
        return found

    def opens(self, url: str, **headers: str) -> TestResponse:
        return self.client.get(url, headers=headers, buffered=True)

    def csrf(self) -> str:
        """The token that a page of this browser holds."""
        page = self.client.get("/login", follow_redirects=True).text
        found = re.search(r'<meta name="csrf-token" content="([^"]+)"', page)
        assert found
        return found[1]

    def posts(self, url: str, method: str = "POST", **form: Any) -> TestResponse:
        return self.client.open(url, method=method, data={**form, CSRF: self.csrf()}, buffered=True)

    def sends(self, url: str, answers: Any, method: str = "POST") -> TestResponse:
        """As the page's script does."""
        return self.client.open(url, method=method, json={"answers": answers}, headers={"X-CSRFToken": self.csrf()})

    def starts(self, process: str) -> str:
        """Open a case; returns its number."""
        assert self.posts(f"/start/{process}").status_code == 303
        rows, _ = self.house.reads(lambda ctx: views.case_list(ctx, self.person, process=process))
        return str(max(row.number for row in rows))

    def task(self, element: str, item: str | None = None) -> str:
        """Id of my open task of an element."""
        rows = self.house.reads(lambda ctx: todo.worklist(ctx, self.person)).rows
        return str(next(row.id for row in rows if row.element == element and item in (None, row.item)))

    def completes(self, element: str, item: str | None = None, **answers: Any) -> TestResponse:
        """Do a task with the usual answers of its form; an answer of None is left out."""
        task = self.task(element, item)
        view = self.house.reads(lambda ctx: views.task(ctx, task, self.person))
        usual = self.house.answers.get(view.form.id, {}) if view.form else {}
        given = {key: value for key, value in {**usual, **answers}.items() if value is not None}
        return self.sends(f"/tasks/{task}", given)


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application, without a database of its own."""
    folder = tmp_path_factory.mktemp("web")
    return create_app({"PRASAN_SECRET": SECRET, "PRASAN_DEMO": "1", "DATA_DIR": str(folder)})


@pytest.fixture
def house(app: Flask, office: Office, answers: Mapping[str, Any]) -> Iterator[House]:
    """The application on a fresh copy of the prepared organisation."""
    alone = app.extensions["prasan"]
    app.extensions["prasan"] = parts = replace(alone, database=office.database, engine=office.engine)
    yield House(app, parts, office.clock, answers)
    app.extensions["prasan"] = alone


@pytest.fixture
def visitor(house: House) -> Callable[[str], Actor]:
    """Somebody who has not logged in."""
    return lambda username: Actor(house, username)


@pytest.fixture
def login(house: House) -> Callable[[str], Actor]:
    """Somebody who has logged in."""
    return lambda username: Actor(house, username).is_logged_in()
