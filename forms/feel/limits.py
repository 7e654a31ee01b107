"""The one run of an expression: how many steps it may still take, and its clock.

Expressions are written by process owners, so every loop and every recursive walk ticks here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime, timedelta, timezone
from typing import Any, TypeAlias, TypeVar

Value: TypeAlias = Any  # a FEEL value; its kinds are listed in values.py
Result = TypeVar("Result")

MAX_TEXT = 5_000
MAX_DEPTH = 60
MAX_STEPS = 100_000
MAX_STRING = 100_000
MAX_LIST = 20_000
BANGKOK = timezone(timedelta(hours=7), "Asia/Bangkok")


class FeelError(ValueError):
    """The FEEL expression cannot be read or evaluated."""

    def __init__(self, message: str, position: int | None = None) -> None:
        """Keep a readable message and, for syntax errors, the 0-based character position."""
        super().__init__(message)
        self.position = position


class FeelLimitError(FeelError):
    """The expression or its data is too large to be computed."""


class _Run:
    """A clock, and how many steps are left."""

    __slots__ = ("left", "now")

    def __init__(self, left: int, now: datetime | None) -> None:
        self.left, self.now = left, now


_RUN: ContextVar[_Run | None] = ContextVar("feel_run", default=None)


def limited(now: datetime | None, steps: int, act: Callable[..., Result], *about: Any) -> Result:
    """What `act` returns, with a clock and a budget, which is spent from the budget around it too.

    FeelLimitError past it, or where it calls itself too deeply.
    """
    outer = _RUN.get()
    granted = min(steps, outer.left) if outer else steps
    run = _Run(granted, now)
    token = _RUN.set(run)
    try:
        return act(*about)
    except RecursionError:
        raise FeelLimitError("the expression calls itself too deeply") from None
    finally:
        _RUN.reset(token)
        if outer:
            outer.left -= granted - max(run.left, 0)


def tick(cost: int = 1) -> None:
    """Pay for work; raise FeelError when the budget of the current run is spent."""
    current = _RUN.get()
    if current is None:
        return
    current.left -= cost
    if current.left < 0:
        raise FeelLimitError("the expression takes too many steps")


def clock() -> datetime:
    """The injected time, timezone-aware in Asia/Bangkok; FeelError when the caller gave none."""
    current = _RUN.get()
    moment = current.now if current else None
    if moment is None:
        raise FeelError("the expression asks for the time, which is not known here")
    return moment.replace(tzinfo=BANGKOK) if moment.tzinfo is None else moment.astimezone(BANGKOK)


def short_enough(text: str) -> str:
    """Return the text, or raise FeelError when a computed string grows past the bound."""
    if len(text) > MAX_STRING:
        raise FeelLimitError(f"a text grows past {MAX_STRING} characters")
    return text


def few_enough(items: list[Value]) -> list[Value]:
    """Return the list, or raise FeelError when a computed list grows past the bound."""
    if len(items) > MAX_LIST:
        raise FeelLimitError(f"a list grows past {MAX_LIST} items")
    return items
