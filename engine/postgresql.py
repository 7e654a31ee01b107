"""PostgreSQL, with few trips to the server: the writes that nobody waits for travel together.

`Unread` writes are kept back, and sent as one text before the next statement or with the
commit; what was wrong with one of them is raised there.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DisconnectionError

DRIVER = "postgresql+prasan"
BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
IDLE_SECONDS = 1.0  # a connection used so shortly ago is not asked whether it lives
USED = "used"
Kept: TypeAlias = list[tuple[str, Any]]
_kept_back: WeakKeyDictionary[psycopg.Connection, Kept] = WeakKeyDictionary()


class Dialect(PGDialect_psycopg):
    """SQLAlchemy's own, but for when things are sent. Its connections are in autocommit: we say BEGIN ourselves."""

    supports_statement_cache = True

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """Send it, after what was kept back."""
        _send(cursor.connection)
        cursor.execute(statement, parameters)

    def do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """As `do_execute`."""
        _send(cursor.connection)
        cursor.executemany(statement, parameters)

    def send(self, db: Connection, sql: str, rows: Sequence[Any]) -> None:
        """Keep an unread write back; in a savepoint it goes at once, so that its fault is the savepoint's own."""
        if db.in_nested_transaction():
            db.exec_driver_sql(sql, rows)
        else:
            kept = _kept_back.setdefault(_driver_of(db), [])
            kept += [(sql, row) for row in rows]

    def do_commit(self, dbapi_connection: Any) -> None:
        """Send what was kept back, and COMMIT with it."""
        _send(dbapi_connection.driver_connection, "COMMIT")

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Forget what was kept back; the pool asks for this after every use."""
        driver = dbapi_connection.driver_connection
        _kept_back.pop(driver, None)
        if driver.info.transaction_status != TransactionStatus.IDLE:
            driver.rollback()


def _send(driver: psycopg.Connection, last: str = "") -> None:
    """What was kept back, in one text of many statements, as only a cursor can send that puts the values in itself."""
    kept = _kept_back.pop(driver, [])
    if kept or last:
        cursor = psycopg.ClientCursor(driver)
        cursor.execute(";\n".join([*(cursor.mogrify(sql, row) for sql, row in kept), last]))


def begin(connection: Connection, words: str = "BEGIN") -> None:
    """Begin a transaction, on a new connection where the old one died in the pool; raises psycopg's own errors."""
    try:
        _driver_of(connection).execute(words, prepare=False)
    except psycopg.OperationalError:
        connection.invalidate()
        connection.engine.dispose()  # the server was away: none in the pool is alive
        _driver_of(connection).execute(words, prepare=False)


def _driver_of(connection: Connection) -> Any:
    return connection.connection.driver_connection


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
