"""F-14: a handler that hangs or takes its worker with it: tries are counted, other work goes on, a person is asked."""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from engine import case as case_row
from engine import jobs, procrastination, watchdog, worker
from engine.calendar import SystemClock
from engine.database import Database
from engine.library import Library
from engine.settle import RETRY_AFTER
from engine.topics import Call, Topics
from tests.conftest import Office
from tests.faults.kill import in_process
from tests.faults.scenes import handler, problems, with_due_job
from tests.faults.test_workers import until

LIMIT_SECONDS = 0.3
Run = Callable[[object, Call], object]


def hang(_given: object, _call: Call) -> None:
    """Waits for what never comes, as a socket without a time-out would."""
    threading.Event().wait()


def die(_given: object, _call: Call) -> None:
    """As the operating system ends whoever takes all its memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def bad_for(case: str, real: Topics, run: Run, tried: Path) -> Topics:
    """The handlers, one of which does something bad for one case; every try is written down."""

    def once_more(given: object, call: Call) -> object:
        if call.case_id != case:
            return real._topics["registry-read"].run(given, call)
        with tried.open("a") as file:
            file.write("tried\n")
        return run(given, call)

    found = Topics()
    found._topics = {**real._topics, "registry-read": replace(real._topics["registry-read"], run=once_more)}
    return found


class Supervisor:
    """Starts a worker process, and again whenever it has ended, as gunicorn or a service manager does."""

    def __init__(self, office: Office) -> None:
        self._office, self.ended = office, 0
        self._url = office.database.url.render_as_string(hide_password=False)
        self._process = self._start()

    def _start(self) -> int:
        self._office.database.close()
        process = os.fork()
        if process == 0:
            logging.disable()
            watchdog.start(LIMIT_SECONDS)
            engine = replace(self._office.engine, library=Library(), clock=SystemClock())
            worker.for_database(engine, Database(self._url))(threading.Event())
        return process

    def look(self) -> None:
        """Start it again where it has ended."""
        if os.waitpid(self._process, os.WNOHANG) != (0, 0):
            self.ended += 1
            self._process = self._start()

    def stop(self) -> None:
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)


@pytest.fixture
def supervised(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Supervisor]]:
    """How to start the worker that is for this database; it looks every second for what dead workers left."""
    monkeypatch.setattr(jobs, "SIGNED", timedelta(seconds=0.2))
    monkeypatch.setattr(procrastination, "SWEEP_EVERY", "* * * * * *")
    monkeypatch.setattr(faulthandler, "dump_traceback", lambda: None)
    started: list[Supervisor] = []

    def start() -> Supervisor:
        started.append(Supervisor(office))
        return started[0]

    yield start
    for each in started:
        each.stop()


@pytest.mark.parametrize("run", [hang, die])
def test_a_handler_that_takes_its_worker_with_it_is_given_up(
    office: Office, supervised: Callable[[], Supervisor], run: Run, tmp_path: Path
) -> None:
    bad, good = with_due_job(office), with_due_job(office)
    tried = tmp_path / "tried"
    office.engine = replace(office.engine, topics=bad_for(bad, office.engine.topics, run, tried))
    supervisor = supervised()

    def given_up() -> bool:
        supervisor.look()
        return bool(office.query("SELECT id FROM jobs WHERE kind = 'topic' AND status = 'failed'"))

    until(given_up)
    assert len(tried.read_text().splitlines()) == supervisor.ended == len(RETRY_AFTER)  # the first try was the person's
    until(lambda: [task.element for task in office.open(good)] == ["S1_memo"])
    incidents = office.query("SELECT case_id, message FROM incidents WHERE resolved_at IS NULL")
    assert [row.case_id for row in incidents] == [bad]
    assert "Every worker that tried this ended" in incidents[0].message
    assert office.start("link_termination", "it"), "no lock is left"
    assert problems(office) == []


def test_a_killed_try_counts_and_what_was_only_signed_is_done(office: Office) -> None:
    scene = handler(office)
    assert in_process(office, scene.act, "after the commit", nth=1)
    assert office.tick() == 0, "the dead worker may still come"
    assert office.tick(seconds=2) == 1
    attempts = office.query("SELECT detail FROM audit WHERE tag = 'handler:done'")[0].detail
    assert '"attempts":3' in attempts
    assert scene.effects() == 1
    assert problems(office) == []


@pytest.mark.parametrize("office", ["postgresql"], indirect=True)  # on SQLite nobody meets a busy case
def test_a_row_whose_case_is_busy_costs_no_try(office: Office) -> None:
    case = with_due_job(office)
    before = office.query("SELECT * FROM jobs")
    with office.database.write() as db:
        case_row.lock_row(office.context(db), case)
        (job,) = before
        assert jobs.run_one(office.engine, office.database, job.id) is jobs.Outcome.ELSEWHERE
    assert office.query("SELECT * FROM jobs") == before
    assert office.tick() == 1
    assert problems(office) == []
