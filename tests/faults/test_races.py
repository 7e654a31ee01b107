"""F-08, F-09, F-10, F-16: people, timers and handlers at the same case at the same moment."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection

from engine import cases, jobs, tasks
from engine.context import Context
from engine.errors import PrasanError
from engine.tables import jobs as jobs_table
from tests.conftest import Office
from tests.faults.scenes import LARGE, LINK, asked_units, deploy, problems, times, with_due_job
from tests.statements import each_answer

USERS = 8
AT_THE_FIRST_LOCK, AT_THE_END = "at the first lock", "at the end"
Verb = Callable[[Office, str], Callable[[Context], Any]]


def outcome(
    office: Office, act: Callable[[Context], Any], held: Callable[[], None] = lambda: None, point: str = AT_THE_END
) -> str:
    """`done`, or the type of the refusal; anything but a refusal of ours fails the test. `held` runs at the point."""
    try:
        with office.database.write() as db:
            with _once_locked(db, held if point == AT_THE_FIRST_LOCK else lambda: None):
                act(office.context(db))
            if point == AT_THE_END:
                held()
    except PrasanError as refusal:
        if refusal.status >= 500:
            pytest.fail(repr(refusal))
        return type(refusal).__name__
    return "done"


def at_once(office: Office, act: Callable[[Context], Any]) -> str:
    """As `outcome`, as a page does it: ahead of the lock."""
    try:
        office.database.command(lambda db: act(office.context(db)))
    except PrasanError as refusal:
        if refusal.status >= 500:
            pytest.fail(repr(refusal))
        return type(refusal).__name__
    return "done"


@contextmanager
def _once_locked(db: Connection, held: Callable[[], None]) -> Iterator[None]:
    """Call `held` after the first statement that locks a row; SQLite has locked everything before it."""
    waiting = [held]

    def look(statement: str) -> None:
        if waiting and (db.dialect.name == "sqlite" or " FOR " in statement.replace("\n", " ")):
            waiting.pop()()

    with each_answer(db, look):
        yield


@pytest.mark.parametrize("users", [2, USERS])
def test_of_many_who_complete_a_task_one_wins(office: Office, users: int) -> None:
    """F-08 with two (a double click), F-09 with eight."""
    it, given = office.person("it"), {**office._answers["link_termination_S1"], **LINK}
    for _ in range(times(5, 50)):
        case = office.start("link_termination", "it")
        task, gate = office.open(case)[0].id, threading.Barrier(users)

        def complete(_: int, task: str = task, gate: threading.Barrier = gate) -> str:
            gate.wait()
            return at_once(office, lambda ctx: tasks.complete(ctx, task, it, given))

        with ThreadPoolExecutor(users) as pool:
            results = list(pool.map(complete, range(users)))
        assert sorted(results) == ["TaskGone"] * (users - 1) + ["done"]
    assert problems(office) == []


def test_two_units_answer_at_once_and_neither_is_lost(office: Office) -> None:
    case = asked_units(office)
    units = {"housing": "owner", "it_dept": "it", "vc_dept": "vc", "estate": "clerk"}
    given, gate = office._answers.get("manual_review_S2", {}), threading.Barrier(len(units))

    def answer(unit: str) -> str:
        task = next(t.id for t in office.open(case) if t.item == unit)
        person = office.person(units[unit])
        gate.wait()
        return at_once(office, lambda ctx: tasks.complete(ctx, task, person, given))

    with ThreadPoolExecutor(len(units)) as pool:
        assert list(pool.map(answer, units)) == ["done"] * len(units)
    assert len(office.open(case)) == USERS - len(units)
    assert problems(office) == []


# --- F-10: one holds its transaction open while the other comes ----------------------------------


def _task(office: Office, case: str) -> str:
    return str(next(task.id for task in office.open(case) if task.item in (None, "it_dept")))


def _complete(office: Office, case: str) -> Callable[[Context], Any]:
    task, it = _task(office, case), office.person("it")
    answers = {**office._answers["link_termination_S1"], **office._answers.get("manual_review_S2", {}), **LINK}
    return lambda ctx: tasks.complete(ctx, task, it, answers)


def _claim(office: Office, case: str) -> Callable[[Context], Any]:
    task, it = _task(office, case), office.person("it")
    return lambda ctx: tasks.claim(ctx, task, it)


def _release(office: Office, case: str) -> Callable[[Context], Any]:
    task, admin = _task(office, case), office.person("admin")
    return lambda ctx: tasks.release(ctx, task, admin)


def _draft(office: Office, case: str) -> Callable[[Context], Any]:
    task, it = _task(office, case), office.person("it")
    return lambda ctx: tasks.save_draft(ctx, task, it, {"reason": "ร่าง"})


def _cancel(office: Office, case: str) -> Callable[[Context], Any]:
    admin = office.person("admin")
    return lambda ctx: cases.cancel(ctx, case, admin, "ยกเลิก")


def _suspend(office: Office, case: str) -> Callable[[Context], Any]:
    admin = office.person("admin")
    return lambda ctx: cases.suspend(ctx, case, admin, "รอ")


def _due(_: Office, case: str) -> Callable[[Context], Any]:
    """What the worker does: a timer fires or a handler tries again."""
    which = (jobs_table.c.case_id == case) & (jobs_table.c.kind != "send")

    def act(ctx: Context) -> None:
        attempt = jobs._Attempt()
        while jobs._begin(ctx, attempt, which, mail=False) is jobs.Outcome.SIGNED:
            pass

    return act


def _retry(office: Office, case: str) -> Callable[[Context], Any]:
    admin = office.person("admin")
    rows = office.query("SELECT id FROM jobs WHERE case_id = :case", case=case)
    return lambda ctx: jobs.retry(ctx, rows[0].id, admin)


def at_a_timer(office: Office) -> str:
    """Only one unit has not answered yet, and the time is over."""
    case = asked_units(office)
    answered = [task for task in office.open(case) if task.item != "it_dept"]
    clerk, vc = office.person("clerk"), office.person("vc")
    with office.database.write() as db:
        for task in answered:
            given = office._answers.get("manual_review_S2", {})
            tasks.complete(office.context(db), task.id, vc if task.item == "vc_dept" else clerk, given)
    office.clock.forward(days=40)
    return case


PLACES: dict[Callable[[Office], str], tuple[Verb, ...]] = {
    at_a_timer: (_complete, _claim, _release, _draft, _cancel, _suspend, _due),
    with_due_job: (_cancel, _suspend, _due, _retry),
}


@pytest.mark.parametrize(("point", "how"), [(AT_THE_FIRST_LOCK, outcome), (AT_THE_END, outcome), (AT_THE_END, at_once)])
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_any_two_acts_at_one_case_end_as_one_after_the_other(
    office: Office, place: Callable[[Office], str], point: str, how: Callable[..., str]
) -> None:
    """No deadlock, no fault, nobody waits for more than the other's transaction."""
    for first, second in itertools.product(PLACES[place], repeat=2):
        if point == AT_THE_FIRST_LOCK and not LARGE and {first, second}.isdisjoint({_due, _retry}):
            continue  # people lock the case first and so wait at the same place
        case = place(office)
        results = _overlap(office, first(office, case), second(office, case), point, how)
        assert results[0] == "done" or first is _release, (first, second, results)
        assert problems(office, case) == [], (first, second, results)
    assert problems(office) == []


def _overlap(
    office: Office,
    first: Callable[[Context], Any],
    second: Callable[[Context], Any],
    point: str,
    how: Callable[..., str] = outcome,
) -> tuple[str, str]:
    """The second comes, somehow, while the first stands at the point of its transaction."""
    follower: list[Future[str]] = []

    def let_second_come() -> None:
        follower.append(pool.submit(how, office, second))
        time.sleep(0.03)

    with ThreadPoolExecutor(1) as pool:
        result = outcome(office, first, let_second_come, point)
        if not follower:
            follower.append(pool.submit(how, office, second))
        return result, follower[0].result()


def test_a_deployment_changes_no_running_case(office: Office) -> None:
    """F-16."""
    running = [office.start("link_termination", "it") for _ in range(times(3, 50))]
    versions = {case: office.row(case).definition_id for case in running}
    scene = deploy(office)
    with ThreadPoolExecutor(1) as pool:
        deployed = pool.submit(scene.act, office.engine, office.database)
        for case in running:
            office.do(case, "S1", "it", **LINK)
        deployed.result()
    assert {case: office.row(case).definition_id for case in running} == versions
    assert office.row(office.start("link_termination", "it")).definition_id not in versions.values()
    assert problems(office) == []
