"""SQLite, with its one write lock held for as short a time as may be."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from time import monotonic, sleep
from typing import Any, Self

from sqlalchemy import Connection, Engine, Select
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from engine.database import ahead
from engine.database.ahead import Message, Stale, driver_of, hold_back
from engine.errors import Busy, PrasanError, Unavailable

DRIVER = "sqlite+prasan"
POLL_SECONDS = 0.001


class Line(sqlite3.Connection):
    """A connection to the file."""

    ahead: Ahead | None = None


class Turn:
    """SQLite has one writer: the threads of this process queue here, those of other processes at the file."""

    def __init__(self, patience: float) -> None:
        self._lock, self._patience = threading.Lock(), patience

    def take(self) -> float:
        """Wait for one's turn; until when to wait for the file then. Raises `Busy` past the patience."""
        until = monotonic() + self._patience
        if not self._lock.acquire(timeout=self._patience):
            raise Busy
        return until

    def leave(self) -> None:
        """Let the next one write."""
        self._lock.release()

    @contextmanager
    def taken(self, connection: Connection) -> Iterator[None]:
        """A transaction of a connection that is patient otherwise."""
        driver, until = driver_of(connection), self.take()
        try:
            be_patient(driver, 0)
            try:
                lock(driver, until)
            finally:
                be_patient(driver, self._patience)
            yield
        finally:
            self.leave()


class Ahead(ahead.Ahead):
    """A command that reads in a snapshot, until it takes its turn; one after the other on the same connection."""

    def __init__(self, connection: Connection, turn: Turn, commands: Commands) -> None:
        super().__init__(connection)
        self._turn, self._taken, self._commands = turn, False, commands

    def __enter__(self) -> Self:
        self.driver.execute("BEGIN")
        return super().__enter__()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.driver.ahead = None
        try:
            self.connection.rollback()
            self.driver.rollback()  # SQLAlchemy knows only of a transaction in which it was asked something
        finally:
            if self._taken:
                self._turn.leave()
        self.facts, self.kept, self._taken = [], [], False
        self._commands.take_back(self, sound=kind is None or issubclass(kind, (PrasanError, Stale)))

    def commit(self) -> None:
        """Write, and commit; past SQLAlchemy where it was asked nothing."""
        if self.kept and self.driver.ahead:
            self.catch_up()
        self.connection.commit()
        self.driver.commit()

    def catch_up(self) -> None:
        """Take the lock and write."""
        self.driver.ahead = None  # from now on the connection does at once what it is told
        until = self._turn.take()
        self._taken = True
        for statement, values in self.kept[1:] if self._writes_on() else self._anew(until):
            self.driver.execute(statement, values)

    def _writes_on(self) -> bool:
        """Do the first write where it stands: SQLite allows that as long as nobody wrote anything since it read."""
        try:
            return bool(self.kept and self.driver.execute(*self.kept[0]))
        except sqlite3.OperationalError as error:
            if _busy(error):
                return False
            raise

    def _anew(self, until: float) -> list[Message]:
        """Leave the snapshot, take the lock, and look; what is to be written then."""
        self.driver.rollback()
        lock(self.driver, until)
        for query, values in self.asked():
            if self.driver.execute(query, values).fetchone() is None:
                raise Stale
        return self.kept


class Commands:
    """Connections for commands, which rest here in between, and which never wait for the file by themselves.

    Taking one from the pool and giving it back costs as much as the statements of a command.
    """

    def __init__(self, engine: Engine, turn: Turn, patience: float, most: int) -> None:
        self._engine, self._turn, self._patience, self._most = engine, turn, patience, most
        self._resting: list[Ahead] = []

    def ahead(self) -> Ahead:
        """One for a command that begins."""
        try:
            return self._resting.pop()
        except IndexError:
            connection = self._engine.connect()
            be_patient(driver_of(connection), 0)
            return Ahead(connection, self._turn, self)

    def take_back(self, one: Ahead, *, sound: bool) -> None:
        """Its command is over. Where something broke, or enough others rest, the pool gets the connection."""
        if sound and len(self._resting) < self._most:
            self._resting.append(one)
        else:
            self._give_back(one)

    def close(self) -> None:
        """The pool gets all connections that rest."""
        while self._resting:
            self._give_back(self._resting.pop())

    def _give_back(self, one: Ahead) -> None:
        with one.connection:
            be_patient(one.driver, self._patience)


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

    def fetch(self, driver: Line, sql: str, values: Sequence[Any]) -> Sequence[Any]:
        """What a query finds."""
        return driver.execute(sql, values).fetchall()

    def insist(self, fact: Select[Any]) -> Select[Any]:
        """How a fact is asked for."""
        return fact


def be_patient(driver: Any, seconds: float) -> None:
    """How long a connection waits by itself where the file is locked."""
    driver.execute(f"PRAGMA busy_timeout = {seconds * 1_000:.0f}")


def lock(driver: Any, until: float) -> None:
    """Begin with the write lock, asking every millisecond; SQLite's own waits grow to 100 ms and starve the unlucky.

    Raises `Busy` when it did not come by then, `Unavailable` where the file cannot be used.
    """
    while not _begun(driver, until):
        sleep(POLL_SECONDS)


def _begun(driver: Any, until: float) -> bool:
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if not _busy(error):
            raise Unavailable from error
        if monotonic() > until:
            raise Busy from error
        return False
    return True


def _busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorname.startswith("SQLITE_BUSY")


def connected(lock_timeout: float, connection: Any, _record: Any) -> None:
    """Set a new connection up; transactions are begun by Database, not by the driver."""
    connection.isolation_level = None
    be_patient(connection, lock_timeout)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


registry.register("sqlite.prasan", __name__, Dialect.__name__)
