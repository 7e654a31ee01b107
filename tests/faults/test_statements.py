"""F-02: whichever statement fails, a command has happened wholly or not at all (SQLite's own tests do the same)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from engine import jobs
from engine.database.ahead import driver_of
from engine.errors import PrasanError
from tests.conftest import Office
from tests.faults.scenes import SCENES, go_on, problems, snapshot
from tests.statements import each_statement

MOST_STATEMENTS = 200


@contextmanager
def failing_statement(office: Office, number: int) -> Iterator[list[int]]:
    """The statement of this number fails as a broken disk would make it; yields how many were left to count."""
    left = [number]

    def count(db: Connection, _: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            if office.database.sqlite:
                raise sqlite3.OperationalError("disk I/O error")
            driver_of(db).execute("SELECT 1 / 0")  # a real error, so that PostgreSQL ends the transaction

    with each_statement(office.database.engine, count):
        yield left


@pytest.mark.parametrize("name", [name for name in SCENES if name not in ("deploy", "send")])
def test_a_failing_statement_leaves_the_old_state_or_the_new(office: Office, name: str) -> None:
    for number in range(1, MOST_STATEMENTS):
        scene = SCENES[name](office)
        before = snapshot(office)
        with failing_statement(office, number) as left:
            try:
                scene.act(office.engine, office.database)
            except (DBAPIError, sqlite3.OperationalError, psycopg.Error, PrasanError):
                assert scene.act is jobs.run_due or snapshot(office) == before
        assert problems(office) == []
        if left[0] > 0:
            assert scene.effects() == 1
            return
        office.clock.forward(hours=2)
        go_on(office, scene)
        assert scene.effects() == 1, f"statement {number}"
    pytest.fail("the command never came to its end")
