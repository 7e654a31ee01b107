"""What statements say beyond SQL: which writes may wait, and how a row is put or replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import BindParameter, Connection, Dialect, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import UpdateBase

Row: TypeAlias = Mapping[str, Any]


class Unread:
    """A write whose answer nobody looks at: it may reach the database later, within its transaction.

    What is wrong with it is raised then. It is compiled once, for the columns of its first row.
    """

    def __init__(self, statement: UpdateBase) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def send(self, db: Connection, *rows: Row) -> None:
        """Do it for every row; all have the same keys."""
        dialect: Any = db.dialect
        compiled = self._compiled.get(dialect.name) or self._compile(dialect, rows[0])
        dialect.send(db, compiled.sql, [compiled.bind(row) for row in rows])

    def _compile(self, dialect: Dialect, row: Row) -> _Compiled:
        columns = list(row) if isinstance(self._statement, Insert) and self._statement.select is None else None
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=columns)
        values = {name: _value(bind, row, dialect) for name, bind in compiled.binds.items()}
        made = _Compiled(
            str(compiled), _in_order(values, compiled.positiontup) if compiled.positional else _named(values)
        )
        self._compiled[dialect.name] = made
        return made


class _Compiled(NamedTuple):
    sql: str
    bind: Callable[[Row], Any]


Value: TypeAlias = Callable[[Row], Any]


def _value(bind: BindParameter[Any], row: Row, dialect: Dialect) -> Value:
    """How to find the value of a parameter, as the driver wants it: in the row, or in the statement itself."""
    name, process = bind.key, bind.type.dialect_impl(dialect).bind_processor(dialect)
    if name not in row:
        fixed = process(bind.value) if process else bind.value
        return lambda _: fixed
    if process is None:
        return itemgetter(name)
    return lambda row: process(row[name])


def _in_order(values: Mapping[str, Value], order: Iterable[str]) -> Callable[[Row], tuple[Any, ...]]:
    found = [values[name] for name in order]
    return lambda row: tuple([value(row) for value in found])


def _named(values: Mapping[str, Value]) -> Callable[[Row], dict[str, Any]]:
    return lambda row: {name: value(row) for name, value in values.items()}


def upsert(db: Connection, table: Table) -> Any:
    """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`, in this database's words."""
    return (sqlite if db.dialect.name == "sqlite" else postgresql).insert(table)
