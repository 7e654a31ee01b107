"""What must be the same on SQLite and PostgreSQL: the schema, races for the first row, waiting, searching."""

from __future__ import annotations

import contextlib
import gc
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, select

from engine import audit, definitions, messages, project, registry, tasks, views
from engine.calendar import SystemClock
from engine.database import Database, sqlite
from engine.errors import Busy, Unavailable
from engine.replay import Stage
from engine.tables import counters, metadata
from tests.conftest import Office
from tests.postgres import Cluster

USERS = 8


def together(act: Callable[[int], Any], count: int = USERS) -> list[Any]:
    """What each of several threads gets that start at the same moment; an error is a result too."""
    gate = threading.Barrier(count)

    def one(number: int) -> Any:
        gate.wait()
        try:
            return act(number)
        except Exception as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


@pytest.fixture
def empty(request: pytest.FixtureRequest, stage: Stage) -> Iterator[Database]:
    """A database without tables."""
    name = f"empty-{abs(hash(request.node.nodeid))}"
    if isinstance(cluster := getattr(stage, "cluster", None), Cluster):
        cluster.create(name)
    made = stage.database(name)
    yield made
    made.close()
    stage.remove(name)


def test_the_migrations_make_what_the_tables_say(empty: Database) -> None:
    empty.migrate()
    with empty.read() as db:

        def ours(name: str | None, kind: str, _: object) -> bool:
            return kind != "table" or not str(name).startswith("procrastinate_")

        options = {"compare_type": True, "compare_server_default": True, "include_name": ours}
        context = MigrationContext.configure(db, opts=options)
        assert compare_metadata(context, metadata) == []


def test_two_processes_that_start_together_both_migrate(empty: Database) -> None:
    assert together(lambda _: empty.migrate(), 2) == [None, None]
    assert empty.revision() is not None


def test_the_first_numbers_of_a_year_have_no_double_and_no_gap(office: Office) -> None:
    with office.database.write() as db:
        db.execute(counters.delete())
    together(lambda _: office.start("link_termination", "it"))
    numbers = [row.number for row in office.query("SELECT number FROM cases ORDER BY number")]
    assert numbers == [f"6.4-2570-{n:04d}" for n in range(1, USERS + 1)]


def test_two_deployments_at_once_make_two_versions(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    file = "link-termination.bpmn"
    content = project.files()[file]

    def deploy(number: int) -> list[str]:
        changed = content.replace(b"</bpmn:definitions>", b"<!-- %d --></bpmn:definitions>" % number)
        with office.database.write() as db:
            return definitions.deploy(office.context(db), {file: changed}, "it", "test")

    meet, store = threading.Barrier(2), definitions._store

    def store_together(*given: Any) -> str:
        with contextlib.suppress(threading.BrokenBarrierError):  # where the second waits, they never meet
            meet.wait(timeout=0.5)
        return store(*given)

    monkeypatch.setattr(definitions, "_store", store_together)
    results = together(deploy, 2)
    assert [r for r in results if isinstance(r, Exception)] == []
    rows = office.query("SELECT version, live FROM definitions WHERE process = 'link_termination' ORDER BY version")
    assert [(row.version, bool(row.live)) for row in rows] == [(1, False), (2, False), (3, True)]


def test_a_notice_is_confirmed_twice_at_once_without_a_fault(office: Office) -> None:
    case = office.start("manual_review", "it")
    office.do(case, "S1", "it", reply_by="2026-12-15")
    office.do(case, "S1_endorse", "it-director", S1_decision="approve")
    clerk = office.person("clerk")
    rows = office.query("SELECT id, candidate FROM messages")
    message = next(row.id for row in rows if row.candidate in clerk.candidates)

    def confirm(_: int) -> None:
        with office.database.write() as db:
            messages.confirm(office.context(db), message, clerk)

    assert together(confirm) == [None] * USERS


def test_a_draft_is_saved_from_two_tabs_at_once(office: Office) -> None:
    task, it = office.open(office.start("link_termination", "it"))[0].id, office.person("it")

    def save(number: int) -> None:
        with office.database.write() as db:
            tasks.save_draft(office.context(db), task, it, {"reason": str(number)})

    assert together(save) == [None] * USERS
    assert len(office.query("SELECT person FROM drafts")) == 1


def test_names_longer_than_their_column_are_cut(office: Office) -> None:
    case = office.start("external_link", "it")
    named = {"partner_name": "ก" * 400, "dataset_name": "ข" * 600}
    with office.database.write() as db:
        writer = registry.Registry(office.context(db), case, "it")
        link = registry.Link("outbound", named["partner_name"], named["dataset_name"])
        number = writer.propose(link, registry.LinkState.SCORED)
        told = messages.Receiver("ค" * 400, None, "")
        messages._post(office.context(db), case, None, messages.Notice("หัวเรื่อง", "เนื้อความ"), None, told)
    row = office.query("SELECT partner, dataset FROM links WHERE number = :number", number=number)[0]
    assert (len(row.partner), len(row.dataset)) == (300, 500)
    assert len(office.query("SELECT recipient FROM messages")[0].recipient) == 200


def test_searching_ignores_the_case_of_letters(office: Office) -> None:
    office.start("link_termination", "it")
    admin = office.person("admin")
    with office.database.write() as db:
        db.exec_driver_sql("UPDATE cases SET title = 'การเชื่อมโยงกับ GDX Agency'")
        db.exec_driver_sql("UPDATE links SET partner = 'GDX Agency' WHERE number = 'L-2570-0001'")
    with office.database.read() as db:
        assert len(views.case_list(office.context(db), admin, words="gdx agency")[0]) == 1
        assert [row.number for row in registry.all_links(db, words="gdx")] == ["L-2570-0001"]


def test_a_lock_is_waited_for_and_then_refused(office: Office) -> None:
    impatient = Database(office.database.url.render_as_string(hide_password=False), lock_timeout=1)
    case = office.start("link_termination", "it")
    with office.database.write() as db:
        db.exec_driver_sql(f"UPDATE cases SET version = version WHERE id = '{case}'")  # noqa: S608 - an id of ours
        begun = time.monotonic()
        with pytest.raises(Busy), impatient.write() as other:
            other.exec_driver_sql(f"UPDATE cases SET version = version WHERE id = '{case}'")  # noqa: S608 - as above
        assert 0.9 < time.monotonic() - begun < 9
    impatient.close()


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)  # PostgreSQL wakes the next one itself
def test_a_lock_that_is_given_back_is_taken_at_the_next_question(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sqlite3.connect(str(office.database.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    asked: list[float] = []

    def wait(seconds: float) -> None:
        asked.append(seconds)
        other.execute("ROLLBACK")

    monkeypatch.setattr(sqlite, "sleep", wait)
    with office.database.write() as db:
        db.execute(insert(counters), {"name": "a", "value": 1})
    assert asked == [sqlite.POLL_SECONDS]
    assert office.query("SELECT value FROM counters WHERE name = 'a'")[0].value == 1
    other.close()


def test_a_deadlock_is_a_refusal_for_one_of_the_two(office: Office) -> None:
    with office.database.write() as db:
        db.execute(insert(counters), [{"name": "a", "value": 1}, {"name": "b", "value": 1}])
    halfway = threading.Barrier(2)

    def cross(number: int) -> str:
        first, second = ("a", "b") if number else ("b", "a")
        with office.database.write() as db:
            db.execute(counters.update().where(counters.c.name == first).values(value=2))
            if not office.database.sqlite:  # there the second waits before its first statement
                halfway.wait()
            db.execute(counters.update().where(counters.c.name == second).values(value=2))
        return "done"

    results = together(cross, 2)
    refused = [r for r in results if r != "done"]
    assert len(refused) == (0 if office.database.sqlite else 1)
    assert all(isinstance(r, Busy) for r in refused)


def test_a_database_that_is_away_is_a_refusal() -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(Unavailable), away.read():
        pass
    with pytest.raises(Unavailable), away.write():
        pass


def test_the_audit_chain_is_sound_while_the_clock_runs(office: Office) -> None:
    """Every moment a command writes down is one and the same, that of its transaction."""
    office.engine = replace(office.engine, clock=SystemClock())
    case = office.start("link_termination", "it")
    with office.database.read() as db:
        assert audit.verify(db, case) is None
        context = office.context(db)
        assert context.now == context.now


def test_a_mistake_in_a_statement_stays_a_mistake(office: Office) -> None:
    with pytest.raises(Exception, match="no_such_table") as mistake, office.database.write() as db:
        db.exec_driver_sql("SELECT * FROM no_such_table")
    assert not isinstance(mistake.value, (Busy, Unavailable))


def test_a_read_sees_one_state(office: Office) -> None:
    with office.database.read() as db:
        before = db.exec_driver_sql("SELECT count(*) FROM cases").scalar()
        office.start("link_termination", "it")
        assert db.exec_driver_sql("SELECT count(*) FROM cases").scalar() == before


def test_where_every_connection_is_taken_the_next_one_is_asked_to_come_again(office: Office) -> None:
    database = Database(office.database.url.render_as_string(hide_password=False))
    pool: Any = database.engine.pool
    pool._timeout = 0.01
    with contextlib.ExitStack() as taken:
        for _ in range(pool.size() + pool._max_overflow):
            taken.enter_context(database.read())
        with pytest.raises(Busy), database.read():
            pass
    database.close()


def hang_up(office: Office, but: int = 0) -> None:
    """The server closes every connection to this database, but one."""
    ended = _beside(office, "SELECT pg_terminate_backend(pid, 5000) FROM others WHERE pid <> %s", but)
    assert all(fine for (fine,) in ended)


def _beside(office: Office, sql: str, *values: Any) -> list[Any]:
    """What a connection of its own finds, among the `others`."""
    others = (
        "WITH others AS (SELECT pid FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid())"
    )
    url = office.database.url.set(drivername="postgresql").render_as_string()
    with psycopg.connect(url, autocommit=True) as own:
        return own.execute(f"{others} {sql}".encode(), values).fetchall()


@pytest.mark.parametrize("office", ["postgresql"], indirect=True)
@pytest.mark.parametrize("way", ["read", "glance", "write", "command"])
def test_who_comes_after_the_server_hung_up_does_not_notice(office: Office, way: str) -> None:
    def asks(db: Any) -> list[Any]:
        return list(db.execute(select(counters.c.value)))

    before = office.query("SELECT value FROM counters")
    with office.database.read(), office.database.read(), office.database.read():
        pass  # three connections lie in the pool, none of them for long
    hang_up(office)
    if way == "command":
        assert office.database.command(asks) == before
    else:
        with getattr(office.database, way)() as db:
            assert asks(db) == before


@pytest.mark.parametrize("office", ["postgresql"], indirect=True)
def test_a_connection_that_is_out_while_the_others_die_comes_back(office: Office) -> None:
    with office.database.read(), office.database.read() as db:
        mine = db.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with office.database.read():
            pass  # a third one lies in the pool
        hang_up(office, but=mine)
        with office.database.write():
            pass
    office.database.close()
    gc.collect()  # one that nobody closed would be told here, and fail this test
    assert _beside(office, "SELECT * FROM others") == []
