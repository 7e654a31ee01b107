"""PostgreSQL, with few trips to the server: what nobody waits for travels with what somebody does.

Beginning, and writes marked `unread`, are queued in psycopg's pipeline; the next statement
whose answer is read, or the commit, takes them along. What such a write did wrong is raised
there. Inside a savepoint every write is awaited, so that its fault is the savepoint's own.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DisconnectionError

from engine.statements import UNREAD

DRIVER = "postgresql+prasan"
IDLE_SECONDS = 1.0  # a connection used so shortly ago is not asked whether it lives
USED = "used"
_pipelines: WeakKeyDictionary[psycopg.Connection, AbstractContextManager[Any]] = WeakKeyDictionary()


class Dialect(PGDialect_psycopg):
    """SQLAlchemy's own, but for when things are sent. Its connections are in autocommit: we say BEGIN ourselves."""

    supports_statement_cache = True

    def do_begin(self, dbapi_connection: Any) -> None:
        """Queue BEGIN."""
        driver = dbapi_connection.driver_connection
        _queue(driver)
        driver.execute("BEGIN", prepare=False)

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """Queue an unread write; anything else is sent with what was queued before, and answered."""
        _do(cursor.execute, statement, parameters, context)

    def do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """As `do_execute`."""
        _do(cursor.executemany, statement, parameters, context)

    def do_commit(self, dbapi_connection: Any) -> None:
        """Send what is queued, and COMMIT with it."""
        driver = dbapi_connection.driver_connection
        driver.execute("COMMIT", prepare=False)
        _send(driver)

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Drop what is queued; its faults no longer matter."""
        with suppress(psycopg.Error):
            _send(dbapi_connection.driver_connection)
        dbapi_connection.rollback()

    def do_close(self, dbapi_connection: Any) -> None:
        """Drop what is queued on a connection that broke."""
        with suppress(psycopg.Error):
            _send(dbapi_connection)
        dbapi_connection.close()


def _do(act: Callable[[str, Any], Any], statement: str, parameters: Any, context: Any) -> None:
    waits = not context.execution_options.get(UNREAD) or context.root_connection.in_nested_transaction()
    if not waits:
        _queue(context.cursor.connection)
    act(statement, parameters)
    if waits:
        _send(context.cursor.connection)


def _queue(driver: psycopg.Connection) -> None:
    if driver not in _pipelines:
        pipeline = _pipelines[driver] = driver.pipeline()
        pipeline.__enter__()


def _send(driver: psycopg.Connection) -> None:
    pipeline = _pipelines.pop(driver, None)
    if pipeline is not None:
        pipeline.__exit__(None, None, None)


def connected(lock_timeout: float, connection: Any, _record: Any) -> None:
    """Set a new connection up."""
    connection.autocommit = True
    connection.execute(f"SET lock_timeout = {lock_timeout * 1000:.0f}")
    connection.execute("SET idle_in_transaction_session_timeout = '60s'")


def taken(connection: Any, record: Any, _proxy: Any) -> None:
    """Ask a connection that stood idle whether it still lives; the pool replaces a dead one."""
    if monotonic() - record.info.get(USED, 0.0) < IDLE_SECONDS:
        return
    try:
        connection.execute("SELECT 1")
    except psycopg.Error as error:
        raise DisconnectionError from error


def given_back(_connection: Any, record: Any) -> None:
    """Remember when a connection was last used."""
    record.info[USED] = monotonic()


registry.register("postgresql.prasan", __name__, Dialect.__name__)
