"""Commands that reckon before they write: ahead of SQLite's lock, and with few trips to PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, event, select
from sqlalchemy.exc import DBAPIError

from engine import sqlite, tasks
from engine.context import Context
from engine.errors import AnswersRefused, TaskGone
from engine.tables import tasks as task_rows
from tests.conftest import Office
from tests.faults.scenes import LINK, problems

on_sqlite = pytest.mark.parametrize("office", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("office", ["postgresql"], indirect=True)


def at_memo(office: Office) -> str:
    """A case of 6.4 at its second step, which people do and people go on with."""
    case = office.start("link_termination", "it")
    office.do(case, "S1", "it", **LINK)
    return case


def completion(office: Office, case: str) -> Callable[[Context], Any]:
    """The open step of such a case, done by the IT division."""
    (task,), it = office.open(case), office.person("it")
    given = office._answers[f"link_termination_{task.element}"]
    return lambda ctx: tasks.complete(ctx, task.id, it, given)


def elements(office: Office, case: str) -> list[str]:
    return [task.element for task in office.open(case)]


@on_sqlite
def test_what_was_reckoned_on_a_case_that_changed_is_reckoned_again(office: Office) -> None:
    case = at_memo(office)
    act, tries = completion(office, case), list[str]()

    def overtaken(db: Connection) -> None:
        tries.append("try")
        if len(tries) == 1:
            act(office.context(db))
            with office.database.write() as other:  # nothing is locked yet
                act(office.context(other))
        else:
            act(office.context(db))

    with pytest.raises(TaskGone):
        office.database.command(overtaken)
    assert len(tries) == 2
    assert problems(office) == []


@on_sqlite
def test_another_case_overtakes_without_harm(office: Office) -> None:
    mine, theirs = at_memo(office), at_memo(office)
    act, other, tries = completion(office, mine), completion(office, theirs), list[str]()

    def overtaken(db: Connection) -> None:
        tries.append("try")
        act(office.context(db))
        with office.database.write() as ahead:
            other(office.context(ahead))

    office.database.command(overtaken)
    assert tries == ["try"]
    assert [elements(office, case) for case in (mine, theirs)] == [["S1_endorse"], ["S1_endorse"]]
    assert problems(office) == []


@on_sqlite
def test_a_refusal_takes_no_lock(office: Office) -> None:
    case = office.start("link_termination", "it")
    it, task = office.person("it"), office.open(case)[0].id
    with office.database.write(), pytest.raises(AnswersRefused):
        office.database.command(lambda db: tasks.complete(office.context(db), task, it, {}))


def test_a_command_sees_what_it_wrote(office: Office) -> None:
    case = at_memo(office)
    act = completion(office, case)

    def done(db: Connection) -> list[str]:
        act(office.context(db))
        query = select(task_rows.c.status).where(task_rows.c.case_id == case).order_by(task_rows.c.status)
        return list(db.execute(query).scalars())

    assert office.database.command(done) == ["done", "done", "open"]


@pytest.mark.parametrize("table", ["audit", "tasks", "candidates", "participants", "cases"])
def test_a_write_that_fails_later_undoes_everything(office: Office, table: str) -> None:
    """The writes are kept back or queued: the database says no when they arrive, at the commit."""
    case = at_memo(office)
    act, before = completion(office, case), (office.row(case), office.open(case))
    with office.database.write() as db:
        _refuse(db, "UPDATE" if table == "cases" else "INSERT", table)
    with pytest.raises(DBAPIError, match="not today"):
        office.database.command(lambda db: act(office.context(db)))
    with office.database.write() as db:
        db.exec_driver_sql("DROP TRIGGER no" + ("" if office.database.sqlite else f" ON {table}"))
    assert (office.row(case), office.open(case)) == before
    office.database.command(lambda db: act(office.context(db)))
    assert elements(office, case) == ["S1_endorse"]
    assert problems(office) == []


def test_a_write_that_fails_at_a_handler_is_the_databases_fault_too(office: Office) -> None:
    """What was kept back is written before a handler's savepoint."""
    case = office.start("link_termination", "it")
    with office.database.write() as db:
        _refuse(db, "UPDATE", "tasks")
    with pytest.raises(DBAPIError, match="not today"):
        office.do(case, "S1", "it", **LINK)


def _refuse(db: Connection, act: str, table: str) -> None:
    """From now on the database refuses an act on every row of a table."""
    if db.dialect.name == "sqlite":
        db.exec_driver_sql(f"CREATE TRIGGER no BEFORE {act} ON {table} BEGIN SELECT RAISE(ABORT, 'not today'); END")
        return
    body = "$$ BEGIN RAISE EXCEPTION 'not today'; END $$"
    db.exec_driver_sql(f"CREATE OR REPLACE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS {body}")
    db.exec_driver_sql(f"CREATE TRIGGER no BEFORE {act} ON {table} FOR EACH ROW EXECUTE FUNCTION no()")


@on_sqlite
def test_a_lock_that_does_not_come_leaves_the_connection_as_it_was(office: Office) -> None:
    case = at_memo(office)
    act = completion(office, case)

    def fails(db: Connection) -> None:
        act(office.context(db))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        office.database.command(fails)
    with office.database.write() as db:
        assert sqlite.AHEAD not in db.info
    office.database.command(lambda db: act(office.context(db)))
    assert problems(office) == []


@on_postgresql
def test_all_writes_of_a_completion_are_one_trip(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for BEGIN, for what it reads, and once more: for everything that it writes and the commit."""
    act, trips, asked = completion(office, at_memo(office)), list[str](), list[str]()
    wait = psycopg.Connection.wait

    def counted(self: psycopg.Connection, *about: Any) -> Any:
        trips.append("trip")
        return wait(self, *about)

    event.listen(office.database.engine, "before_cursor_execute", lambda *about: asked.append(about[2].split()[0]))
    monkeypatch.setattr(psycopg.Connection, "wait", counted)
    office.database.command(lambda db: act(office.context(db)))
    assert asked == ["SELECT"]
    assert len(trips) == 3


@on_postgresql
def test_what_is_read_often_is_prepared_once(office: Office) -> None:
    """psycopg forgets what it prepared at every ROLLBACK."""
    for _ in range(8):
        with office.database.read() as db:
            db.execute(select(task_rows)).all()
    with office.database.read() as db:
        prepared = db.exec_driver_sql("SELECT statement FROM pg_prepared_statements").scalars().all()
    assert any("FROM tasks" in statement for statement in prepared)


@on_sqlite
def test_a_completion_is_twelve_statements_at_most_and_one_commit(office: Office) -> None:
    """As SQLite itself counts."""
    seen: list[str] = []
    event.listen(office.database.engine, "checkout", lambda driver, *_: driver.set_trace_callback(seen.append))
    act = completion(office, at_memo(office))
    seen.clear()
    office.database.command(lambda db: act(office.context(db)))
    words = [sql.split()[0] for sql in seen]
    assert 0 < len([word for word in words if word not in ("BEGIN", "ROLLBACK", "COMMIT", "PRAGMA")]) <= 12
    assert words.count("COMMIT") == 1


@on_postgresql
def test_a_completion_is_twelve_statements_at_most_on_postgresql_too(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    act, texts, asked = completion(office, at_memo(office)), list[str](), list[str]()
    execute = psycopg.ClientCursor.execute

    def counted(self: psycopg.ClientCursor, query: Any, *about: Any, **more: Any) -> Any:
        texts.append(query)
        return execute(self, query, *about, **more)

    event.listen(office.database.engine, "before_cursor_execute", lambda *about: asked.append(about[2]))
    monkeypatch.setattr(psycopg.ClientCursor, "execute", counted)
    office.database.command(lambda db: act(office.context(db)))
    (text,) = texts
    assert 0 < len(asked) + text.count(";\n") <= 12
    assert text.endswith(";\nCOMMIT")
