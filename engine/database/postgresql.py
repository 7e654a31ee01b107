"""PostgreSQL, with few trips to the server: the writes that nobody waits for travel together.

`Unread` writes are kept back, and sent before the next statement or with the commit; what
was wrong with one of them is raised there. They and every `Query` are asked in libpq's own
words, and the server plans each of them once.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterable, Sequence
from select import POLLIN, poll
from time import monotonic
from typing import Any, Self

import psycopg
from psycopg import generators
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import DivisionByZero, error_from_result
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from sqlalchemy import Connection, Select, literal_column, select
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DisconnectionError

from engine.database import ahead
from engine.database.ahead import Message, Stale, driver_of, hold_back

DRIVER = "postgresql+prasan"
BEGIN: Message = ("BEGIN", ())
BEGIN_READING: Message = ("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", ())
COMMIT: Message = ("COMMIT", ())
ROLLBACK: Message = ("ROLLBACK", ())
IDLE_SECONDS = 1.0  # a connection used so shortly ago is not asked whether it lives
FORGETTING = ("DROP", "ALTER", "ROLLBACK", "DISCARD", "DEALLOCATE")  # after these psycopg deallocates what is prepared
USED = "used"
_names = map("prasan_{}".format, itertools.count())


class Line(psycopg.Connection):
    """A connection to the server, with what is kept back for it and what it has prepared."""

    ahead: Ahead | None = None

    def __init__(self, *about: Any, **more: Any) -> None:
        super().__init__(*about, **more)
        self._ready: dict[str, bytes] = {}
        self.kept: list[Message] = []

    def send(self, *last: Message) -> Any:
        """Send what was kept back and these, in one trip; the last answer. Raises psycopg's errors, the first one."""
        messages, self.kept = [*self.kept, *last], []
        if not messages:
            return None
        text = Transformer(self)
        asked: list[tuple[str, Any]] = []
        asked += ((sql, text.dump_sequence(row, [PyFormat.TEXT] * len(row))) for sql, row in messages)
        names = self._ready | {sql: next(_names).encode() for sql, _ in asked if sql not in self._ready}
        if len(asked) == 1 and names == self._ready:
            ((sql, values),) = asked
            answers = [self.pgconn.exec_prepared(names[sql], values)]
        else:
            answers = self._converse(asked, names)
        for answer in answers:
            if answer.status == ExecStatus.FATAL_ERROR:
                self._refuse(answer)
        self._ready = names
        return answers[-1]

    def fetch(self, message: Message) -> list[Any]:
        """The rows that a query finds."""
        answer, text = self.send(message), Transformer(self)
        text.set_pgresult(answer)
        return text.load_rows(0, answer.ntuples, tuple)

    def note(self, status: str | None) -> None:
        """Hear what a statement that psycopg sent did to the connection."""
        if status and status.startswith(FORGETTING):
            self._ready = {}

    def _refuse(self, answer: Any) -> None:
        if answer.error_field(DiagnosticField.SQLSTATE):
            raise error_from_result(answer)
        self.close()  # not the server's word but libpq's: the server is no longer there
        raise psycopg.OperationalError(answer.get_error_message())

    def _converse(self, asked: list[tuple[str, Any]], names: dict[str, bytes]) -> list[Any]:
        """The answers to all of it, asked in libpq's pipeline mode."""
        wire, unknown = self.pgconn, names.keys() - self._ready.keys()
        wire.enter_pipeline_mode()
        try:
            for sql in unknown:
                wire.send_prepare(names[sql], sql.encode())
            for sql, values in asked:
                wire.send_query_prepared(names[sql], values)
            wire.pipeline_sync()
            answers = self.wait(_answers(wire, len(unknown) + len(asked) + 1))
            wire.exit_pipeline_mode()
        except BaseException:
            self.close()  # nobody knows where the conversation stands
            raise
        return [answer for answer in answers if answer.status != ExecStatus.PIPELINE_SYNC]


def _answers(wire: Any, count: int) -> Generator[Any, Any, list[Any]]:
    yield from generators.send(wire)
    found: list[Any] = []
    for _ in range(count):
        found += yield from generators.fetch_many(wire)
    return found


class Ahead(ahead.Ahead):
    """A command that begins its transaction only where it writes; what it reads before, it reads as is."""

    def __enter__(self) -> Self:
        self.connection.begin()
        return super().__enter__()

    def __exit__(self, *_: object) -> None:
        self.driver.ahead = None
        try:
            self.connection.rollback()  # closing alone leaves a transaction open whose commit failed
        finally:
            self.connection.close()

    def commit(self) -> None:
        """Commit; `do_commit` sends what was kept back."""
        self.connection.commit()

    def catch_up(self, *last: Message) -> None:
        """Begin, and write what was kept back; a fact that no longer holds ends it there."""
        self.driver.ahead = None  # from now on the connection does at once what it is told
        self.driver.kept = [BEGIN, *self.asked(), *self.kept]
        try:
            self.driver.send(*last)
        except DivisionByZero:
            raise Stale from None


class Dialect(PGDialect_psycopg):
    """SQLAlchemy's own, but for when things are sent. Its connections are in autocommit: we say BEGIN ourselves."""

    supports_statement_cache = True
    wording = PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]

    def connect(self, *about: Any, **more: Any) -> Any:
        """A new connection."""
        return Line.connect(*about, **more)

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """Send it, after what was kept back."""
        hold_back(cursor.connection, context)
        cursor.connection.send()
        cursor.execute(statement, parameters)
        cursor.connection.note(cursor.statusmessage)

    def do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """As `do_execute`."""
        hold_back(cursor.connection, context)
        cursor.connection.send()
        cursor.executemany(statement, parameters)
        cursor.connection.note(cursor.statusmessage)

    def send(self, db: Connection, messages: Iterable[Message]) -> None:
        """Keep unread writes back."""
        driver_of(db).kept += messages

    def fetch(self, driver: Line, sql: str, values: Sequence[Any]) -> Sequence[Any]:
        """What a query finds."""
        return driver.fetch((sql, values))

    def insist(self, fact: Select[Any]) -> Select[Any]:
        """A fact locks its row, and its failing ends the transaction: the commit travels behind it unasked."""
        held = fact.with_for_update(key_share=True).subquery("held")
        return select(literal_column("1 / count(*)")).select_from(held)

    def do_commit(self, dbapi_connection: Any) -> None:
        """Send what was kept back, and COMMIT with it."""
        line: Line = dbapi_connection.driver_connection
        if line.ahead is None:
            line.send(COMMIT)
        elif line.ahead.kept:
            line.ahead.catch_up(COMMIT)

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Forget what was kept back; the pool asks for this after every use. psycopg must not hear of it (`note`)."""
        line: Line = dbapi_connection.driver_connection
        line.kept = []
        if line.pgconn.transaction_status != TransactionStatus.IDLE:
            line.send(ROLLBACK)


def connected(lock_timeout: float, connection: Any, _record: Any) -> None:
    """Set a new connection up."""
    connection.autocommit = True
    connection.execute(f"SET lock_timeout = {lock_timeout * 1000:.0f}")
    connection.execute("SET idle_in_transaction_session_timeout = '60s'")


def taken(connection: Any, record: Any, _proxy: Any) -> None:
    """Ask a connection that stood idle, or was spoken to, whether it still lives; the pool replaces a dead one."""
    if monotonic() - record.info.get(USED, 0.0) < IDLE_SECONDS and not _spoken_to(connection):
        return
    try:
        connection.execute("SELECT 1")
    except psycopg.Error as error:
        raise DisconnectionError from error


def _spoken_to(line: Line) -> bool:
    """Whether the server said something that nobody asked for; most likely good-bye."""
    ears = poll()
    ears.register(line.fileno(), POLLIN)
    return bool(ears.poll(0))


def given_back(_connection: Any, record: Any) -> None:
    """Remember when a connection was last used."""
    record.info[USED] = monotonic()


registry.register("postgresql.prasan", __name__, Dialect.__name__)
