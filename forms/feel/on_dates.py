"""Built-ins on dates, times, durations and ranges (DMN 1.3, 10.3.4.1, 10.3.4.6 to 10.3.4.8)."""

from __future__ import annotations

from datetime import date, datetime, time

from forms.feel.limits import BANGKOK, Value, clock
from forms.feel.signature import Library, fixed
from forms.feel.temporal import (
    Duration,
    between,
    instant,
    read_date,
    read_datetime,
    read_duration,
    read_time,
)
from forms.feel.values import Range, equals, is_number, less

DATES: Library = {}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@fixed(DATES, "today")
def today() -> date:
    """The day of the injected clock in Bangkok."""
    return clock().date()


@fixed(DATES, "now")
def now() -> datetime:
    """The injected clock, as local time."""
    return clock().replace(tzinfo=None)


@fixed(DATES, "date", year="any?", month="number?", day="number?", from_="any?")
def make_date(year: Value, month: float | None, day: float | None, source: Value) -> date | None:
    """A day from year, month, day; from a text; or of a date and time."""
    if source is None and not is_number(year):
        source = year
    if isinstance(source, str):
        return read_date(source)
    if isinstance(source, datetime):
        return source.date()
    if isinstance(source, date):
        return source
    if not is_number(year) or month is None or day is None:
        return None
    try:
        return date(int(year), int(month), int(day))
    except (ValueError, OverflowError):
        return None


@fixed(DATES, "date and time", date="any?", time="any?", from_="string?")
def make_datetime(day: Value, at: Value, source: str | None) -> datetime | None:
    """A moment from a date and a time, or from a text."""
    if isinstance(day, date) and isinstance(at, (datetime, time)):
        return datetime.combine(day, at.timetz() if isinstance(at, datetime) else at)
    text = day if isinstance(day, str) else source
    return read_datetime(text) if isinstance(text, str) else None


@fixed(DATES, "time", hour="any?", minute="number?", second="number?", offset="any?", from_="any?")
def make_time(hour: Value, minute: float | None, second: float | None, offset: Value, source: Value) -> time | None:
    """A time from hour, minute, second; from a text; or of a date and time."""
    source = hour if isinstance(hour, (str, date, time)) else source
    if isinstance(source, str):
        return read_time(source)
    if isinstance(source, datetime):
        return source.timetz()
    if isinstance(source, time):
        return source
    if not is_number(hour) or minute is None or second is None or offset is not None:
        return None
    try:
        return time(int(hour), int(minute), int(second))
    except (ValueError, OverflowError):
        return None


@fixed(DATES, "duration", from_="string")
def make_duration(text: str) -> Duration | None:
    """A duration from ISO 8601 text."""
    return read_duration(text)


@fixed(DATES, "@", string="string")
def at_literal(text: str) -> Value:
    """What an `@"..."` literal means."""
    if text.lstrip("-").startswith("P"):
        return read_duration(text)
    if text[1:3].count(":") and "-" not in text[:5]:
        return read_time(text)
    return read_datetime(text) if "T" in text else read_date(text)


@fixed(DATES, "years and months duration", from_="date", to="date")
def years_and_months(start: date, end: date) -> Duration | None:
    """Whole years and months between two days."""
    return between(start, end)


def _moment(value: Value) -> datetime | None:
    if isinstance(value, datetime):
        return value
    return datetime.combine(value, time(0), BANGKOK) if isinstance(value, date) else None


@fixed(DATES, "day of year", date="date time")
def day_of_year(value: Value) -> int | None:
    """The number of the day in its year, from 1."""
    moment = _moment(value)
    return moment.timetuple().tm_yday if moment else None


@fixed(DATES, "day of week", date="date time")
def day_of_week(value: Value) -> str | None:
    """The English name of the day, as FEEL defines it."""
    moment = _moment(value)
    return _DAYS[moment.weekday()] if moment else None


@fixed(DATES, "month of year", date="date time")
def month_of_year(value: Value) -> str | None:
    """The English name of the month, as FEEL defines it."""
    moment = _moment(value)
    return _MONTHS[moment.month - 1] if moment else None


@fixed(DATES, "week of year", date="date time")
def week_of_year(value: Value) -> int | None:
    """The ISO week."""
    moment = _moment(value)
    return moment.isocalendar().week if moment else None


@fixed(DATES, "is", value1="any?", value2="any?")
def identical(left: Value, right: Value) -> bool | None:
    """Equality that also tells a time zone from another."""
    if isinstance(left, (datetime, time)) and isinstance(right, (datetime, time)):
        return instant(left) == instant(right) and (left.tzinfo is None) == (right.tzinfo is None)
    return equals(left, right)


def _ends(value: Value) -> tuple[Value, bool, Value, bool]:
    if isinstance(value, Range):
        return value.start, value.start_included, value.end, value.end_included
    return value, True, value, True


def precedes(left: Value, right: Value) -> bool:
    """Whether one point or range ends before the other starts."""
    _, _, end, end_included = _ends(left)
    start, start_included, _, _ = _ends(right)
    touching = not (end_included and start_included) and equals(end, start) is True
    return less(end, start) or touching


@fixed(DATES, "before", a="any", b="any")
def before(left: Value, right: Value) -> bool:
    """Whether a point or range lies before another."""
    return precedes(left, right)


@fixed(DATES, "after", a="any", b="any")
def after(left: Value, right: Value) -> bool:
    """Whether a point or range lies after another."""
    return precedes(right, left)


@fixed(DATES, "meets", range1="range", range2="range")
def meets(left: Range, right: Range) -> bool:
    """Whether the first ends exactly where the second starts."""
    return left.end_included and right.start_included and equals(left.end, right.start) is True


@fixed(DATES, "met by", range1="range", range2="range")
def met_by(left: Range, right: Range) -> bool:
    """Whether the second ends exactly where the first starts."""
    return right.end_included and left.start_included and equals(right.end, left.start) is True


@fixed(DATES, "overlaps", range1="range", range2="range")
def overlaps(left: Range, right: Range) -> bool:
    """Whether two ranges share a point."""
    return not precedes(left, right) and not precedes(right, left)


@fixed(DATES, "includes", range="range", value="any")
def includes(outer: Range, value: Value) -> bool:
    """Whether a range contains a point or another range."""
    start, start_included, end, end_included = _ends(value)
    from_start = outer.start_included or not start_included
    to_end = outer.end_included or not end_included
    lower = less(outer.start, start) or (from_start and equals(outer.start, start) is True)
    upper = less(end, outer.end) or (to_end and equals(outer.end, end) is True)
    return lower and upper
