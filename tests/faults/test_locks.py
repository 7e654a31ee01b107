"""Who waits for whom: a lock that does not come is said calmly, and two tasks of one case never wait for long."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic
from typing import Any, cast

import pytest
from sqlalchemy import Connection

from engine import case as engine_case
from engine import tasks
from engine.database import LOCK_TIMEOUT_SECONDS, Database
from tests.conftest import Office
from tests.faults.scenes import LINK, asked_units, count, problems, times
from tests.web.conftest import Actor, House

SHORT_SECONDS = 0.05
DONE = "SELECT count(*) FROM tasks WHERE status = 'done'"


@contextmanager
def locked_by_another(office: Office, case: str) -> Iterator[None]:
    """Somebody else's connection holds the lock of a case; on SQLite that is everybody's."""
    other = Database(office.database.url.render_as_string(hide_password=False))
    with other.write() as db:
        engine_case.lock_unread(office.context(db), case)
        yield
    other.close()


@pytest.fixture
def impatient(house: House) -> Iterator[None]:
    """The application waits only a moment for a lock."""
    url = house.database.url.render_as_string(hide_password=False)
    database = Database(url, lock_timeout=SHORT_SECONDS)
    house.app.extensions["prasan"] = house.parts = replace(house.parts, database=database)
    yield
    database.close()


@pytest.mark.usefixtures("impatient")
def test_a_lock_that_does_not_come_is_a_page_that_says_try_again(login: Callable[[str], Actor], office: Office) -> None:
    it = login("it")
    it.starts("link_termination")
    task, token = it.task("S1"), it.csrf()
    case, given = office.query("SELECT id FROM cases")[0].id, {**office._answers["link_termination_S1"], **LINK}
    before = office.row(case)
    with locked_by_another(office, case):
        page = it.client.post(f"/tasks/{task}/release", data={"csrf_token": token})
        assert (page.status_code, page.headers["Retry-After"]) == (503, "2")
        assert "กรุณาลองใหม่" in page.text
        script = it.client.post(f"/tasks/{task}", json={"answers": given}, headers={"X-CSRFToken": token})
        assert script.status_code == 503
        assert script.json
        assert "กรุณาลองใหม่" in script.json["message"]
        assert it.opens("/").status_code == 200, "whoever only reads waits for nobody"
    assert office.row(case) == before
    assert it.completes("S1", **LINK).status_code == 200
    assert problems(office) == []


# --- two tasks of one case ------------------------------------------------------------------------


class Watch:
    """What one thread asked the database, and when its first answer came, which is the case's lock."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.comes = threading.Event()
        self.locked_at = 0.0

    @contextmanager
    def looking(self, office: Office) -> Iterator[None]:
        """In the thread that calls this."""
        me, dialect = threading.get_ident(), cast(Any, office.database.engine.dialect)
        fetch = dialect.fetch

        def looked(db: Connection, sql: str, values: Sequence[Any]) -> Any:
            if threading.get_ident() != me:
                return fetch(db, sql, values)
            self.asked.append(sql)
            self.comes.set()
            found = fetch(db, sql, values)
            self.locked_at = self.locked_at or monotonic()
            return found

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dialect, "fetch", looked)
            yield


def test_two_tasks_of_one_case_wait_for_nothing_but_its_row(office: Office) -> None:
    """The second comes while the first has done everything but its commit, and goes on at once after it."""
    answers, clerk = office._answers.get("manual_review_S2", {}), office.person("clerk")
    waited = []
    for _ in range(times(5, 50)):
        mine, theirs = [task.id for task in office.open(asked_units(office)) if task.item in ("housing", "estate")]
        watch, before = Watch(), count(office, DONE)

        def second(watch: Watch = watch, task: str = theirs) -> None:
            if office.database.sqlite:  # there it waits before its first statement
                watch.comes.set()
            with watch.looking(office), office.database.write() as other:
                tasks.complete(office.context(other), task, clerk, answers)

        with ThreadPoolExecutor(1) as pool, office.database.write() as db:
            tasks.complete(office.context(db), mine, clerk, answers)
            pool.submit(second)
            assert watch.comes.wait(LOCK_TIMEOUT_SECONDS)
            asked, committing_at = list(watch.asked), monotonic()
        assert len(asked) == (0 if office.database.sqlite else 1)
        assert office.database.sqlite or "FOR NO KEY UPDATE" in asked[0]
        assert count(office, DONE) == before + 2
        waited.append(watch.locked_at - committing_at)
    assert 0 < min(waited) <= max(waited) < LOCK_TIMEOUT_SECONDS
    assert problems(office) == []
