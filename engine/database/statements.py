"""What statements say beyond SQL: which writes may wait, what reads lock, what must still hold, what replaces what."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias, TypeGuard

from sqlalchemy import Connection, Delete, Insert, Select, Table, Update
from sqlalchemy.dialects import postgresql, sqlite

from engine.database.ahead import Message, driver_of

Row: TypeAlias = Mapping[str, Any]
Process: TypeAlias = Callable[[Any], Any]
Binds: TypeAlias = list[tuple[str, Process | None]]
Readers: TypeAlias = list[tuple[int, Process]]  # which values of a row are not what the driver says


class Worded:
    """A statement that is compiled once, for the columns of its first row."""

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, Binds, Row]] = {}

    def messages(self, db: Connection, *rows: Row) -> list[Message]:
        """What to tell the driver of this database, for every row."""
        dialect: Any = db.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _compile(dialect, self._wording(dialect), rows[0])
        sql, binds, own = compiled
        found: list[Message] = []
        for row in rows:
            values = {**row, **own} if own else row
            found.append((sql, [process(values[name]) if process else values[name] for name, process in binds]))
        return found

    def _wording(self, _dialect: Any) -> Any:
        return self._statement


class Unread(Worded):
    """A write whose answer nobody looks at: it may reach the database later, within its transaction.

    What is wrong with it is raised then.
    """

    def __init__(self, statement: Insert | Update | Delete) -> None:
        super().__init__(statement.inline() if _of_rows(statement) else statement)

    def send(self, db: Connection, *rows: Row) -> None:
        """Do it for every row; all have the same keys. In a savepoint at once, so that its fault is the savepoint's."""
        ahead = driver_of(db).ahead
        if ahead:  # so no savepoint was made yet
            ahead.kept += self.messages(db, *rows)
        elif db.in_nested_transaction():
            db.execute(self._statement, rows)
        else:
            dialect: Any = db.dialect
            dialect.send(db, self.messages(db, *rows))


class Fact(Worded):
    """A SELECT that finds a row as long as what a command builds on is so."""

    def expect(self, db: Connection, row: Row) -> None:
        """A command ahead of its lock builds on this; one that holds the lock need not ask."""
        ahead = driver_of(db).ahead
        if ahead:
            ahead.facts.append(partial(self.messages, db, row))

    def _wording(self, dialect: Any) -> Any:
        return dialect.insist(self._statement)


class Query(Worded):
    """A SELECT that is asked again and again: the driver is asked itself, and answers rows with names."""

    def __init__(self, statement: Select[Any]) -> None:
        super().__init__(statement)
        self._row: Any = namedtuple("Row", statement.selected_columns.keys())  # type: ignore[misc]
        self._readers: dict[str, Readers] = {}

    def rows(self, db: Connection, values: Row) -> list[Any]:
        """What it finds. Raises the driver's own errors."""
        return self.ask(db, driver_of(db), values)

    def ask(self, db: Connection, driver: Any, values: Row) -> list[Any]:
        """As `rows`, of the connection's driver."""
        dialect: Any = db.dialect
        (message,) = self.messages(db, values)
        if driver.ahead and driver.ahead.kept:
            driver.ahead.catch_up()
        readers = self._readers.get(dialect.name)
        if readers is None:
            readers = self._readers[dialect.name] = self._learn(dialect)
        rows: list[Any] = []
        for found in dialect.fetch(driver, *message):
            row = list(found)
            for place, read in readers:
                row[place] = read(row[place])
            rows.append(self._row(*row))
        return rows

    def _learn(self, dialect: Any) -> Readers:
        types = [column.type.dialect_impl(dialect) for column in self._statement.selected_columns]
        found = [(place, type_.result_processor(dialect, None)) for place, type_ in enumerate(types)]
        return [(place, read) for place, read in found if read]


class Locking:
    """A query that locks the rows it finds; ahead of the lock it only reads, and somebody states the `Fact`."""

    def __init__(self, statement: Select[Any], *of: Table) -> None:
        self._reading, self._locking = Query(statement), Query(statement.with_for_update(key_share=True, of=of or None))

    def rows(self, db: Connection, values: Row) -> list[Any]:
        """What it finds."""
        driver = driver_of(db)
        return (self._reading if driver.ahead else self._locking).ask(db, driver, values)


def upsert(db: Connection, table: Table) -> Any:
    """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`, in this database's words."""
    return (sqlite if db.dialect.name == "sqlite" else postgresql).insert(table)


def _compile(dialect: Any, statement: Any, row: Row) -> tuple[str, Binds, Row]:
    columns = list(row) if _of_rows(statement) else None
    compiled: Any = statement.compile(dialect=dialect.wording, column_keys=columns)
    binds = [compiled.binds[name] for name in compiled.positiontup]
    found = [(bind.key, bind.type.dialect_impl(dialect).bind_processor(dialect)) for bind in binds]
    own = {bind.key: bind.value for bind in binds if bind.key not in row}  # what the statement itself says
    return str(compiled), found, own


def _of_rows(statement: Any) -> TypeGuard[Insert]:
    return isinstance(statement, Insert) and statement.select is None
