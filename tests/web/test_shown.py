"""How values are shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.web.conftest import House
from web.shown import due, since, truncate

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # a Monday, 10:00 in Bangkok


@pytest.mark.parametrize(
    ("text", "length", "shown"),
    [
        ("สั้น", 10, "สั้น"),
        ("เชื่อมโยงข้อมูลและการ", 17, "เชื่อมโยงข้อมูล…"),  # the vowel before ล
        ("ข้อมูลที่ให้", 9, "ข้อมูล…"),  # the marks above ท
        ("ข้อมูล ภายใน", 8, "ข้อมูล…"),
        ("abc def", 6, "abc d…"),
    ],
)
def test_a_long_text_is_cut_between_letters(text: str, length: int, shown: str) -> None:
    assert truncate(text, length) == shown


@pytest.mark.parametrize(
    ("day", "hour", "kind", "text"),
    [
        (20, 9, "late", "เกินกำหนด 3 วัน"),
        (23, 2, "late", "เลยกำหนดวันนี้"),
        (23, 9, "soon", "ครบกำหนดวันนี้"),
        (23, 18, "soon", "ครบกำหนดพรุ่งนี้"),  # 01:00 in Bangkok
        (25, 9, "ok", "เหลือ 2 วันทำการ"),
        (30, 9, "ok", "เหลือ 5 วันทำการ"),
    ],
)
def test_a_due_time_in_words(house: House, day: int, hour: int, kind: str, text: str) -> None:
    with house.app.app_context():
        shown = due(datetime(2026, 11, day, hour, tzinfo=UTC), NOW)
    assert (shown.kind, shown.text) == (kind, text)


def test_far_off_days_are_not_told_from_working_days() -> None:
    assert due(datetime(2027, 3, 23, 3, tzinfo=UTC), NOW).text == "เหลือ 120 วัน"


@pytest.mark.parametrize(("day", "text"), [(23, "วันนี้ 09:05 น."), (22, "เมื่อวาน"), (20, "3 วันก่อน"), (24, "วันนี้ 09:05 น.")])
def test_how_long_something_waits(day: int, text: str) -> None:
    assert since(datetime(2026, 11, day, 2, 5, tzinfo=UTC), NOW) == text
