"""Times that people and diagrams write: what no calendar holds is refused as a value, at once and never endlessly."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.calendar import Cycle, Duration, WorkCalendar, moment_of
from engine.diagram import Timer
from engine.settle import timer_due
from tests.conftest import Office
from tests.unit.engine.test_candidates import opened

NOW = datetime(2027, 1, 4, 3, tzinfo=UTC)
TOO_LONG = ["P101Y", "P99999999Y", "P1201M", "P36501D", "P99999999999D", "P" + "9" * 40 + "D", "PT99999999999S"]
OFF = ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "9999-99-99"]


@pytest.mark.parametrize("text", TOO_LONG)
def test_a_duration_of_more_than_a_century_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="longer than 100 years"):
        Duration.parse(text)
    with pytest.raises(ValueError, match="longer than 100 years"):
        WorkCalendar().due(text, NOW)


@pytest.mark.parametrize("text", ["P100Y", "P36500D", "P1200M"])
def test_a_century_is_one(text: str) -> None:
    assert Duration.parse(text).after(NOW).year in (2126, 2127)


@pytest.mark.parametrize("text", OFF)
def test_a_moment_outside_the_calendar_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"outside the calendar|must be in"):
        moment_of(text)


@pytest.mark.parametrize("cycle", ["R/PT0S", "R/P1D", "R0/P1D", "R100/P1D", "R3/PT23H", "R3/P0D", "R9/P200Y"])
def test_a_repetition_that_data_gives_keeps_the_limits_of_one_that_is_drawn(office: Office, cycle: str) -> None:
    with office.database.read() as db, pytest.raises(ValueError, match=r"too often|longer than"):
        timer_due(office.context(db), {"often": cycle}, Timer("cycle", "${often}"))


def test_a_daily_repetition_is_one(office: Office) -> None:
    with office.database.read() as db:
        _, detail = timer_due(office.context(db), {"often": "R3/P1D"}, Timer("cycle", "${often}"))
    assert detail == {"cycle": "R3/P1D", "left": 2}
    assert Cycle.parse("R3/P1D").every == Duration(0, 1, 0)


@pytest.mark.parametrize("due", [*TOO_LONG, *OFF, "", None, 7, ["P3D"]])
def test_a_task_whose_due_date_is_none_has_none(office: Office, due: object) -> None:
    (row,) = office.open(opened(office, "dueDate", due))
    assert row.due_at is None
