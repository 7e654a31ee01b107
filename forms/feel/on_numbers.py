"""Built-ins on numbers and booleans (DMN 1.3, 10.3.4.2 and 10.3.4.5)."""

from __future__ import annotations

import math
from collections.abc import Callable

from forms.feel.limits import Value
from forms.feel.signature import Library, fixed
from forms.feel.values import number

NUMBERS: Library = {}


@fixed(NUMBERS, "not", negand="any")
def negate(value: Value) -> bool | None:
    """The opposite of a boolean; null for anything else."""
    return not value if isinstance(value, bool) else None


def rounded(how: Callable[[float], float], value: float, scale: float) -> float | None:
    """Round at a decimal place; a scale out of reach leaves the value."""
    if abs(scale) > 300:
        return value
    try:
        return number(how(value * 10.0**scale) / 10.0**scale)
    except (OverflowError, ValueError, ZeroDivisionError):
        return value


def half_to_even(value: float) -> float:
    """A half goes to the even neighbour."""
    floor = math.floor(value)
    return floor + floor % 2 if value - floor == 0.5 else math.floor(value + 0.5)


def half_away(value: float) -> float:
    """A half goes away from zero."""
    return math.copysign(math.floor(abs(value) + 0.5), value)


def half_to_zero(value: float) -> float:
    """A half goes to zero."""
    return math.copysign(math.ceil(abs(value) - 0.5), value)


def away(value: float) -> float:
    """Anything over goes away from zero."""
    return math.ceil(value) if value > 0 else math.floor(value)


@fixed(NUMBERS, "decimal", n="number", scale="number")
def decimal(value: float, scale: float) -> float | None:
    """Round half to even at `scale` decimals."""
    return rounded(half_to_even, value, scale)


@fixed(NUMBERS, "floor", n="number", scale="number?")
def floor(value: float, scale: float | None) -> float | None:
    """Round down."""
    return rounded(math.floor, value, scale or 0)


@fixed(NUMBERS, "ceiling", n="number", scale="number?")
def ceiling(value: float, scale: float | None) -> float | None:
    """Round up."""
    return rounded(math.ceil, value, scale or 0)


@fixed(NUMBERS, "round up", n="number", scale="number")
def round_up(value: float, scale: float) -> float | None:
    """Round away from zero."""
    return rounded(away, value, scale)


@fixed(NUMBERS, "round down", n="number", scale="number")
def round_down(value: float, scale: float) -> float | None:
    """Round towards zero."""
    return rounded(math.trunc, value, scale)


@fixed(NUMBERS, "round half up", n="number", scale="number")
def round_half_up(value: float, scale: float) -> float | None:
    """Round to the nearest, a half away from zero."""
    return rounded(half_away, value, scale)


@fixed(NUMBERS, "round half down", n="number", scale="number")
def round_half_down(value: float, scale: float) -> float | None:
    """Round to the nearest, a half towards zero."""
    return rounded(half_to_zero, value, scale)


@fixed(NUMBERS, "abs", n="number")
def absolute(value: float) -> float:
    """The value without its sign."""
    return abs(value)


@fixed(NUMBERS, "modulo", dividend="number", divisor="number")
def modulo(dividend: float, divisor: float) -> float | None:
    """The rest of a division, with the sign of the divisor."""
    if not divisor:
        return None
    rest = math.fmod(math.fmod(dividend, divisor) + divisor, divisor)
    return number(math.floor(rest * 1e9 + 0.5) / 1e9)


@fixed(NUMBERS, "sqrt", number="number")
def sqrt(value: float) -> float | None:
    """The square root; null below zero."""
    return None if value < 0 else number(math.sqrt(value))


@fixed(NUMBERS, "log", number="number")
def log(value: float) -> float | None:
    """The natural logarithm; null for zero and below."""
    return None if value <= 0 else number(math.log(value))


@fixed(NUMBERS, "exp", number="number")
def exp(value: float) -> float | None:
    """Euler's number to the power of the value; null when that is too large."""
    return number(math.exp(value)) if value < 700 else None


@fixed(NUMBERS, "odd", number="number")
def odd(value: float) -> bool:
    """Whether a number is odd."""
    return abs(value) % 2 == 1


@fixed(NUMBERS, "even", number="number")
def even(value: float) -> bool:
    """Whether a number is even."""
    return abs(value) % 2 == 0
