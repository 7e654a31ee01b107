"""FEEL values: their types, equality, order and text, the way the browser's interpreter has them.

Values are plain Python: None, bool, int, float, str, list, dict, date, datetime, time, Duration, Range, Function.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from forms.feel.limits import MAX_DEPTH, FeelError, FeelLimitError, Value, short_enough, tick
from forms.feel.temporal import Duration, Temporal, instant, iso

TEMPORAL = ("date", "time", "date time")
EXACT = 2**53
_NUMERIC = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the expression itself, or a built-in used as a value."""

    names: tuple[str, ...]
    call: Callable[..., Value]


@dataclass(frozen=True, slots=True)
class Range:
    """An interval; an end that is None is open."""

    start: Value
    end: Value
    start_included: bool
    end_included: bool

    def includes(self, value: Value) -> bool | None:
        """Whether the value lies inside; None when either side is unknown."""
        if value is None or (self.start is None and self.end is None):
            return None
        if isinstance(self.start, str) and isinstance(self.end, str):
            letters = self.letters()
            if letters is not None:
                return isinstance(value, str) and value in letters
        low, high = (self.start, self.start_included), (self.end, self.end_included)
        if low[0] is not None and high[0] is not None and less(high[0], low[0]):
            low, high = high, low
        above = low[0] is None or less(low[0], value, or_equal=low[1])
        return above and (high[0] is None or less(value, high[0], or_equal=high[1]))

    def letters(self) -> list[str] | None:
        """The single letters of a range such as `["a".."e"]`, else None."""
        if len(self.start) != 1 or len(self.end) != 1 or not (self.start + self.end).isascii():
            return None
        first, last = _LETTERS.find(self.start), _LETTERS.find(self.end)
        if first < 0 or last < 0:
            return None
        step = -1 if first > last else 1
        first += 0 if self.start_included else step
        last -= 0 if self.end_included else step
        return list(_LETTERS[first : last + 1])


def is_number(value: Value) -> bool:
    """Whether the value is a FEEL number; a boolean is none."""
    return type(value) in (int, float)


def type_of(value: Value) -> str:
    """The FEEL name of a value's type; FeelError for anything that is no FEEL value."""
    if value is None:
        return "nil"
    for kind, name in _TYPES:
        if isinstance(value, kind):
            return name
    raise FeelError(f"a {type(value).__name__} is not a FEEL value")


_TYPES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "boolean"),
    ((int, float), "number"),
    (str, "string"),
    (Mapping, "context"),
    ((list, tuple), "list"),
    (datetime, "date time"),
    (date, "date"),
    (time, "time"),
    (Duration, "duration"),
    (Range, "range"),
    (Function, "function"),
)


def number(value: float) -> int | float | None:
    """A number as JSON has it: whole ones as int, huge ones as float, no infinity."""
    if isinstance(value, int):
        if -EXACT <= value <= EXACT:
            return value
        return float(value) if value.bit_length() <= 1023 else None
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) <= EXACT else value


def equals(left: Value, right: Value) -> bool | None:
    """FEEL equality: None when the types differ; a list of one is its item, as in the browser."""
    tick()
    if type(left) is str and type(right) is str:  # as most are
        return left == right
    if (left is None) != (right is None):
        return False
    left, right = _unwrap(left), _unwrap(right)
    kind, other = type_of(left), type_of(right)
    if kind in TEMPORAL and other in TEMPORAL and (kind == "time") == (other == "time"):
        return instant(left) == instant(right)
    if kind != other:
        return None
    if kind == "list":
        return len(left) == len(right) and all(equals(a, b) for a, b in zip(left, right, strict=True))
    if kind == "context":
        return len(left) == len(right) and all(key in right and equals(left[key], right[key]) for key in left)
    if kind == "duration":
        return _same_length(left, right)
    return bool(left == right)


def _same_length(left: Duration, right: Duration) -> bool:
    unit = 30 * 86_400_000 if abs(left.length()) > 180 * 86_400_000 else 1000
    return abs(left.length() - right.length()) < unit


def _unwrap(value: Value) -> Value:
    if isinstance(value, list) and len(value) < 2:
        return value[0] if value else None
    return value


def less(left: Value, right: Value, *, or_equal: bool = False) -> bool:
    """Order two values as the browser does: two texts by code unit, anything else by number."""
    left, right = _primitive(left), _primitive(right)
    if isinstance(left, str) and isinstance(right, str):
        left, right = _units(left), _units(right)
    else:
        left, right = to_number(left), to_number(right)
        if left is None or right is None:
            return False
    return bool(left <= right) if or_equal else bool(left < right)


def _units(text: str) -> bytes:
    return text.encode("utf-16-be", "surrogatepass")


def _primitive(value: Value) -> Value:
    if isinstance(value, list):
        return ",".join("" if item is None else str(_primitive(item)) for item in value[:100])
    if isinstance(value, dict):
        return "[object Object]"
    if isinstance(value, Duration):
        return value.length()
    if isinstance(value, (date, time)):
        return instant(value)
    return value


def to_number(value: Value) -> float | int | None:
    """The number in a value, as JavaScript's Number(): text may hold one, None is 0; None when there is none."""
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return 0
        return number(_parse(text)) if _NUMERIC.fullmatch(text) and len(text) <= 400 else None
    if value is None:
        return 0
    return value if isinstance(value, (int, float)) else None


def _parse(text: str) -> float:
    return int(text) if text.lstrip("+-").isdigit() and len(text) <= 15 else float(text)


def text_of(value: Value, *, quoted: bool = False, depth: int = 0) -> str:
    """The text of a value as `string()` prints it; FeelError past the bounds."""
    tick()
    if depth > MAX_DEPTH:
        raise FeelLimitError("a value is nested too deeply")
    kind = type_of(value)
    if kind == "string":
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' if quoted else str(value)
    if kind == "nil":
        return "null"
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "number":
        return number_text(value)
    if kind == "list":
        return short_enough("[" + ", ".join(text_of(v, quoted=True, depth=depth + 1) for v in value) + "]")
    if kind == "context":
        pairs = (f"{_key(k)}: {text_of(v, quoted=True, depth=depth + 1)}" for k, v in value.items())
        return short_enough("{" + ", ".join(pairs) + "}")
    if kind == "duration":
        return str(value.iso())
    return iso(value) if kind in TEMPORAL else f"<{kind}>"


def _key(name: str) -> str:
    return text_of(name, quoted=True) if re.search(r"\W", name, re.ASCII) else name


def number_text(value: float) -> str:
    """A number as JavaScript prints it: 0.1, 100, 1e+21, 1e-7."""
    if isinstance(value, int):
        return str(value)
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    text = repr(value)
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        return text
    power = int(exponent)
    if -7 < power < 0:
        digits = mantissa.replace(".", "").replace("-", "")
        return ("-" if value < 0 else "") + "0." + "0" * (-power - 1) + digits
    return f"{mantissa.removesuffix('.0')}e{power:+d}"


def plain(value: Value) -> Value:
    """A value as JSON can hold it: dates and durations become ISO text, functions and ranges None."""
    left = [100_000]
    return _plain(value, left, 0)


def _plain(value: Value, left: list[int], depth: int) -> Value:
    left[0] -= 1
    if left[0] < 0 or depth > MAX_DEPTH:
        raise FeelLimitError("a result is too large")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item, left, depth + 1) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_plain(item, left, depth + 1) for item in value]
    if isinstance(value, Duration):
        return value.iso()
    return iso(value) if isinstance(value, (date, time)) else None


__all__ = ["Duration", "Function", "Range", "Temporal", "equals", "is_number", "less", "number", "plain", "text_of"]
