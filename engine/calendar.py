"""The one clock, working days and ISO 8601 durations.

Time is stored in UTC and shown in Asia/Bangkok. Working days are Monday to Friday
without Thai public holidays; the cabinet's extra days off can be added in the settings.
"""

from __future__ import annotations

import functools
import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from time import time_ns
from typing import Protocol
from zoneinfo import ZoneInfo

import holidays

BANGKOK = ZoneInfo("Asia/Bangkok")
MAX_YEARS = 100  # of a duration
MAX_REPEATS = 99
_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?\Z")
_CYCLE = re.compile(r"R(\d*)/(P[^/]+)\Z")


class Clock(Protocol):
    """Tells the time; the only source of it."""

    def now(self) -> datetime:
        """The current moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current moment, aware, in UTC."""
        return datetime.now(UTC)


@functools.lru_cache(maxsize=64)  # a command writes its moment into several rows
def iso(moment: datetime) -> str:
    """A moment in UTC as ISO 8601, with microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def milliseconds() -> int:
    """By the machine's clock, since 1970 in UTC; for keys that stand in order of time."""
    return time_ns() // 1_000_000


class FixedClock:
    """A clock that stands still until it is set; for replays and tests."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment.astimezone(UTC)

    def now(self) -> datetime:
        """The moment it was set to."""
        return self.moment

    def set(self, moment: datetime) -> None:
        """Move to a moment, forwards or backwards."""
        self.moment = moment.astimezone(UTC)

    def forward(self, **delta: float) -> None:
        """Move on by a timedelta's arguments, e.g. `days=3`."""
        self.moment += timedelta(**delta)


@dataclass(frozen=True)
class Duration:
    """An ISO 8601 duration, months and days kept apart from the rest."""

    months: int
    days: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read e.g. `P5D` or `PT48H`; raises ValueError, also past `MAX_YEARS`."""
        match = _DURATION.match(text.strip())
        if not match or text.strip() in ("P", "PT") or text.strip().endswith("T"):
            raise ValueError(f"{text!r} is not an ISO 8601 duration")
        y, m, w, d, h, mi, s = (int(g or 0) for g in match.groups())
        found = cls(y * 12 + m, w * 7 + d, h * 3600 + mi * 60 + s)
        if found.months * 365 // 12 + found.days + found.seconds // 86_400 > MAX_YEARS * 365:
            raise ValueError(f"longer than {MAX_YEARS} years")
        return found

    def after(self, moment: datetime) -> datetime:
        """The moment this much later by the calendar; the 31st becomes the month's last day."""
        local = moment.astimezone(BANGKOK)
        year, month = divmod(local.year * 12 + local.month - 1 + self.months, 12)
        day = min(local.day, monthrange(year, month + 1)[1])
        moved = local.replace(year=year, month=month + 1, day=day) + timedelta(days=self.days)
        return moved.astimezone(UTC) + timedelta(seconds=self.seconds)


@dataclass(frozen=True)
class Cycle:
    """An ISO 8601 repetition `R3/P1D`; `times` is None when unbounded."""

    times: int | None
    every: Duration

    @classmethod
    def parse(cls, text: str) -> Cycle:
        """Read a repetition; raises ValueError."""
        match = _CYCLE.match(text.strip())
        if not match:
            raise ValueError(f"{text!r} is not an ISO 8601 repetition such as R3/P1D")
        return cls(int(match[1]) if match[1] else None, Duration.parse(match[2]))

    @property
    def too_often(self) -> bool:
        """Whether it is more than daily."""
        return self.every.months == 0 and self.every.days * 86_400 + self.every.seconds < 86_400

    @property
    def endless(self) -> bool:
        """Whether it has no end, or one that is too far."""
        return self.times is None or not 1 <= self.times <= MAX_REPEATS


class WorkCalendar:
    """Working days of Thailand, with extra days off (ISO dates) from the settings."""

    def __init__(self, extra: Iterable[date] = ()) -> None:
        self._extra = frozenset(extra)

    def is_working(self, day: date) -> bool:
        """True for a day on which offices are open."""
        return day.weekday() < 5 and day not in self._extra and day not in _public_holidays(day.year)

    def add(self, moment: datetime, days: int) -> datetime:
        """End of office (16:30 Bangkok) `days` working days after the day of `moment`."""
        day = moment.astimezone(BANGKOK).date()
        while days > 0:
            day += timedelta(days=1)
            days -= self.is_working(day)
        return datetime.combine(day, time(16, 30), BANGKOK).astimezone(UTC)

    def due(self, value: str, moment: datetime) -> datetime:
        """When something is due: days of a duration are working days, a date ends at midnight."""
        if value.startswith("P"):
            span = Duration.parse(value)
            whole_days = span.days and not span.months and not span.seconds
            return self.add(moment, span.days) if whole_days else span.after(moment)
        return moment_of(value)


@functools.lru_cache(64)
def _public_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("TH", years=year))


def moment_of(value: str) -> datetime:
    """The UTC moment of an ISO date (its last second in Bangkok) or date and time; raises ValueError."""
    if len(value) == 10:
        return datetime.combine(date.fromisoformat(value), time(23, 59, 59), BANGKOK).astimezone(UTC)
    moment = datetime.fromisoformat(value)
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=BANGKOK)).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{value} is outside the calendar") from None


def today(clock: Clock) -> date:
    """The calendar day in Bangkok."""
    return clock.now().astimezone(BANGKOK).date()


def next_morning(moment: datetime) -> datetime:
    """06:00 in Bangkok, on the day after the one of `moment`."""
    day = moment.astimezone(BANGKOK).date() + timedelta(days=1)
    return datetime.combine(day, time(6), BANGKOK).astimezone(UTC)
