"""The one run of an expression: how many steps it may still take, and its clock.

Expressions are written by process owners, so every loop and every recursive walk ticks here.
"""

from __future__ import annotations

from contextvars import ContextVar
from datetime import datetime, timedelta, timezone
from typing import Any, TypeAlias

Value: TypeAlias = Any  # a FEEL value; its kinds are listed in values.py

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


class Run:
    """Gives the code inside `with` a clock and a budget, which is spent from the budget around it too."""

    __slots__ = ("_granted", "_outer", "_token", "left", "now")

    def __init__(self, now: datetime | None, steps: int = MAX_STEPS) -> None:
        """Take the clock, and no more steps than are left around."""
        self._outer = _RUN.get()
        self.left: int = min(steps, self._outer.left) if self._outer else steps
        self._granted = self.left
        self.now = now

    def __enter__(self) -> None:
        self._token = _RUN.set(self)

    def __exit__(self, *_: object) -> None:
        _RUN.reset(self._token)
        if self._outer:
            self._outer.left -= self._granted - max(self.left, 0)


_RUN: ContextVar[Run | None] = ContextVar("feel_run", default=None)


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
