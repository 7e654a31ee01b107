"""Opens the database and its transactions; the only place that begins and commits.

SQLite (WAL) for one machine, PostgreSQL for many. A read sees one consistent state; a
write holds SQLite's one write lock from its first statement, so two commands on a case
never interleave; on PostgreSQL the case's row lock does the same (see case.lock), and
locks are always taken in the order case, job, registry row, counter.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql as postgresql_dialect
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.exc import DBAPIError, OperationalError, PendingRollbackError

from engine import postgresql
from engine.errors import Busy, PrasanError, Unavailable

LOCK_TIMEOUT_SECONDS = 10
POLL_SECONDS = 0.001
CONNECT_TIMEOUT_SECONDS = 5
MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 25_70_0101  # any number of ours: two processes that start together migrate one after the other
LOCKED = {"55P03", "40P01", "40001"}  # lock_not_available, deadlock_detected, serialization_failure
_READ_ONLY = postgresql.unread(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
AWAY = ("08", "53", "57", "58")  # classes: connection, resources, operator intervention, system error


class Database:
    """One database by its SQLAlchemy URL; a command waits `lock_timeout` seconds for another's lock."""

    def __init__(self, url: str, lock_timeout: float = LOCK_TIMEOUT_SECONDS) -> None:
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql":
            parsed = parsed.set(drivername=postgresql.DRIVER)
        elif parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        self.url = parsed
        self.engine: Engine = create_engine(parsed, **_options(parsed.get_backend_name()))
        self.sqlite = parsed.get_backend_name() == "sqlite"
        self._writer, self._lock_timeout = threading.Lock(), lock_timeout
        connected = _sqlite_connect if self.sqlite else postgresql.connected
        event.listen(self.engine, "connect", partial(connected, lock_timeout))
        if not self.sqlite:
            event.listen(self.engine, "checkout", postgresql.taken)
            event.listen(self.engine, "checkin", postgresql.given_back)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads; always rolled back. Raises `Unavailable`."""
        with _refusals(), self.engine.connect() as connection:
            if self.sqlite:
                connection.exec_driver_sql("BEGIN")
            else:
                connection.execute(_READ_ONLY)
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits at the end, or leaves nothing behind.

        Raises `Busy` when a lock does not come in time, `Unavailable` when the database is away or full.
        """
        with _refusals(), self._turn() as until, self.engine.connect() as connection, connection.begin():
            if self.sqlite:
                _lock(connection, until)
            yield connection

    @contextmanager
    def _turn(self) -> Iterator[float]:
        """SQLite has one writer: the threads of this process queue here, those of other processes at the file.

        Yields until when to wait. Raises `Busy`.
        """
        until = monotonic() + self._lock_timeout
        if not self.sqlite:
            yield until
        elif self._writer.acquire(timeout=self._lock_timeout):
            try:
                yield until
            finally:
                self._writer.release()
        else:
            raise Busy

    def migrate(self) -> None:
        """Bring the schema to the newest version; whoever comes second finds it there."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.write() as connection:
            if not self.sqlite:
                connection.exec_driver_sql("SET LOCAL lock_timeout = '60s'")
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def revision(self) -> str | None:
        """The schema version in force, None for an empty database."""
        with self.read() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def upsert(db: Connection, table: Table) -> Any:
    """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`, in this database's words."""
    return (sqlite_dialect if db.dialect.name == "sqlite" else postgresql_dialect).insert(table)


def _options(backend: str) -> dict[str, Any]:
    if backend == "sqlite":
        return {"connect_args": {"check_same_thread": False}}
    return {
        "connect_args": {"connect_timeout": CONNECT_TIMEOUT_SECONDS},
        "pool_size": 10,
        "max_overflow": 10,
    }


def _lock(connection: Connection, until: float) -> None:
    """Begin with the write lock, asking every millisecond; SQLite's own waits grow to 100 ms and starve the unlucky."""
    driver: Any = connection.connection.driver_connection
    _be_patient(driver, 0)
    try:
        while not _locked(driver, until):
            sleep(POLL_SECONDS)
    finally:
        _be_patient(driver, LOCK_TIMEOUT_SECONDS)


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


def _sqlite_connect(lock_timeout: float, connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by Database, not by the driver
    cursor = connection.cursor()
    _be_patient(connection, lock_timeout)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@contextmanager
def _refusals() -> Iterator[None]:
    """What the database refuses for a while becomes a refusal of ours; a mistake in a statement stays one."""
    try:
        yield
    except DBAPIError as error:
        refusal = _refusal(error)
        if refusal is None:
            raise
        raise refusal from error
    except PendingRollbackError as error:  # the connection was lost inside a savepoint, and somebody went on
        raise Unavailable from error


def _refusal(error: DBAPIError) -> PrasanError | None:
    name, state = getattr(error.orig, "sqlite_errorname", ""), getattr(error.orig, "sqlstate", "")
    if state in LOCKED or name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Busy()
    unconnected = isinstance(error, OperationalError) and state is None
    lost = unconnected or error.connection_invalidated or (state or "").startswith(AWAY)
    full = name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY"))
    return Unavailable() if lost or full else None
