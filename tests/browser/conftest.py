"""Fixtures of the browser tests: one Chromium, a real server per module, staff who log in with the printed accounts."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ViewportSize, expect, sync_playwright

from tests.browser.people import Person
from tests.browser.server import ROOT, Server, running

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE_MS = 15_000
WIDE: ViewportSize = {"width": 1280, "height": 800}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's Chromium."""
    found = os.environ.get("CHROMIUM") or subprocess.check_output([ROOT / ".ci" / "need", "chromium"], text=True)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found.strip(), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all tests of a module."""
    with running(tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture(scope="module")
def keys() -> dict[str, Any]:
    """Cookies of people who have logged in on this module's server before, by user name."""
    return {}


class Staff:
    """The people of the demonstration; everybody has a browser context of their own."""

    def __init__(self, browser: Browser, server: Server, usual: Mapping[str, Any], keys: dict[str, Any]) -> None:
        self._browser, self._server, self._usual, self._keys = browser, server, usual, keys
        self._contexts: list[BrowserContext] = []
        self._people: dict[str, Person] = {}

    def visits(self, username: str, **options: Any) -> Person:
        """Somebody who has not logged in, at a new browser."""
        context = self._browser.new_context(
            locale="th-TH", timezone_id="Asia/Bangkok", **{"viewport": WIDE, "reduced_motion": "reduce", **options}
        )
        context.set_default_timeout(PATIENCE_MS)
        self._contexts.append(context)
        person = Person(context, self._server, username, self._usual)
        self._people[username] = person
        return person

    def logs_in(self, username: str, **options: Any) -> Person:
        """Somebody who logs in at a new browser."""
        assert username in self._server.accounts
        person = self.visits(username, **options).logs_in()
        self._keys[username] = person.context.storage_state()
        return person

    def is_in(self, username: str, **options: Any) -> Person:
        """Somebody who logged in before, at a new browser that keeps the cookie: argon2 is slow on purpose."""
        if username not in self._keys:
            return self.logs_in(username, **options)
        return self.visits(username, storage_state=self._keys[username], **options)

    def __getitem__(self, username: str) -> Person:
        """Somebody who stays logged in during a test."""
        return self._people.get(username) or self.is_in(username).opens("/")

    def troubles(self) -> list[str]:
        """Everything their browsers complained about."""
        return [f"{name}: {trouble}" for name, person in self._people.items() for trouble in person.troubles]

    def go_home(self) -> None:
        """Close their browsers."""
        for context in self._contexts:
            context.close()


@pytest.fixture
def staff(browser: Browser, server: Server, answers: Mapping[str, Any], keys: dict[str, Any]) -> Iterator[Staff]:
    """The staff; no browser may have complained at the end."""
    people = Staff(browser, server, answers, keys)
    yield people
    troubles = people.troubles()
    people.go_home()
    assert troubles == []


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where pictures of the pages go."""
    folder = Path(__file__).parent / "screenshots"
    folder.mkdir(exist_ok=True)
    return folder
