"""F-03, F-05, F-14, F-15: workers that race, die, lose their database, or meet a handler or a case that is broken."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from engine import jobs
from engine.calendar import SystemClock
from engine.context import Engine
from engine.database import Database
from engine.library import Library
from engine.polling import Worker
from engine.procrastination import Distributed
from engine.replay import BEGIN
from engine.settle import RETRY_AFTER
from engine.tables import audit
from engine.tables import jobs as jobs_table
from tests.conftest import Office
from tests.faults.scenes import asked_units, failing, problems, send, times, with_due_job
from tests.postgres import PostgresStage

PATIENCE_SECONDS = 30
Make = Callable[[Engine, Database], Worker | Distributed]
KINDS: dict[str, Make] = {"own": Worker, "procrastinate": Distributed}


@pytest.fixture
def on_postgresql(postgresql_stage: PostgresStage, answers: Any, request: pytest.FixtureRequest) -> Iterator[Office]:
    """The organisation on PostgreSQL."""
    name = f"worker-{abs(hash(request.node.nodeid))}"
    database, engine = postgresql_stage.copy(name, BEGIN)
    yield Office(database, engine, answers)
    database.close()
    postgresql_stage.remove(name)


@contextmanager
def at_work(office: Office, make: Make = Worker) -> Iterator[None]:
    """A worker beside the test, by the real clock."""
    stop = threading.Event()
    worker = make(replace(office.engine, clock=SystemClock()), office.database)
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()


def until(holds: Callable[[], Any]) -> None:
    """Wait for something, but not for ever."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


def undone(office: Office) -> int:
    return len(office.query("SELECT id FROM jobs WHERE kind IN ('topic', 'timer') AND status = 'due'"))


def _fires_in_time(office: Office, make: Make) -> None:
    asked_units(office)
    with at_work(office, make):
        due = SystemClock().now() + timedelta(seconds=1.5)
        with office.database.write() as db:
            db.execute(update(jobs_table).where(jobs_table.c.kind == "timer").values(due_at=due))
        until(lambda: undone(office) == 0)
    with office.database.read() as db:
        fired = db.execute(select(audit.c.at).where(audit.c.tag == "timer:fired")).scalar_one()
    assert timedelta() <= fired - due <= timedelta(seconds=2)


def test_a_timer_fires_at_most_two_seconds_late(office: Office) -> None:
    _fires_in_time(office, Worker)


def test_a_timer_fires_at_most_two_seconds_late_by_procrastinate(on_postgresql: Office) -> None:
    _fires_in_time(on_postgresql, Distributed)


@pytest.mark.parametrize("kind", KINDS)
def test_workers_that_are_killed_lose_and_double_nothing(
    on_postgresql: Office, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-03: four worker processes on one PostgreSQL; again and again one of them dies, which is no row's fault."""
    monkeypatch.setattr(jobs, "RETRY_AFTER", RETRY_AFTER * 10)
    office = on_postgresql
    asked = [with_due_job(office) for _ in range(times(15, 200))]
    url = office.database.url.render_as_string(hide_password=False)
    office.database.close()
    chance, kills = random.Random(2570), 0  # noqa: S311 - chosen at random, the same every time
    workers = [_fork(office, url, KINDS[kind]) for _ in range(4)]
    end = time.monotonic() + PATIENCE_SECONDS
    while (left := undone(office)) and time.monotonic() < end:
        victim = chance.randrange(len(workers))
        os.kill(workers[victim], signal.SIGKILL)
        os.waitpid(workers[victim], 0)
        kills += 1
        workers[victim] = _fork(office, url, KINDS[kind])
        time.sleep(chance.uniform(0.05, 0.4))
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)
    assert (left, kills > 0) == (0, True)
    done = office.query("SELECT case_id FROM audit WHERE tag = 'handler:done'")
    assert sorted(row.case_id for row in done) == sorted(asked)
    assert problems(office) == []


def _fork(office: Office, url: str, make: Make) -> int:
    office.database.close()
    process = os.fork()
    if process == 0:
        try:
            engine = replace(office.engine, library=Library(), clock=SystemClock())
            make(engine, Database(url)).run(threading.Event())
        finally:
            os._exit(1)
    return process


def test_a_message_is_sent_by_one_of_two_workers(office: Office) -> None:
    scene = send(office)
    both = [threading.Thread(target=scene.act, args=(office.engine, office.database)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert scene.mail is not None
    assert len(scene.mail.read_text().splitlines()) == 1


def test_a_mail_server_that_refuses_is_tried_later_and_longer(office: Office) -> None:
    scene = send(office)

    def refuse(_: Any) -> None:
        raise ConnectionRefusedError("no mail today")

    assert jobs.run_due(office.engine, office.database, refuse) == 1
    for wait in (10, 20):
        office.clock.forward(seconds=wait - 1)
        assert jobs.run_due(office.engine, office.database, refuse) == 0
        office.clock.forward(seconds=1)
        assert jobs.run_due(office.engine, office.database, refuse) == 1
    assert office.query("SELECT attempts FROM jobs WHERE kind = 'send'")[0].attempts == 3
    office.clock.forward(minutes=1)
    scene.act(office.engine, office.database)
    assert scene.effects() == 1
    assert office.query("SELECT id FROM incidents WHERE resolved_at IS NULL") == []


@pytest.mark.parametrize("damage", ["[1, [", '[99, "another format"]', "[1, [null]]"])
def test_a_damaged_case_gets_an_incident_and_the_others_go_on(office: Office, damage: str) -> None:
    """F-15."""
    broken, sound = with_due_job(office), [with_due_job(office) for _ in range(5)]
    with office.database.write() as db:
        db.exec_driver_sql(f"UPDATE cases SET state = '{damage}' WHERE id = '{broken}'")  # noqa: S608 - of this test
    with at_work(office):
        until(lambda: undone(office) == 1)
    assert all([task.element for task in office.open(case)] == ["S1_memo"] for case in sound)
    incident = office.query("SELECT case_id, kind FROM incidents WHERE resolved_at IS NULL")
    assert [(row.case_id, row.kind) for row in incident] == [(broken, "handler")]
    number = office.query("SELECT number FROM cases WHERE id = :case", case=broken)[0].number
    assert [problem.split(":")[0] for problem in problems(office)] == [number]


def test_a_case_without_its_definition_gets_an_incident(on_postgresql: Office) -> None:
    office = on_postgresql
    case = with_due_job(office)
    with office.database.write() as db:
        db.exec_driver_sql("ALTER TABLE cases DROP CONSTRAINT fk_cases_definition_id")
        db.exec_driver_sql(f"UPDATE cases SET definition_id = 'gone' WHERE id = '{case}'")  # noqa: S608 - an id of ours
    assert office.tick() == 1
    assert "definition" in office.query("SELECT message FROM incidents WHERE resolved_at IS NULL")[0].message


def test_a_handler_that_always_fails_keeps_no_other_waiting(office: Office) -> None:
    """F-14."""
    bad, good = asked_units(office), with_due_job(office)
    office.engine = replace(office.engine, topics=failing(office.engine.topics, "notify"))
    office.clock.forward(days=40)
    assert office.tick() == 2
    assert [task.element for task in office.open(good)] == ["S1_memo"]
    assert office.row(bad).status == "running"
    for minutes in (1, 6, 61):
        assert office.tick(minutes=minutes) == 1
    assert office.tick(days=30) == 0
    assert [row.status for row in office.query("SELECT status FROM jobs WHERE kind = 'topic'")] == ["failed"]
    assert problems(office) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_outlives_its_database(on_postgresql: Office, postgresql_stage: PostgresStage, kind: str) -> None:
    """F-05."""
    office = on_postgresql
    with_due_job(office)
    postgresql_stage.cluster.checkpoint()
    with at_work(office, KINDS[kind]):
        until(lambda: undone(office) == 0)
        postgresql_stage.cluster.crash()
        time.sleep(0.5)
        postgresql_stage.cluster.start()
        with_due_job(office)
        until(lambda: undone(office) == 0)
    assert problems(office) == []
