"""Everything that is asked of the database, whether SQLAlchemy asks it or the driver is asked itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from engine.database.statements import Worded

Note = Callable[[Connection, str], None]


@contextmanager
def each_statement(engine: Engine, note: Note) -> Iterator[None]:
    """Call `note` before every statement of an engine; an unread write, when it is given, and when it is sent."""
    messages = Worded.messages

    def noted(self: Worded, db: Connection, *rows: Any) -> Any:
        found = messages(self, db, *rows)
        if db.engine is engine:
            for sql, _ in found:
                note(db, sql)
        return found

    def asked(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        note(connection, statement)

    event.listen(engine, "before_cursor_execute", asked)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Worded, "messages", noted)
            yield
    finally:
        event.remove(engine, "before_cursor_execute", asked)


@contextmanager
def all_statements(engine: Engine) -> Iterator[list[str]]:
    """What is asked meanwhile, each once."""
    seen: list[str] = []

    def note(_: Connection, statement: str) -> None:
        if not statement.startswith("BEGIN") and statement not in seen[-1:]:  # an unread write that is sent at once
            seen.append(statement)

    with each_statement(engine, note):
        yield seen


@contextmanager
def each_answer(db: Connection, note: Callable[[str], None]) -> Iterator[None]:
    """Call `note` after every statement of a connection that is answered at once."""
    dialect: Any = db.dialect
    fetch = dialect.fetch

    def fetched(asked: Connection, sql: str, values: Sequence[Any]) -> Any:
        found = fetch(asked, sql, values)
        if asked is db:
            note(sql)
        return found

    event.listen(db, "after_cursor_execute", lambda *about: note(about[2]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dialect, "fetch", fetched)
        yield
