"""Commands that reckon before they write: ahead of their lock, and with few trips to PostgreSQL."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import Connection, event, select
from sqlalchemy.exc import DBAPIError

from engine import tasks
from engine.context import Context
from engine.database import Database
from engine.database.ahead import Message, driver_of
from engine.database.postgresql import Ahead, Line
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


def test_those_who_reckon_ahead_keep_nobody_from_writing(office: Office) -> None:
    """They hold every connection there is and wait for the lock; whoever has it must not wait for a connection."""
    everybody = Database(office.database.url.render_as_string(hide_password=False), lock_timeout=2)
    pool: Any = everybody.engine.pool
    many = pool.size() + pool._max_overflow
    acts = [completion(office, at_memo(office)) for _ in range(many)]
    reading, coming = threading.Barrier(many + 1), threading.Event()

    def reckon(act: Callable[[Context], Any]) -> None:
        def ahead(db: Connection) -> None:
            act(office.context(db))
            if not coming.is_set():
                reading.wait()
                coming.wait()

        everybody.command(ahead)

    def write() -> None:
        with everybody.write() as db:
            db.execute(select(task_rows.c.id)).first()

    with ThreadPoolExecutor(many + 1) as threads:
        done = [threads.submit(reckon, act) for act in acts]
        reading.wait()
        done.append(threads.submit(write))
        coming.set()
    assert [each.exception() for each in done] == [None] * (many + 1)
    everybody.close()
    assert problems(office) == []


def test_a_refusal_takes_no_lock(office: Office) -> None:
    case = office.start("link_termination", "it")
    it, task = office.person("it"), office.open(case)[0].id
    with office.database.write(), pytest.raises(AnswersRefused):
        office.database.command(lambda db: tasks.complete(office.context(db), task, it, {}))


@on_sqlite
def test_a_refusal_leaves_no_transaction_on_the_connection_that_the_next_one_gets(office: Office) -> None:
    """The driver begins and commits; SQLAlchemy has a transaction of its own where it is asked something."""
    case = at_memo(office)
    act = completion(office, case)

    def refused(db: Connection) -> None:
        db.execute(select(task_rows)).all()
        raise AnswersRefused({})

    with pytest.raises(AnswersRefused):
        office.database.command(refused)
    assert office.database.command(lambda db: (db.in_transaction(), driver_of(db).in_transaction)) == (False, True)
    office.database.command(lambda db: act(office.context(db)))
    assert elements(office, case) == ["S1_endorse"]


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
    with pytest.raises((DBAPIError, sqlite3.IntegrityError), match="not today"):
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


def test_a_lock_that_does_not_come_leaves_the_connection_as_it_was(office: Office) -> None:
    case = at_memo(office)
    act = completion(office, case)

    def fails(db: Connection) -> None:
        act(office.context(db))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        office.database.command(fails)
    with office.database.write() as db:
        assert driver_of(db).ahead is None
    office.database.command(lambda db: act(office.context(db)))
    assert problems(office) == []


@contextmanager
def trips(office: Office) -> Iterator[list[list[str]]]:
    """What goes to PostgreSQL at once: the first words of its statements."""
    seen: list[list[str]] = []
    send = Line.send

    def noted(line: Line, *last: Message) -> Any:
        words = [sql.split()[0] for sql, _ in (*line.kept, *last)]
        seen.extend([words] if words else [])
        return send(line, *last)

    def asked(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append([statement.split(maxsplit=1)[0]])

    event.listen(office.database.engine, "before_cursor_execute", asked)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Line, "send", noted)
        yield seen
    event.remove(office.database.engine, "before_cursor_execute", asked)


@on_postgresql
def test_a_completion_is_two_trips(office: Office) -> None:
    """It asks for what it reads; then it begins, makes sure of it, writes and commits in one breath."""
    act = completion(office, at_memo(office))
    with trips(office) as seen:
        office.database.command(lambda db: act(office.context(db)))
    assert seen[0] == ["SELECT"]
    assert seen[1][:2] == ["BEGIN", "SELECT"]
    assert seen[1][-1] == "COMMIT"
    assert seen[1].count("COMMIT") == 1
    assert len(seen) == 2
    assert sum(map(len, seen)) - 2 <= 12  # statements, beside BEGIN and COMMIT


@on_postgresql
def test_the_case_is_found_by_its_key_while_the_server_knows_nothing_of_the_tables(office: Office) -> None:
    """It plans once for a connection's life: by an index on the status it would read every running case."""
    act = completion(office, at_memo(office))
    with office.database.engine.connect() as db, Ahead(db):
        act(office.context(db))
        ((sql, values),) = driver_of(db).ahead.asked()
    given = ", ".join(f"'{value}'" for value in values)
    with office.database.write() as db:
        db.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
        db.exec_driver_sql(f"PREPARE fact AS {sql}")
        plan = "\n".join(db.exec_driver_sql(f"EXPLAIN EXECUTE fact ({given})").scalars())
    assert "pk_cases" in plan


@on_postgresql
def test_a_connection_goes_on_after_psycopg_forgot_what_was_prepared(office: Office) -> None:
    """It tells the server so at a DROP, an ALTER and every ROLLBACK, and means what we have prepared too."""
    mine, theirs = completion(office, at_memo(office)), completion(office, at_memo(office))
    for _ in range(6):  # psycopg prepares what it was asked five times
        with office.database.write() as db:
            db.execute(select(task_rows)).all()
            with suppress(ZeroDivisionError), db.begin_nested():
                db.execute(select(task_rows)).all()
                raise ZeroDivisionError
    office.database.command(lambda db: mine(office.context(db)))
    with office.database.write() as db, suppress(ZeroDivisionError), db.begin_nested():
        raise ZeroDivisionError
    office.database.command(lambda db: theirs(office.context(db)))
    assert problems(office) == []


@on_postgresql
def test_what_is_read_often_is_prepared_once(office: Office) -> None:
    """psycopg would forget what it prepared at every ROLLBACK that it sees."""
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
    office.database.close()  # so that every connection is taken anew
    event.listen(office.database.engine, "connect", lambda driver, *_: driver.set_trace_callback(seen.append))
    act = completion(office, at_memo(office))
    seen.clear()
    office.database.command(lambda db: act(office.context(db)))
    words = [sql.split()[0] for sql in seen]
    assert 0 < len([word for word in words if word not in ("BEGIN", "ROLLBACK", "COMMIT", "PRAGMA")]) <= 12
    assert words.count("COMMIT") == 1


def patience(db: Connection) -> int:
    return int(db.exec_driver_sql("PRAGMA busy_timeout").scalar_one())


@on_sqlite
def test_commands_one_after_the_other_share_a_connection_that_never_waits_by_itself(office: Office) -> None:
    seen: list[tuple[int, int]] = []
    for _ in range(3):
        office.database.command(lambda db: seen.append((id(driver_of(db)), patience(db))))
    assert len(set(seen)) == 1
    assert seen[0][1] == 0


@on_sqlite
def test_a_connection_on_which_something_broke_goes_back_to_the_pool_patient(office: Office) -> None:
    act = completion(office, at_memo(office))

    def breaks(db: Connection) -> None:
        act(office.context(db))
        db.execute(select(task_rows)).all()  # under the lock, behind what was kept back
        raise ZeroDivisionError

    office.database.command(lambda _: None)
    with pytest.raises(ZeroDivisionError):
        office.database.command(breaks)
    with office.database.read() as db:
        assert patience(db) == 10_000
    office.database.command(lambda db: act(office.context(db)))
    assert problems(office) == []


@on_sqlite
def test_what_was_refused_keeps_its_connection(office: Office) -> None:
    seen: list[int] = []

    def refused(db: Connection) -> None:
        seen.append(id(driver_of(db)))
        raise TaskGone(status="done", by="")

    for _ in range(3):
        with suppress(TaskGone):
            office.database.command(refused)
    assert len(set(seen)) == 1
