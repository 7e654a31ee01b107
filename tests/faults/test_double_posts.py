"""F-08: the same form sent twice at once opens one case, and who came second is sent to it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug.test import TestResponse

from engine import cases
from engine.context import Context
from engine.errors import CaseOpened
from tests.conftest import Office
from tests.faults.scenes import count, problems, times
from tests.faults.test_races import _overlap, outcome
from tests.web.conftest import Actor

CLICKS = 2
DALLYING = (  # an index before each unique one that takes its time: now one is there first, now the other
    """CREATE FUNCTION dally(key text) RETURNS text LANGUAGE plpgsql IMMUTABLE
       AS 'BEGIN PERFORM pg_sleep(random() / 50); RETURN key; END'""",
    "ALTER TABLE cases DROP CONSTRAINT pk_cases CASCADE, DROP CONSTRAINT uq_cases_number",
    "CREATE INDEX dallying ON cases (dally(id))",
    "ALTER TABLE cases ADD PRIMARY KEY (id)",
    "CREATE INDEX dallying_on ON cases (dally(number))",
    "ALTER TABLE cases ADD UNIQUE (number)",
)


def test_two_clicks_on_start_at_once_open_one_case(login: Callable[[str], Actor], office: Office) -> None:
    tabs = [login("it") for _ in range(CLICKS)]
    tokens = [tab.csrf() for tab in tabs]
    for opened in range(1, times(5, 100) + 1):
        gate = threading.Barrier(CLICKS)

        def click(tab: int, once: str = f"form-{opened}", gate: threading.Barrier = gate) -> TestResponse:
            gate.wait()
            form = {"once": once, "csrf_token": tokens[tab]}
            return tabs[tab].client.post("/start/link_termination", data=form)

        with ThreadPoolExecutor(CLICKS) as pool:
            answers = list(pool.map(click, range(CLICKS)))
        assert [answer.status_code for answer in answers] == [303] * CLICKS
        number = max(row.number for row in office.query("SELECT number FROM cases"))
        assert sorted(answer.location.split("/")[1] for answer in answers) == ["cases", "tasks"]
        assert f"/cases/{number}" in [answer.location for answer in answers]
        assert count(office, "SELECT count(*) FROM cases") == opened
    assert problems(office) == []


@pytest.mark.parametrize("office", ["postgresql"], indirect=True)
def test_who_reaches_the_second_unique_index_first_is_not_waited_for(office: Office) -> None:
    """Two rows of one key that meet in two unique indexes deadlock, unless the statement expects it of both."""
    with office.database.write() as db:
        for statement in DALLYING:
            db.exec_driver_sql(statement)
    gate = threading.Barrier(CLICKS)
    opens = _starts(office)

    def click(once: str) -> str:
        gate.wait()
        return outcome(office, lambda ctx: opens(ctx, once))

    with ThreadPoolExecutor(CLICKS) as pool:
        for opened in range(times(30, 300)):
            assert sorted(pool.map(click, [f"form-{opened}"] * CLICKS)) == [CaseOpened.__name__, "done"]
    assert problems(office) == []


def _starts(office: Office) -> Callable[..., object]:
    it = office.person("it")
    return lambda ctx, once="the same form": cases.start(ctx, "link_termination", it, once=once)


def test_who_starts_while_the_other_has_not_committed_waits_for_it(office: Office) -> None:
    assert _overlap(office, _starts(office), _starts(office), "at the end") == ("done", CaseOpened.__name__)
    assert problems(office) == []


def test_a_start_that_failed_leaves_its_key_free(office: Office) -> None:
    def fails(ctx: Context) -> None:
        _starts(office)(ctx)
        raise CaseOpened  # anything that rolls back

    assert _overlap(office, fails, _starts(office), "at the end") == (CaseOpened.__name__, "done")
    assert count(office, "SELECT count(*) FROM cases") == 1


def test_another_person_may_have_the_same_key(office: Office) -> None:
    clerk, it = office.person("clerk"), office.person("it")
    for person in (clerk, it):
        with office.database.write() as db:
            cases.start(office.context(db), "link_termination", person, once="1")
    assert count(office, "SELECT count(*) FROM cases") == 2
