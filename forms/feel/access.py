"""Reaching into values: `.name`, `[filter]`, `instance of`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time

from forms.feel.comparisons import Test, holds
from forms.feel.limits import Value, tick
from forms.feel.nodes import Node, Scope, truthy
from forms.feel.temporal import Duration
from forms.feel.values import Range, is_number, type_of


def path(name: str) -> Callable[[Scope, Value], Value]:
    """`.name` on a context, and on every item of a list."""

    def run(_scope: Scope, target: Value) -> Value:
        tick()
        if isinstance(target, list):
            return [entry(item, name) for item in target]
        return entry(target, name)

    return run


_PARTS = ("year", "month", "day", "hour", "minute", "second")


def entry(target: Value, name: str) -> Value:
    """An entry of a context, or a part of a date, time, duration or range; None otherwise."""
    if isinstance(target, Mapping):
        return target.get(name)
    if isinstance(target, (date, time)) and name in _PARTS:
        fits = isinstance(target, datetime) or isinstance(target, time) == (name in _PARTS[3:])
        return getattr(target, name) if fits else None
    if isinstance(target, date) and name == "weekday":
        return target.isoweekday()
    if isinstance(target, Duration) and name in ("years", "months"):
        return target.years if name == "years" else target.months
    if isinstance(target, Range) and name in ("start", "end"):
        return target.start if name == "start" else target.end
    return None


def filtering(inner: Node) -> Callable[[Scope, Value], Value]:
    """`list[...]`: an index, a boolean, or a test for every item."""

    def run(scope: Scope, target: Value) -> Value:
        if target is None:
            return None
        items = target if isinstance(target, list) else [target]
        if inner.shape in ("number", "boolean", "any"):
            return _pick(target, items, inner.run(scope))
        if inner.shape == "string":
            wanted = inner.run(scope)
            return [item for item in items if isinstance(item, str) and item == wanted]
        return list(_passing(scope, items, inner)) if inner.shape == "test" else None

    return run


def _pick(target: Value, items: list[Value], index: Value) -> Value:
    if isinstance(index, bool):
        return target if index else []
    if not is_number(index):
        return []
    place = len(items) + index if index < 0 else index - 1
    return items[int(place)] if place == int(place) and 0 <= place < len(items) else None


def _passing(scope: Scope, items: list[Value], inner: Node) -> Iterator[Value]:
    for item in items:
        tick()
        bound = {"item": item, **item} if isinstance(item, Mapping) else {"item": item}
        result = inner.run(Scope(bound, scope))
        if isinstance(result, (Test, Range)):
            result = holds(result, item)
        if result is True and truthy(item):
            yield item


def instance(name: str) -> Callable[[Scope, Value], Value]:
    """`x instance of type`."""
    wanted = {"date and time": "date time", "Any": "any", "boolean": "boolean"}.get(name, name)

    def run(_scope: Scope, value: Value) -> Value:
        kind = type_of(value)
        return (wanted == "any" and value is not None) or kind == wanted or wanted.endswith(f" {kind}")

    return run
