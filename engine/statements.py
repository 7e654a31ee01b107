"""What statements say beyond SQL: which writes may wait, and how a row is put or replaced."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite

UNREAD = "unread"
Write = TypeVar("Write", bound=Executable)


def unread(statement: Write) -> Write:
    """A write whose answer nobody looks at: it may reach the database later, within its transaction."""
    return statement.execution_options(**{UNREAD: True})


def upsert(db: Connection, table: Table) -> Any:
    """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`, in this database's words."""
    return (sqlite if db.dialect.name == "sqlite" else postgresql).insert(table)
