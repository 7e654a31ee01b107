"""Moments are the same on both databases, and on SQLite the text that SQLAlchemy itself would write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import DateTime, insert, select
from sqlalchemy.dialects import sqlite

from engine.columns import Moment
from engine.tables import comments
from tests.conftest import Office

BANGKOK = timezone(timedelta(hours=7))
MOMENTS = [
    datetime(2027, 1, 1, tzinfo=BANGKOK),
    datetime(2026, 11, 23, 2, tzinfo=UTC),
    datetime(2026, 2, 28, 23, 59, 59, 1, tzinfo=UTC),
    datetime(1957, 12, 31, 23, 59, 59, 999_999, tzinfo=BANGKOK),
]


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_a_moment_comes_back_in_utc(office: Office, moment: datetime) -> None:
    case = office.start("link_termination", "it")
    with office.database.write() as db:
        db.execute(insert(comments), {"id": "1" * 32, "case_id": case, "by": "it", "at": moment, "text": "ก"})
    with office.database.read() as db:
        assert db.execute(select(comments.c.at).where(comments.c.at == moment)).scalar_one() == moment
        found = db.execute(select(comments.c.at)).scalar_one()
        assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_on_sqlite_it_is_the_text_that_sqlalchemy_writes(moment: datetime) -> None:
    dialect = sqlite.dialect()
    theirs: Any = DateTime().dialect_impl(dialect).bind_processor(dialect)
    ours: Any = Moment().dialect_impl(dialect).bind_processor(dialect)
    read: Any = Moment().dialect_impl(dialect).result_processor(dialect, None)
    assert ours(moment) == theirs(moment.astimezone(UTC))
    assert (ours(None), read(None)) == (None, None)
    assert read(ours(moment)) == moment
