"""`= != < <= > >=`, `in`, `between`, ranges, and the unary tests of DMN cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from forms.feel.limits import Value, tick
from forms.feel.nodes import Node, Scope
from forms.feel.values import Range, equals, less, type_of


@dataclass(frozen=True, slots=True)
class Test:
    """A unary test such as `= 5`, waiting for its value."""

    check: Callable[[Value], bool | None]


def comparison(symbol: str, left: Node, right: Node) -> Node:
    """`= != < <= > >=`."""
    if symbol == "=":
        return Node(lambda s: equals(left.run(s), right.run(s)), "test")
    return Node(lambda s: apply(symbol, left.run(s), right.run(s)), "test")


def apply(symbol: str, left: Value, right: Value) -> bool | None:
    """Compare two values; an order with null or between kinds without order is null."""
    if isinstance(right, Range) and symbol not in ("=", "!="):
        return None
    if symbol == "=":
        return equals(left, right)
    if symbol == "!=":
        return not equals(left, right)
    return compared(symbol, right, left)


def compared(symbol: str, bound: Value, value: Value) -> bool | None:
    """Whether the value lies on the side of the bound that the operator names."""
    tick()
    if value is None or bound is None or type_of(bound) in ("boolean", "list", "context", "range", "function"):
        return None
    if symbol in ("<", "<="):
        return less(value, bound, or_equal=symbol == "<=")
    return less(bound, value, or_equal=symbol == ">=")


def interval(start: Node, end: Node, *, start_included: bool, end_included: bool) -> Node:
    """`[a..b]`, `(a..b)` and the mirrored brackets; null when the ends do not go together."""

    def run(scope: Scope) -> Value:
        return make_range(start.run(scope), end.run(scope), start_included, end_included)

    return Node(run, "test")


def make_range(start: Value, end: Value, start_included: bool = True, end_included: bool = True) -> Range | None:
    """A range of two ends of one ordered type, or None."""
    kinds = {type_of(end) for end in (start, end) if end is not None}
    if len(kinds) > 1 or kinds & {"boolean", "list", "context", "range", "function"}:
        return None
    return Range(start, end, start_included and start is not None, end_included and end is not None)


def between(value: Node, low: Node, high: Node) -> Node:
    """`x between a and b`, both ends included."""

    def run(scope: Scope) -> bool | None:
        start, end = low.run(scope), high.run(scope)
        if start is None or end is None:
            return None
        found = make_range(start, end)
        return found.includes(value.run(scope)) if found else None

    return Node(run, "test")


def membership(value: Node, tests: Sequence[Node], *, listed: bool) -> Node:
    """`x in a` and `x in (a, b)` (listed): any of the tests holds."""

    def run(scope: Scope) -> bool | None:
        found = value.run(scope)
        if listed:
            return any(holds(test.run(scope), found) for test in tests)
        target = tests[0].run(scope)
        if target is None:
            return None
        return any(holds(test, found) for test in (target if isinstance(target, list) else [target]))

    return Node(run, "test")


def holds(test: Value, value: Value) -> bool | None:
    """Whether a value passes one test: an operator, a range, or equality."""
    if isinstance(test, Test):
        return test.check(value)
    if isinstance(test, Range):
        return test.includes(value)
    return equals(test, value)


def unary(symbol: str, bound: Node) -> Node:
    """A test without its left side: `> 5`, `= "a"`."""

    def run(scope: Scope) -> Test:
        right = bound.run(scope)
        return Test(lambda value: apply(symbol, value, right))

    return Node(run, "test")
