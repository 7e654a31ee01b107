"""Thai dates: the Buddhist era (year + 543), Thai digits, and the government's fiscal year.

Data keeps Gregorian ISO dates; these functions are for reading and writing what people see.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone

BANGKOK = timezone(timedelta(hours=7), "Asia/Bangkok")
ERA = 543
MONTHS = (
    "มกราคม", "กุมภาพันธ์", "มีนาคม", "เมษายน", "พฤษภาคม", "มิถุนายน",
    "กรกฎาคม", "สิงหาคม", "กันยายน", "ตุลาคม", "พฤศจิกายน", "ธันวาคม",
)  # fmt: skip
SHORT_MONTHS = (
    "ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค.",
)  # fmt: skip
_MONTH_NUMBERS = {
    name.replace(".", ""): number
    for names in (MONTHS, SHORT_MONTHS)
    for number, name in enumerate(names, 1)
}
_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_SLASHED = re.compile(r"(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{4})", re.ASCII)
_NAMED = re.compile(r"(?:วันที่)?\s*(\d{1,2})\s*([ก-๙.]+?)\s*(?:พ\.ศ\.)?\s*(\d{4})", re.ASCII)


class ThaiDateError(ValueError):
    """The text is not a date; the message is a Thai sentence for the person who typed it."""


def to_arabic_digits(text: str) -> str:
    """The text with Thai digits ๐-๙ written as 0-9."""
    return text.translate(_DIGITS)


def thai_date(day: date) -> str:
    """`15 สิงหาคม 2567`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year + ERA}"


def thai_date_short(day: date) -> str:
    """`15 ส.ค. 67`."""
    return f"{day.day} {SHORT_MONTHS[day.month - 1]} {(day.year + ERA) % 100:02d}"


def thai_datetime(moment: datetime) -> str:
    """`15 ส.ค. 2567 14:05 น.` in Bangkok; a moment without a zone is already Bangkok time."""
    local = moment.astimezone(BANGKOK) if moment.tzinfo else moment
    return f"{local.day} {SHORT_MONTHS[local.month - 1]} {local.year + ERA} {local:%H:%M} น."


def fiscal_year(day: date) -> int:
    """The Buddhist-era fiscal year, which runs from 1 October of the year before to 30 September."""
    return day.year + ERA + (day.month >= 10)


def parse_thai_date(text: str) -> date:
    """Read `15/02/2569`, `15 ก.พ. 2569`, `2026-02-15`, with Thai digits too; ThaiDateError otherwise.

    A year of 2400-2699 is Buddhist era, so 29/02/2567 is 29 February 2024.
    """
    cleaned = to_arabic_digits(text).strip()
    if not cleaned or len(cleaned) > 60:
        raise ThaiDateError("กรุณากรอกวันที่ เช่น 15/02/2569")
    day, month, year = _parts(cleaned)
    gregorian = year - ERA if 2400 <= year <= 2699 else year
    if not 1900 <= gregorian <= 2200:
        raise ThaiDateError(f"ปี {year} อยู่นอกช่วงที่รับได้ กรุณาใช้ปี พ.ศ. เช่น 2569")
    try:
        return date(gregorian, month, day)
    except ValueError:
        raise ThaiDateError(f"ไม่มีวันที่ {day}/{month}/{year} ในปฏิทิน") from None


def _parts(text: str) -> tuple[int, int, int]:
    """Day, month and year as written."""
    if match := _ISO.fullmatch(text):
        return int(match[3]), int(match[2]), int(match[1])
    if match := _SLASHED.fullmatch(text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _NAMED.fullmatch(text):
        month = _MONTH_NUMBERS.get(match[2].replace(".", "").strip())
        if month:
            return int(match[1]), month, int(match[3])
    raise ThaiDateError(f"อ่านวันที่ “{text}” ไม่ได้ กรุณากรอกเช่น 15/02/2569 หรือ 15 ก.พ. 2569")
