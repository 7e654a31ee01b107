"""`+ - * / **` on numbers, texts, dates and durations; null for kinds that do not go together."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from datetime import date, time

from forms.feel.limits import Value, short_enough, tick
from forms.feel.nodes import Node, Scope
from forms.feel.temporal import Duration, instant, shift
from forms.feel.values import is_number, number

_NUMERIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def arithmetic(first: Node, rest: Sequence[tuple[str, Node]]) -> Node:
    """A chain of `+ - * / **`, evaluated from the left."""
    shapes = {first.shape, *(node.shape for _, node in rest)}

    def run(scope: Scope) -> Value:
        value = first.run(scope)
        for symbol, node in rest:
            value = calculate(symbol, value, node.run(scope))
        return value

    return Node(run, first.shape if len(shapes) == 1 else "any")


def calculate(symbol: str, left: Value, right: Value) -> Value:
    """One step of arithmetic; null for kinds that do not go together."""
    tick()
    if is_number(left) and is_number(right):
        return _numbers(symbol, left, right)
    if isinstance(left, str) and isinstance(right, str):
        return short_enough(left + right) if symbol == "+" else None
    if symbol == "/" and isinstance(left, Duration) and isinstance(right, Duration):
        return _numbers("/", left.length(), right.length())
    return _moments(symbol, left, right) if symbol in ("+", "-") else None


def _numbers(symbol: str, left: float, right: float) -> int | float | None:
    if symbol == "/" and not right:
        return None
    try:
        if symbol in ("**", "^"):
            result = float(left) ** float(right)
            return None if isinstance(result, complex) else number(result)
        return number(_NUMERIC[symbol](left, right))
    except (OverflowError, ZeroDivisionError):
        return None


def _moments(symbol: str, left: Value, right: Value) -> Value:
    if symbol == "+" and isinstance(left, Duration) and not isinstance(right, Duration):
        left, right = right, left
    moment = isinstance(left, (date, time))
    if isinstance(right, Duration):
        by = right if symbol == "+" else -right
        if moment:
            return shift(left, by)
        return left + by if isinstance(left, Duration) else None
    clocks = isinstance(left, time), isinstance(right, time)
    if symbol == "-" and moment and isinstance(right, (date, time)) and clocks[0] == clocks[1]:
        return Duration(milliseconds=instant(left) - instant(right))
    return None
