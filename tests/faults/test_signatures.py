"""A row that a worker has signed is done by that worker, whoever else looks at it."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from engine import jobs
from engine.context import Context
from engine.database import LOCK_TIMEOUT_SECONDS
from engine.tables import jobs as rows
from tests.conftest import Office
from tests.faults.scenes import count, problems, with_due_job

WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
LEFT = "SELECT count(*) FROM jobs WHERE kind = 'topic'"


@pytest.mark.parametrize("office", ["postgresql"], indirect=True)  # on SQLite nobody else is at work
def test_a_signed_row_that_another_worker_holds_for_a_moment_is_done_all_the_same(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL locks a row that changed since it was found, sees that it is not wanted any more, and keeps the lock.

    Skipped, the row would wait until its signature runs out, and count as one at which a worker died.
    """
    with_due_job(office)
    begin, held, over = jobs._begin, threading.Event(), threading.Event()

    def hold() -> None:
        with office.database.write() as db:
            db.execute(select(rows.c.id).with_for_update())
            held.set()
            while not over.wait(0.01) and not count(office, WAITS):
                pass

    with ThreadPoolExecutor(1) as pool:
        other: list[Future[None]] = []

        def begins(ctx: Context, attempt: Any, *which: Any, mail: bool) -> jobs.Outcome:
            if attempt.signed and not other:
                other.append(pool.submit(hold))
                assert held.wait(LOCK_TIMEOUT_SECONDS)
            return begin(ctx, attempt, *which, mail=mail)

        monkeypatch.setattr(jobs, "_begin", begins)
        touched = jobs.run_due(office.engine, office.database)
        over.set()
        other[0].result()
    assert touched == 1
    assert count(office, LEFT) == 0
    assert problems(office) == []
