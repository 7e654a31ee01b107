"""What each piece of syntax means: small evaluators that the parser puts together.

`shape` is what the syntax promises (number, test, any ...); a filter needs it to tell `a[1]` from `a[x > 1]`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from forms.feel.functions import BUILTINS, invoke
from forms.feel.limits import Value, few_enough, tick
from forms.feel.values import Function


class Scope:
    """Names visible at one place of an expression, innermost first."""

    __slots__ = ("outer", "values")

    def __init__(self, values: Mapping[str, Value], outer: Scope | None = None) -> None:
        """Open a scope inside another."""
        self.values = values
        self.outer = outer

    def get(self, name: str) -> Value:
        """The value of a name, or None."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.values[name]
            scope = scope.outer
        return None


class Node(NamedTuple):
    """An evaluator and the shape of what it returns."""

    run: Callable[[Scope], Value]
    shape: str | None


def literal(value: Value, shape: str | None) -> Node:
    """A constant."""
    return Node(lambda _scope: value, shape)


def variable(name: str) -> Node:
    """A name of the context; unknown names are null."""

    def run(scope: Scope) -> Value:
        tick()
        values = scope.values
        return values[name] if name in values else scope.get(name)

    return Node(run, "any")


def truthy(value: Value) -> bool:
    """Whether a condition holds: anything but false and null, as in the browser."""
    return value is not False and value is not None


def conditional(condition: Node, then: Node, otherwise: Node) -> Node:
    """`if .. then .. else ..`, also `a ? b : c`."""
    shape = then.shape if then.shape == otherwise.shape else "any"
    return Node(lambda s: then.run(s) if truthy(condition.run(s)) else otherwise.run(s), shape)


def junction(parts: Sequence[Node], decisive: bool) -> Node:
    """`or` (decisive True) and `and` (decisive False) with three-valued logic."""

    def run(scope: Scope) -> bool | None:
        result: bool | None = not decisive
        for part in parts:
            value = part.run(scope)
            if value is decisive:
                return bool(decisive)
            if value is not (not decisive):
                result = None
        return result

    return Node(run, "test")


def negation(part: Node) -> Node:
    """JUEL `!x` and `not x`; null for what is not a boolean."""

    def run(scope: Scope) -> bool | None:
        value = part.run(scope)
        return not value if isinstance(value, bool) else None

    return Node(run, "test")


def emptiness(part: Node) -> Node:
    """JUEL `empty x`: null, an empty text, list or context."""
    return Node(lambda s: part.run(s) in (None, "", [], {}), "test")


def listing(items: Sequence[Node]) -> Node:
    """`[a, b]`."""
    return Node(lambda s: few_enough([item.run(s) for item in items]), None)


def context(entries: Sequence[tuple[str, Node]]) -> Node:
    """`{a: 1, b: a + 1}`; later entries see earlier ones."""

    def run(scope: Scope) -> dict[str, Value]:
        made: dict[str, Value] = {}
        inner = Scope(made, scope)
        for name, node in entries:
            tick()
            made[name] = node.run(inner)
        return made

    return Node(run, None)


def function(names: Sequence[str], body: Node) -> Node:
    """`function(a, b) body`."""

    def run(scope: Scope) -> Function:
        def call(*args: Value) -> Value:
            padded = [*args, *[None] * (len(names) - len(args))]
            return body.run(Scope(dict(zip(names, padded, strict=False)), scope))

        return Function(tuple(names), call)

    return Node(run, None)


def call(name: str, values: Sequence[Node], named: Mapping[str, Node], *, builtin: bool) -> Node:
    """`name(a, b)` or `name(x: a)`."""
    known = BUILTINS.get(name) if builtin else None

    def run(scope: Scope) -> Value:
        target = known or scope.get(name)
        given = {label: node.run(scope) for label, node in named.items()}
        return invoke(target, [node.run(scope) for node in values], given)

    return Node(run, "date" if name in ("date", "time", "date and time", "duration") else "any")


def reference(name: str) -> Node:
    """A name that a built-in has too: the context's value wins."""

    def run(scope: Scope) -> Value:
        value = scope.get(name)
        return BUILTINS[name] if value is None else value

    return Node(run, "any")


Postfix = Callable[[Scope, Value], Value]


def postfix(base: Node, steps: Sequence[Postfix]) -> Node:
    """Paths, filters and calls after a value, one after the other."""

    def run(scope: Scope) -> Value:
        value = base.run(scope)
        for step in steps:
            value = step(scope, value)
        return value

    return Node(run, "any")
