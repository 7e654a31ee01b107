"""Opens the database and its transactions; the only place that begins and commits.

SQLite (WAL) for one machine, PostgreSQL for many. A read sees one consistent state; a
write holds SQLite's one write lock from its first statement, so two commands on a case
never interleave; on PostgreSQL the case's row lock does the same (see cases.lock).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError

from engine.errors import Busy

LOCK_TIMEOUT_SECONDS = 10
MIGRATIONS = Path(__file__).parent / "migrations"


class Database:
    """One database by its SQLAlchemy URL."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        elif parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        self.url = parsed
        self.engine: Engine = create_engine(parsed, **_options(parsed.get_backend_name()))
        self.sqlite = parsed.get_backend_name() == "sqlite"
        event.listen(self.engine, "connect", _sqlite_connect if self.sqlite else _postgres_connect)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads; always rolled back."""
        with self.engine.connect() as connection:
            if self.sqlite:
                connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits at the end, or leaves nothing behind; raises `Busy` after 10 s."""
        with self.engine.connect() as connection:
            try:
                if self.sqlite:
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
                connection.commit()
            except OperationalError as error:
                connection.rollback()
                if _is_lock_timeout(error):
                    raise Busy from error
                raise
            except BaseException:
                connection.rollback()
                raise

    def migrate(self) -> None:
        """Bring the schema to the newest version."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def revision(self) -> str | None:
        """The schema version in force, None for an empty database."""
        with self.read() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def _options(backend: str) -> dict[str, Any]:
    if backend == "sqlite":
        return {"connect_args": {"timeout": LOCK_TIMEOUT_SECONDS, "check_same_thread": False}}
    return {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 10}


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by Database, not by the driver
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _postgres_connect(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'")
        cursor.execute("SET idle_in_transaction_session_timeout = '60s'")
    connection.commit()


def _is_lock_timeout(error: OperationalError) -> bool:
    words = str(error.orig).lower()
    return "database is locked" in words or "lock timeout" in words or "deadlock detected" in words


def ping(connection: Connection) -> bool:
    """True when the database answers."""
    return connection.execute(text("SELECT 1")).scalar() == 1
