"""Built-ins on lists, ranges and contexts (DMN 1.3, 10.3.4.4, 10.3.4.7 and 10.3.4.10)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from functools import cmp_to_key

from forms.feel.limits import MAX_DEPTH, FeelLimitError, Value, tick
from forms.feel.signature import Library, fixed, invoke, variadic
from forms.feel.values import Function, equals, number

LISTS: Library = {}


def same(left: Value, right: Value) -> bool:
    """Strict equality, without the list-of-one rule."""
    return isinstance(left, list) == isinstance(right, list) and equals(left, right) is True


@fixed(LISTS, "list contains", list="list", element="any?")
def list_contains(items: list[Value], element: Value) -> bool:
    """Whether an element is in a list."""
    return any(same(item, element) for item in items)


@fixed(LISTS, "index of", list="list", match="any?")
def index_of(items: list[Value], match: Value) -> list[int]:
    """The places, from 1, where an element stands."""
    return [place for place, item in enumerate(items, 1) if same(item, match)]


@fixed(LISTS, "count", list="list")
def count(items: list[Value]) -> int:
    """How many items a list has."""
    return len(items)


@variadic(LISTS, "min", "number")
def minimum(items: list[float]) -> float | None:
    """The smallest number; null of nothing."""
    return min(items, default=None)


@variadic(LISTS, "max", "number")
def maximum(items: list[float]) -> float | None:
    """The largest number; null of nothing."""
    return max(items, default=None)


def total(items: list[float]) -> float:
    """Add in order, as the browser does."""
    result: float = 0
    for item in items:
        result += item
    return result


@variadic(LISTS, "sum", "number")
def add_up(items: list[float]) -> float | None:
    """The sum; null of nothing."""
    return number(total(items)) if items else None


@variadic(LISTS, "mean", "number")
def mean(items: list[float]) -> float | None:
    """The average; null of nothing."""
    return number(total(items) / len(items)) if items else None


@variadic(LISTS, "product", "number")
def product(items: list[float]) -> float | None:
    """The product; null of nothing, or past the largest number."""
    result: float | None = 1.0
    for item in items:
        result = None if result is None else number(result * float(item))
    return result if items else None


@variadic(LISTS, "median", "number")
def median(items: list[float]) -> float | None:
    """The middle value, or the mean of the two in the middle."""
    ordered, middle = sorted(items), len(items) // 2
    if not items or len(items) % 2:
        return ordered[middle] if items else None
    return number((ordered[middle - 1] + ordered[middle]) / 2)


@variadic(LISTS, "stddev", "number")
def stddev(items: list[float]) -> float | None:
    """The sample standard deviation; null below two values."""
    if len(items) < 2:
        return None
    middle = total(items) / len(items)
    return number(math.sqrt(sum((item - middle) ** 2 for item in items) / (len(items) - 1)))


@variadic(LISTS, "mode", "number")
def mode(items: list[float]) -> list[float]:
    """The most frequent values."""
    counted = Counter(items)
    most = max(counted.values(), default=0)
    winners = [item for item, times in counted.items() if times == most]
    return sorted(item for item in winners if _is_index(item)) + [item for item in winners if not _is_index(item)]


def _is_index(item: float) -> bool:
    return item >= 0 and item == int(item)


@variadic(LISTS, "all", "any?")
def every(items: list[Value]) -> bool | None:
    """Whether all are true; null when none is false and something is no boolean."""
    if any(item is False for item in items):
        return False
    return True if all(item is True for item in items) else None


@variadic(LISTS, "any", "any?")
def some(items: list[Value]) -> bool | None:
    """Whether one is true; null when none is and something is no boolean."""
    if any(item is True for item in items):
        return True
    return False if all(item is False for item in items) else None


@fixed(LISTS, "sublist", list="list", start="number", length="number?")
def sublist(items: list[Value], start: float, length: float | None) -> list[Value]:
    """Part of a list, counted from 1, or from the end when negative."""
    first = int(len(items) + start if start < 0 else start - 1)
    return items[first:] if length is None else items[first : first + int(length)]


def append(*args: Value) -> list[Value] | None:
    """A list with more items at its end."""
    if not args or args[0] is None:
        return None
    return [*(args[0] if isinstance(args[0], list) else [args[0]]), *args[1:]]


def concatenate(*args: Value) -> list[Value] | None:
    """Lists one after the other."""
    if not args:
        return None
    return [item for part in args for item in (part if isinstance(part, list) else [part])]


LISTS["append"] = Function(("list", "...item"), append)
LISTS["concatenate"] = Function(("...list",), concatenate)


@fixed(LISTS, "insert before", list="list", position="number", newItem="any?")
def insert_before(items: list[Value], position: float, item: Value) -> list[Value]:
    """A list with an item put before a place."""
    place = int(position) - 1
    return [*items[:place], item, *items[place:]]


@fixed(LISTS, "remove", list="list", position="number")
def remove(items: list[Value], position: float) -> list[Value]:
    """A list without the item at a place."""
    place = int(position)
    return items[: place - 1] + items[place:]


@fixed(LISTS, "list replace", list="list", position="any?", newItem="any", match="function?")
def list_replace(items: list[Value], position: Value, item: Value, match: Function | None) -> list[Value] | None:
    """A list with the item at a place, or those that match, replaced."""
    chosen = position or match
    if isinstance(chosen, Function):
        return [item if invoke(chosen, [old, item]) else old for old in items]
    if not isinstance(chosen, (int, float)) or isinstance(chosen, bool):
        return None
    return [*items[: int(chosen) - 1], item, *items[int(chosen) :]]


@fixed(LISTS, "reverse", list="list")
def reverse(items: list[Value]) -> list[Value]:
    """A list backwards."""
    return items[::-1]


def unique(items: list[Value]) -> list[Value]:
    """The first of each group of equal items."""
    found: list[Value] = []
    for item in items:
        if not any(equals(item, other) for other in found):
            found.append(item)
    return found


@fixed(LISTS, "distinct values", list="list")
def distinct_values(items: list[Value]) -> list[Value]:
    """A list without repetitions."""
    return unique(items)


@variadic(LISTS, "union", "list")
def union(lists: list[Value]) -> list[Value]:
    """The items of all lists without repetitions."""
    return unique([item for part in lists for item in (part if isinstance(part, list) else [part])])


@fixed(LISTS, "flatten", list="list")
def flatten(items: list[Value]) -> list[Value]:
    """A list of lists as one list."""
    return list(_flat(items, 0))


def _flat(items: list[Value], depth: int) -> Iterator[Value]:
    if depth > MAX_DEPTH:
        raise FeelLimitError("a list is nested too deeply")
    for item in items:
        tick()
        if isinstance(item, list):
            yield from _flat(item, depth + 1)
        else:
            yield item


@fixed(LISTS, "sort", list="list", precedes="function")
def sort(items: list[Value], precedes: Function) -> list[Value]:
    """A list in the order that a function of two items gives."""

    def order(left: Value, right: Value) -> int:
        return -1 if invoke(precedes, [left, right]) else 1

    return sorted(items, key=cmp_to_key(order))


@fixed(LISTS, "get value", m="context", key="string")
def get_value(context: dict[str, Value], key: str) -> Value:
    """An entry of a context by its key."""
    return context.get(key)


@fixed(LISTS, "get entries", m="context")
def get_entries(context: dict[str, Value]) -> list[Value]:
    """The entries of a context as a list of key and value."""
    return [{"key": key, "value": value} for key, value in context.items()]


@variadic(LISTS, "context", "context", "entries")
def make_context(entries: list[dict[str, Value]]) -> dict[str, Value] | None:
    """A context of entries with key and value; null for a key twice or missing."""
    made: dict[str, Value] = {}
    for item in entries:
        key = item.get("key")
        if not isinstance(key, str) or key in made or "value" not in item:
            return None
        made[key] = item["value"]
    return made


@variadic(LISTS, "context merge", "context", "contexts")
def context_merge(contexts: list[dict[str, Value]]) -> dict[str, Value]:
    """Contexts in one; later entries win."""
    return {key: value for context in contexts for key, value in context.items()}


@fixed(LISTS, "context put", context="context", keys="list?", value="any", key="string?")
def context_put(context: dict[str, Value], keys: list[Value] | None, value: Value, key: str | None) -> Value:
    """A context with one entry changed, found by its key or by a list of nested keys."""
    return _put(context, keys or [key], value)


def _put(context: Value, keys: list[Value], value: Value) -> Value:
    key, rest = keys[0], keys[1:]
    if not isinstance(key, str) or not isinstance(context, dict):
        return None
    inner = _put(context.get(key), rest, value) if rest else value
    return None if rest and inner is None else {**context, key: inner}
