"""SQLite, with its one write lock held for as short a time as may be."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from engine.database import ahead
from engine.database.ahead import Message, Stale, driver_of, hold_back
from engine.errors import Busy, Unavailable

DRIVER = "sqlite+prasan"
POLL_SECONDS = 0.001


class Line(sqlite3.Connection):
    """A connection to the file."""

    ahead: Ahead | None = None


class Ahead(ahead.Ahead):
    """A command that reads as it goes, until `take_lock` has given it the write lock."""

    def __init__(self, connection: Connection, take_lock: Callable[[], None]) -> None:
        super().__init__(connection)
        self._take_lock = take_lock

    def catch_up(self) -> None:
        """Take the lock, look and write."""
        self.driver.ahead = None  # from now on the connection does at once what it is told
        self._take_lock()
        for query, values in self.facts:
            if self.driver.execute(query, values).fetchone() is None:
                raise Stale
        for statement, values in self.kept:
            self.driver.execute(statement, values)


class Dialect(SQLiteDialect_pysqlite):
    """SQLAlchemy's own, but for when things are done."""

    supports_statement_cache = True

    @property
    def wording(self) -> Dialect:
        """In whose words unread writes and facts are compiled."""
        return self

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """Do it, under the lock if need be."""
        hold_back(cursor.connection, context)
        cursor.execute(statement, parameters)

    def do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """As `do_execute`."""
        hold_back(cursor.connection, context)
        cursor.executemany(statement, parameters)

    def send(self, db: Connection, messages: Iterable[Message]) -> None:
        """Do unread writes; the lock is held."""
        for sql, some in groupby(messages, itemgetter(0)):
            db.exec_driver_sql(sql, [tuple(values) for _, values in some])

    def fetch(self, db: Connection, sql: str, values: Sequence[Any]) -> Sequence[Any]:
        """What a query finds."""
        found: list[Any] = driver_of(db).execute(sql, values).fetchall()
        return found

    def insist(self, fact: Select[Any]) -> Select[Any]:
        """How a fact is asked for."""
        return fact

    def do_commit(self, dbapi_connection: Any) -> None:
        """Commit, with what was kept back."""
        ahead = dbapi_connection.driver_connection.ahead
        if ahead and ahead.kept:
            ahead.catch_up()
        super().do_commit(dbapi_connection)  # type: ignore[no-untyped-call]


def lock(connection: Connection, until: float, patience: float) -> None:
    """Begin with the write lock, asking every millisecond; SQLite's own waits grow to 100 ms and starve the unlucky.

    Raises `Busy` when it did not come by then.
    """
    driver = driver_of(connection)
    _be_patient(driver, 0)
    try:
        while not _locked(driver, until):
            sleep(POLL_SECONDS)
    finally:
        _be_patient(driver, patience)


def _be_patient(driver: Any, seconds: float) -> None:
    driver.execute(f"PRAGMA busy_timeout = {seconds * 1_000:.0f}")


def _locked(driver: Any, until: float) -> bool:
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if not error.sqlite_errorname.startswith("SQLITE_BUSY"):
            raise Unavailable from error
        if monotonic() > until:
            raise Busy from error
        return False
    return True


def connected(lock_timeout: float, connection: Any, _record: Any) -> None:
    """Set a new connection up; transactions are begun by Database, not by the driver."""
    connection.isolation_level = None
    _be_patient(connection, lock_timeout)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


registry.register("sqlite.prasan", __name__, Dialect.__name__)
