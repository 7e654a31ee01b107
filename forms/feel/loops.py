"""`for`, `some` and `every`: one scope for each combination of items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from forms.feel.comparisons import make_range
from forms.feel.limits import Value, few_enough, tick
from forms.feel.nodes import Node, Scope, truthy
from forms.feel.values import Range, is_number, number


class Binding(NamedTuple):
    """`name in source` or `name in source..end` of a loop."""

    name: str
    source: Node
    end: Node | None


def _items(binding: Binding, scope: Scope) -> list[Value] | None:
    source = binding.source.run(scope)
    if binding.end is not None:
        source = make_range(source, binding.end.run(scope))
    if isinstance(source, Range):
        return _span(source)
    return source if isinstance(source, list) else None


def _span(source: Range) -> list[Value] | None:
    if isinstance(source.start, str) and isinstance(source.end, str):
        return list(source.letters() or ())
    if not is_number(source.start) or not is_number(source.end):
        return None
    step = -1 if source.start > source.end else 1
    count = int(abs(source.end - source.start)) + 1
    tick(min(count, 10**9))
    values = [number(source.start + step * place) for place in range(count)]
    if values and not source.start_included:
        values = values[1:]
    return values[:-1] if values and not source.end_included and values[-1] == source.end else values


def _scopes(bindings: Sequence[Binding], scope: Scope) -> Iterator[Scope | None]:
    items = _items(bindings[0], scope)
    if items is None:
        yield None
        return
    for item in items:
        tick()
        inner = Scope({bindings[0].name: item}, scope)
        if len(bindings) == 1:
            yield inner
        else:
            yield from _scopes(bindings[1:], inner)


def quantified(bindings: Sequence[Binding], condition: Node, *, every: bool) -> Node:
    """`some/every x in list satisfies ...`; null when there is no list."""

    def run(scope: Scope) -> bool | None:
        scopes = list(_scopes(bindings, scope))
        if None in scopes:
            return None
        results = (truthy(condition.run(inner)) for inner in scopes if inner)
        return all(results) if every else any(results)

    return Node(run, "test")


def loop(bindings: Sequence[Binding], body: Node, *, partial: bool) -> Node:
    """`for x in list return ...`; null when there is no list. `partial`: the body reads the results so far."""

    def run(scope: Scope) -> list[Value] | None:
        scopes = list(_scopes(bindings, scope))
        if None in scopes:
            return None
        results: list[Value] = []
        for inner in scopes:
            tick(1 + len(results) // 8 if partial else 1)
            here = Scope({"partial": results[:]}, inner) if partial else inner
            results.append(body.run(here or scope))
        return few_enough(results)

    return Node(run, None)
