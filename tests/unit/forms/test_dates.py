"""Thai dates."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from forms.dates import (
    ThaiDateError,
    fiscal_year,
    parse_thai_date,
    thai_date,
    thai_date_short,
    thai_datetime,
    to_arabic_digits,
)


def test_dates_are_written_in_the_buddhist_era() -> None:
    assert thai_date(date(2024, 8, 15)) == "15 สิงหาคม 2567"
    assert thai_date_short(date(2024, 8, 15)) == "15 ส.ค. 67"
    assert thai_date_short(date(1957, 1, 2)) == "2 ม.ค. 00"


def test_moments_are_written_in_bangkok() -> None:
    assert thai_datetime(datetime(2024, 8, 15, 7, 5, tzinfo=UTC)) == "15 ส.ค. 2567 14:05 น."
    assert thai_datetime(datetime(2024, 8, 15, 20, 0, tzinfo=UTC)) == "16 ส.ค. 2567 03:00 น."
    local = datetime(2024, 8, 15, 14, 5, tzinfo=UTC).replace(tzinfo=None)
    assert thai_datetime(local) == "15 ส.ค. 2567 14:05 น."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15/02/2569", date(2026, 2, 15)),
        ("๑๕/๐๒/๒๕๖๙", date(2026, 2, 15)),
        ("1/2/2026", date(2026, 2, 1)),
        ("15-2-2569", date(2026, 2, 15)),
        ("15.02.2569", date(2026, 2, 15)),
        ("15 ก.พ. 2569", date(2026, 2, 15)),
        ("15 กุมภาพันธ์ 2569", date(2026, 2, 15)),
        ("วันที่ 15 กุมภาพันธ์ พ.ศ. 2569", date(2026, 2, 15)),
        ("15กพ2569", date(2026, 2, 15)),
        ("2026-02-15", date(2026, 2, 15)),
        ("2569-02-15", date(2026, 2, 15)),
        ("29/02/2567", date(2024, 2, 29)),
        ("  5 พ.ค. 2500 ", date(1957, 5, 5)),
    ],
)
def test_reads_what_people_type(text: str, expected: date) -> None:
    assert parse_thai_date(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "วันนี้", "29/02/2569", "31/04/2569", "0/1/2569", "15/13/2569", "15/02/69", "15/02/9999", "15/02/1800",
     "15 กข. 2569", "15/02", "x" * 100, "15/02/2569; drop"],
)  # fmt: skip
def test_refuses_what_is_no_date_in_thai(text: str) -> None:
    with pytest.raises(ThaiDateError, match=r"[ก-๙]"):
        parse_thai_date(text)


def test_every_day_reads_back() -> None:
    for ordinal in range(date(2023, 12, 1).toordinal(), date(2024, 4, 1).toordinal()):
        day = date.fromordinal(ordinal)
        assert parse_thai_date(thai_date(day)) == day


def test_the_fiscal_year_starts_in_october() -> None:
    assert fiscal_year(date(2025, 9, 30)) == 2568
    assert fiscal_year(date(2025, 10, 1)) == 2569
    assert fiscal_year(date(2026, 1, 1)) == 2569


def test_thai_digits_become_arabic() -> None:
    assert to_arabic_digits("๐๑๒๓๔๕๖๗๘๙ ก1") == "0123456789 ก1"
