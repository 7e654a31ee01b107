"""FEEL, the expression language of DMN and form-js, read and evaluated without Python's own `eval`.

`compile_expression` for gateways and forms, `compile_unary` for DMN cells; both are cached and bounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from forms.feel.comparisons import holds
from forms.feel.lexer import unwrap
from forms.feel.limits import MAX_STEPS, FeelError, FeelLimitError, Value, limited
from forms.feel.nodes import Node, Scope
from forms.feel.parser import Parser, cell
from forms.feel.temporal import Duration
from forms.feel.values import plain

__all__ = [
    "Duration",
    "Expression",
    "FeelError",
    "FeelLimitError",
    "UnaryTests",
    "compile_expression",
    "compile_unary",
    "plain",
]


class Expression:
    """A compiled expression; `names` are the context names it reads."""

    __slots__ = ("_node", "names", "text")

    def __init__(self, text: str, node: Node, names: frozenset[str]) -> None:
        """Keep what the parser made."""
        self.text = text
        self.names = names
        self._node = node

    def evaluate(self, context: Mapping[str, Value], now: datetime | None = None) -> Value:
        """The value in a context; null stands for what FEEL cannot tell. FeelError past the bounds."""
        return limited(now, MAX_STEPS, self._node.run, Scope(context))


class UnaryTests:
    """A compiled DMN input entry; `names` are the context names it reads."""

    __slots__ = ("_negated", "_tests", "names", "text")

    def __init__(self, text: str, tests: tuple[bool, list[Node]], names: frozenset[str]) -> None:
        """Keep what the parser made."""
        self.text = text
        self.names = names
        self._negated, self._tests = tests

    def matches(self, value: Value, context: Mapping[str, Value], now: datetime | None = None) -> bool:
        """Whether the input value passes; the value is also `?` in the cell. FeelError past the bounds."""
        return self._found(Scope({"?": value}, Scope(context)), value, now)

    def holds(self, context: Mapping[str, Value], now: datetime | None = None) -> bool:
        """Whether the tests hold without an input value, the way form-js decides its conditions."""
        return self._found(Scope(context), None, now)

    def _found(self, scope: Scope, value: Value, now: datetime | None) -> bool:
        return limited(now, MAX_STEPS, _pass, self._tests, scope, value) != self._negated


def _pass(tests: list[Node], scope: Scope, value: Value) -> bool:
    return any(_passes(test, scope, value) for test in tests)


def _passes(test: Node, scope: Scope, value: Value) -> bool:
    result = test.run(scope)
    if test.shape == "boolean" and "?" in scope.values:
        return result is value
    for item in result if isinstance(result, list) else [result]:
        if isinstance(item, list):
            passed: bool | None = value in item
        else:
            passed = item if isinstance(item, bool) else holds(item, value)
        if passed:
            return True
    return False


@lru_cache(maxsize=4096)
def compile_expression(text: str) -> Expression:
    """Read a FEEL expression, or raise FeelError with the position; `${}`, `#{}` and a leading `=` are stripped."""
    parser = Parser(unwrap(text))
    try:
        node = parser.expression()
    except RecursionError:
        raise FeelError("the expression is nested too deeply") from None
    if parser.token.kind != "end":
        parser.fail("expected the end")
    return Expression(text, node, frozenset(parser.names))


@lru_cache(maxsize=4096)
def compile_unary(text: str) -> UnaryTests:
    """Read a DMN input entry; an empty one and `-` pass everything. FeelError with the position."""
    parser = Parser(unwrap(text) or "-")
    tests = cell(parser)
    if parser.token.kind != "end":
        parser.fail("expected the end")
    return UnaryTests(text, (tests[0], list(tests[1])), frozenset(parser.names - {"?"}))
