"""Dates, times and durations of FEEL (DMN 1.3, 10.3.2.3): reading, adding, printing.

A `date` is a day, a naive `datetime` or `time` is local (Asia/Bangkok), a Duration keeps calendar
months apart from milliseconds because a month has no fixed length.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from forms.feel.limits import BANGKOK

DAY = 86_400_000
Temporal = date | datetime | time
Day = TypeVar("Day", date, datetime)

_DURATION = re.compile(
    r"(-?)P(?=.)(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)W)?(?:(-?\d+)D)?"
    r"(?:T(?=.)(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?\d+)(?:\.(\d{1,9}))?S)?)?"
)
_ZONE = re.compile(r"(.*?)(Z|[+-]\d{2}:?\d{2}|@.+)?", re.DOTALL)
_TIME = re.compile(r"(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?")
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


@dataclass(frozen=True, slots=True)
class Duration:
    """A FEEL duration; `years` and `months` are calendar units, the rest is milliseconds."""

    years: int = 0
    months: int = 0
    milliseconds: float = 0

    def __add__(self, other: Duration) -> Duration:
        """Add unit by unit."""
        return Duration(
            self.years + other.years, self.months + other.months, self.milliseconds + other.milliseconds
        )

    def __neg__(self) -> Duration:
        """The same length backwards."""
        return Duration(-self.years, -self.months, -self.milliseconds)

    def length(self) -> float:
        """Approximate length in milliseconds, a year as 365 and a month as 30 days."""
        return self.years * 365 * DAY + self.months * 30 * DAY + self.milliseconds

    def iso(self) -> str:
        """The ISO 8601 text, for example `P1Y2M3DT4H`."""
        if self.length() < 0:
            return re.sub(r"\d+(?:\.\d+)?(?=[A-Z])", r"-\g<0>", (-self).iso())
        seconds, thousandths = divmod(self.milliseconds, 1000)
        days, rest = divmod(int(seconds), 86_400)
        months, days = divmod(days, 30)
        years, months = divmod(self.months + months, 12)
        day_part = _units((self.years + years, "Y"), (months, "M"), (days, "D"))
        second = rest % 60 + thousandths / 1000
        second = int(second) if second == int(second) else round(second, 3)
        clock = _units((rest // 3600, "H"), (rest // 60 % 60, "M"), (second, "S"))
        return "P" + day_part + ("T" + clock if clock else "") if day_part or clock else "PT0S"


def _units(*parts: tuple[float, str]) -> str:
    return "".join(f"{amount}{unit}" for amount, unit in parts if amount)


def read_duration(text: str) -> Duration | None:
    """Read an ISO 8601 duration; None when it is not one."""
    match = _DURATION.fullmatch(text)
    if match is None or len(text) > 40:
        return None
    sign = -1 if match[1] else 1
    years, months, weeks, days, hours, minutes, seconds = (int(match[i] or 0) * sign for i in range(2, 9))
    fraction = int((match[9] or "0").ljust(3, "0")[:3]) * (-sign if (match[8] or "").startswith("-") else sign)
    whole = ((weeks * 7 + days) * 24 + hours) * 3600 + minutes * 60 + seconds
    return Duration(years, months, whole * 1000 + fraction)


def read_date(text: str) -> date | None:
    """Read `YYYY-MM-DD`, or the UTC day of a date and time; None when it is neither."""
    match = _DATE.fullmatch(text)
    if match is None:
        moment = read_datetime(text) if "T" in text.upper() else None
        return moment.date() if moment and moment.tzinfo is None else moment and moment.astimezone(UTC).date()
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def read_time(text: str) -> time | None:
    """Read `hh:mm[:ss]` with an optional offset or `@zone`; None when it is not a time."""
    match = _ZONE.fullmatch(text)
    clock = _TIME.fullmatch(match[1]) if match else None
    if match is None or clock is None:
        return None
    try:
        zone = _zone(match[2])
        micro = int((clock[4] or "0").ljust(6, "0")[:3]) * 1000
        return time(int(clock[1]), int(clock[2]), int(clock[3] or 0), micro, zone)
    except (ValueError, ZoneInfoNotFoundError):
        return None


def read_datetime(text: str) -> datetime | None:
    """Read `YYYY-MM-DDThh:mm[:ss]` with an optional offset or `@zone`; a bare date is midnight UTC."""
    day, separator, clock = text.replace("t", "T", 1).partition("T")
    read = read_date(day) if _DATE.fullmatch(day) else None
    moment = read_time(clock) if separator else time(0)
    if read is None or moment is None:
        return None
    return datetime.combine(read, moment)


def _zone(text: str | None) -> timezone | ZoneInfo | None:
    if not text:
        return None
    if text in ("Z", "z"):
        return UTC
    if text.startswith("@"):
        return ZoneInfo(text[1:])
    hours, minutes = int(text[1:3]), int(text[-2:])
    return timezone((-1 if text[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))


def instant(value: Temporal) -> float:
    """Milliseconds since 1970 on one time line: a day is its midnight UTC, a time is on 1900-01-01."""
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=BANGKOK)
    elif isinstance(value, date):
        moment = datetime.combine(value, time(0), UTC)
    else:
        moment = datetime.combine(date(1900, 1, 1), value, value.tzinfo or BANGKOK)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def shift(value: Temporal, by: Duration) -> Temporal | None:
    """Add a duration: months first (the day clamped to the month), then the rest; None out of range."""
    try:
        rest = timedelta(milliseconds=by.milliseconds)
        if isinstance(value, datetime):
            return add_months(value, by) + rest
        if isinstance(value, date):
            moved = datetime.combine(add_months(value, by), time(0), UTC) + rest
            return moved.date() if moved.time() == time(0) else moved
        moved = datetime.combine(add_months(date(1900, 1, 1), by), value) + rest
        return moved.timetz()
    except (ValueError, OverflowError):
        return None


def add_months(value: Day, by: Duration) -> Day:
    """The same day of another month, or that month's last day; ValueError outside years 1-9999."""
    months = value.year * 12 + value.month - 1 + by.years * 12 + by.months
    year, month = divmod(months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return value.replace(year=year, month=month + 1, day=min(value.day, last))


def between(start: Temporal, end: Temporal) -> Duration | None:
    """Whole years and months from start to end (`years and months duration`)."""
    if isinstance(start, time) or isinstance(end, time):
        return None
    first, last = sorted((start, end), key=instant)
    months = (last.year - first.year) * 12 + last.month - first.month
    if months and instant(shift(first, Duration(months=months)) or last) > instant(last):
        months -= 1
    years, months = divmod(months, 12)
    return Duration(years, months) if first is start else -Duration(years, months)


def iso(value: Temporal) -> str:
    """ISO text without needless fractions; a local value carries no offset."""
    if isinstance(value, (datetime, time)):
        zone = value.tzinfo
        value = value.replace(tzinfo=None) if isinstance(zone, ZoneInfo) else value
        exact = "milliseconds" if value.microsecond else "seconds"
        text = value.isoformat(timespec=exact).replace("+00:00", "Z")
        return f"{text}@{zone.key}" if isinstance(zone, ZoneInfo) else text
    return value.isoformat()
