"""Opens the database and its transactions; the only place that begins and commits.

SQLite (WAL) for one machine, PostgreSQL for many. A read sees one consistent state; a
write holds SQLite's one write lock from its first statement, so two commands on a case
never interleave; on PostgreSQL the case's row lock does the same (see case.lock), and
locks are always taken in the order case, job, registry row, counter. A command that many
give at once reckons ahead of its lock (see ahead.py).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as NoneFree

from engine.database import postgresql, sqlite
from engine.database.ahead import Ahead, Stale, driver_of
from engine.errors import Busy, PrasanError, Unavailable

LOCK_TIMEOUT_SECONDS = 10
CONNECT_TIMEOUT_SECONDS = 5
THREADS = 32  # of a web process, half of which may be outside workers that wait for a step
MIGRATIONS = Path(__file__).parent.parent / "migrations"
MIGRATION_LOCK = 25_70_0101  # any number of ours: two processes that start together migrate one after the other
LOCKED = {"55P03", "40P01", "40001"}  # lock_not_available, deadlock_detected, serialization_failure
AWAY = ("08", "53", "57", "58")  # classes: connection, resources, operator intervention, system error
Result = TypeVar("Result")


class Database:
    """One database by its SQLAlchemy URL; a command waits `lock_timeout` seconds for another's lock."""

    def __init__(self, url: str, lock_timeout: float = LOCK_TIMEOUT_SECONDS) -> None:
        parsed = make_url(url)
        self.sqlite = parsed.get_backend_name() == "sqlite"
        if self.sqlite and parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        backend = sqlite if self.sqlite else postgresql
        self.url = parsed.set(drivername=backend.DRIVER)
        self.engine: Engine = create_engine(self.url, **_options(self.url.get_backend_name()))
        event.listen(self.engine, "connect", partial(backend.connected, lock_timeout))
        if self.sqlite:
            self._turn = sqlite.Turn(lock_timeout)
            self._commands = sqlite.Commands(self.engine, self._turn, lock_timeout, most=THREADS)
        else:
            event.listen(self.engine, "checkout", postgresql.taken)
            event.listen(self.engine, "checkin", postgresql.given_back)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads. Raises `Unavailable`."""
        with _REFUSALS, self.engine.connect() as connection:
            if self.sqlite:
                connection.exec_driver_sql("BEGIN")
            else:
                driver_of(connection).send(postgresql.BEGIN_READING)
            yield connection

    @contextmanager
    def glance(self) -> Iterator[Connection]:
        """A connection for one SELECT, which needs no transaction to see one consistent state. Raises `Unavailable`."""
        with _REFUSALS, self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits at the end, or leaves nothing behind.

        Raises `Busy` when a lock does not come in time, `Unavailable` when the database is away or full.
        """
        # A connection first: those who reckon ahead hold one too when they come to queue.
        with _REFUSALS, self.engine.connect() as connection, self._locked(connection), connection.begin():
            yield connection

    @contextmanager
    def _locked(self, connection: Connection) -> Iterator[None]:
        if self.sqlite:
            with self._turn.taken(connection):
                yield
        else:
            driver_of(connection).send(postgresql.BEGIN)
            yield

    def command(self, act: Callable[[Connection], Result]) -> Result:
        """What a short command returns, once it is committed; `act` may be called twice, so it changes nothing else.

        It first reckons ahead of its lock. Raises as `write`, and what `act` raises.
        """
        try:
            return self._ahead(act)
        except Stale:
            pass
        with self.write() as connection:
            return act(connection)

    def _ahead(self, act: Callable[[Connection], Result]) -> Result:
        with _REFUSALS, self._ahead_of_lock() as ahead:
            result = act(ahead.connection)
            ahead.commit()
            return result

    def _ahead_of_lock(self) -> Ahead:
        return self._commands.ahead() if self.sqlite else postgresql.Ahead(self.engine.connect())

    def migrate(self, revision: str = "head") -> None:
        """Bring the schema to the newest version, or only so far; whoever comes second finds it there."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.write() as connection:
            if not self.sqlite:
                connection.exec_driver_sql("SET LOCAL lock_timeout = '60s'")
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
            config.attributes["connection"] = connection
            command.upgrade(config, revision)

    def revision(self) -> str | None:
        """The schema version in force, None for an empty database."""
        with self.read() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    def close(self) -> None:
        """Give every connection back."""
        if self.sqlite:
            self._commands.close()
        self.engine.dispose()


def _options(backend: str) -> dict[str, Any]:
    if backend == "sqlite":  # a connection to a file costs nothing: no thread waits for one
        return {"connect_args": {"check_same_thread": False, "factory": sqlite.Line}, "pool_size": 2 * THREADS}
    return {
        "connect_args": {"connect_timeout": CONNECT_TIMEOUT_SECONDS},
        "pool_size": 10,
        "max_overflow": 10,
    }


class _Refusals:
    """What the database refuses for a while becomes a refusal of ours; a mistake in a statement stays one."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, *__: object) -> None:
        if error and (refusal := _refusal(error)):
            raise refusal from error


_REFUSALS = _Refusals()


def _refusal(error: BaseException | None) -> PrasanError | None:
    if isinstance(error, NoneFree):
        return Busy()
    if isinstance(error, PendingRollbackError):  # the connection was lost inside a savepoint, and somebody went on
        return Unavailable()
    if isinstance(error, DBAPIError):
        return Unavailable() if error.connection_invalidated else _refusal(error.orig)
    # where the driver itself was asked
    return _refusal_of_driver(error) if isinstance(error, (sqlite3.Error, psycopg.Error)) else None


def _refusal_of_driver(error: sqlite3.Error | psycopg.Error) -> PrasanError | None:
    name, state = getattr(error, "sqlite_errorname", ""), getattr(error, "sqlstate", "")
    if state in LOCKED or name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Busy()
    unconnected = isinstance(error, psycopg.OperationalError) and state is None
    away = unconnected or (state or "").startswith(AWAY)
    full = name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY"))
    return Unavailable() if away or full else None
