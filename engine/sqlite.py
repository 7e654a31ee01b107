"""SQLite, with its one write lock held for as short a time as may be.

A command that runs `Ahead` of its lock reads and reckons in a snapshot, and its unread writes
are kept back. Then it takes the lock, looks whether the facts it built on still hold, and
writes. If somebody was faster it is `Stale`, and done again with the lock from the start.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from engine.errors import Busy, Unavailable

DRIVER = "sqlite+prasan"
AHEAD = "ahead"
POLL_SECONDS = 0.001


class Stale(Exception):
    """What a command had read has changed before it could write."""


class Ahead:
    """A command ahead of its lock: the facts it builds on, and the writes kept back."""

    def __init__(self, connection: Connection, take_lock: Callable[[], None]) -> None:
        self._info, self._driver, self._take_lock = connection.info, driver_of(connection), take_lock
        self._facts: list[tuple[str, tuple[Any, ...], tuple[Any, ...]]] = []
        self.kept: list[tuple[str, Sequence[Any]]] = []

    def __enter__(self) -> None:
        self._driver.execute("BEGIN")
        self._info[AHEAD] = self

    def __exit__(self, *_: object) -> None:
        self._info.pop(AHEAD, None)

    def expect(self, query: str, parameters: tuple[Any, ...], row: tuple[Any, ...]) -> None:
        """Remember a fact: what the query must still answer once the lock is held."""
        self._facts.append((query, parameters, row))

    def catch_up(self) -> None:
        """Take the lock and write what was kept back; raises `Stale`, `Busy` or `Unavailable`."""
        del self._info[AHEAD]  # from now on the connection does at once what it is told
        self._driver.execute("ROLLBACK")
        self._take_lock()
        for query, parameters, row in self._facts:
            if self._driver.execute(query, parameters).fetchone() != row:
                raise Stale
        for statement, rows in self.kept:
            self._driver.executemany(statement, rows)


class Dialect(SQLiteDialect_pysqlite):
    """SQLAlchemy's own, but for when things are done."""

    supports_statement_cache = True

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """Do it, under the lock if need be."""
        _look_ahead(context)
        cursor.execute(statement, parameters)

    def do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """As `do_execute`."""
        _look_ahead(context)
        cursor.executemany(statement, parameters)

    def send(self, db: Connection, sql: str, rows: Sequence[Any]) -> None:
        """Keep an unread write back, or do it where the lock is held."""
        ahead = db.info.get(AHEAD)
        if ahead:
            ahead.kept.append((sql, rows))
        else:
            db.exec_driver_sql(sql, rows)

    def do_commit(self, dbapi_connection: Any) -> None:
        """Commit, with what was kept back."""
        ahead = dbapi_connection.info.get(AHEAD)
        if ahead and ahead.kept:
            ahead.catch_up()
        super().do_commit(dbapi_connection)  # type: ignore[no-untyped-call]


def _look_ahead(context: Any) -> None:
    """Only reading does without the lock, and only before writing: a savepoint needs it too."""
    ahead: Ahead | None = context.root_connection.info.get(AHEAD)
    if ahead and (ahead.kept or context.compiled is None or not context.compiled.statement.is_select):
        ahead.catch_up()


def expect(db: Connection, query: str, parameters: tuple[Any, ...], row: tuple[Any, ...]) -> None:
    """A command ahead of its lock builds on this row; one that holds the lock need not ask."""
    ahead = db.info.get(AHEAD)
    if ahead:
        ahead.expect(query, parameters, row)


def driver_of(connection: Connection) -> Any:
    """The driver's own connection."""
    return connection.connection.driver_connection


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
