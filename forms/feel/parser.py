"""Tokens to evaluators: one recursive-descent grammar for FEEL expressions and DMN unary tests.

It also collects the free names, and refuses what can never work: unknown functions and method calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from forms.feel import access, arithmetic, comparisons, loops, nodes
from forms.feel.cursor import KEYWORDS, Cursor
from forms.feel.functions import BUILTINS, invoke
from forms.feel.limits import MAX_DEPTH, FeelError
from forms.feel.nodes import Node
from forms.feel.values import number

CONSTANTS = {"true": (True, "boolean"), "false": (False, "boolean"), "null": (None, "nil")}
COMPARE = {"=": "=", "==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
JUEL = {"eq": "=", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
LONGEST = max(len(name.split()) for name in BUILTINS)


class Parser(Cursor):
    """Reads one expression or one DMN cell."""

    def expression(self) -> Node:
        """Any expression."""
        with self.deeper():
            node = self.disjunction()
            if self.take("?"):
                then = self.expression()
                self.need(":")
                return nodes.conditional(node, then, self.expression())
            return node

    def statement(self) -> Node | None:
        """An expression that begins with a word of its own, or None."""
        for word, read in (("if", self.conditional), ("for", self.loop), ("function", self.function)):
            if self.take(word):
                return read()
        if self.sees("some", "every") and self.tokens[self.place + 1].kind == "name":
            return self.quantified()
        return None

    def conditional(self) -> Node:
        """After `if`."""
        condition = self.expression()
        self.need("then")
        then = self.expression()
        self.need("else")
        return nodes.conditional(condition, then, self.expression())

    def bindings(self) -> list[loops.Binding]:
        """`x in list, y in 1..3`; the names stay bound until the caller drops them."""
        found: list[loops.Binding] = []
        while True:
            name = self.identifier()
            self.need("in")
            source = self.expression()
            end = self.expression() if self.take("..") else None
            found.append(loops.Binding(name, source, end))
            self.bound.append(frozenset({name}))
            if not self.take(","):
                return found

    def quantified(self) -> Node:
        """`some` and `every`."""
        every = self.need("some", "every") == "every"
        bindings = self.bindings()
        self.need("satisfies")
        node = loops.quantified(bindings, self.expression(), every=every)
        del self.bound[-len(bindings) :]
        return node

    def loop(self) -> Node:
        """After `for`."""
        bindings = self.bindings()
        self.need("return")
        start = self.place
        with self.binding("partial"):
            body = self.expression()
        partial = any(token.text == "partial" for token in self.tokens[start : self.place])
        del self.bound[-len(bindings) :]
        return loops.loop(bindings, body, partial=partial)

    def function(self) -> Node:
        """After `function`."""
        self.need("(")
        names: list[str] = []
        while not self.take(")"):
            names.append(self.identifier())
            if self.take(":"):
                self.identifier()
            if not self.sees(")"):
                self.need(",")
        with self.binding(*names):
            return nodes.function(names, self.expression())

    def disjunction(self) -> Node:
        """`a or b`."""
        return self.junction(self.conjunction, "or", "||")

    def conjunction(self) -> Node:
        """`a and b`."""
        return self.junction(self.comparison, "and", "&&")

    def junction(self, part: Callable[[], Node], *words: str) -> Node:
        """Parts joined by one logical operator."""
        parts = [part()]
        while self.take(*words):
            parts.append(part())
        return parts[0] if len(parts) == 1 else nodes.junction(parts, decisive=words[0] == "or")

    def comparison(self) -> Node:
        """`a < b`, `a between b and c`, `a in b`."""
        node = self.addition()
        for _ in range(MAX_DEPTH):
            symbol = self.take(*COMPARE) or (self.token.kind == "name" and self.take(*JUEL))
            if symbol:
                node = comparisons.comparison(COMPARE.get(symbol) or JUEL[symbol], node, self.addition())
            elif self.take("between"):
                low = self.addition()
                self.need("and")
                node = comparisons.between(node, low, self.addition())
            elif self.take("in"):
                node = self.membership(node)
            else:
                return node
        raise FeelError("too many comparisons in a row", self.token.position)

    def membership(self, value: Node) -> Node:
        """After `in`: one test, or several in parentheses."""
        start = self.place
        if self.take("("):
            tests = self.tests()
            if self.take(")"):
                return comparisons.membership(value, tests, listed=True)
            self.place = start
        return comparisons.membership(value, [self.test()], listed=False)

    def tests(self) -> list[Node]:
        """Tests separated by commas."""
        found = [self.test()]
        while self.take(","):
            found.append(self.test())
        return found

    def test(self) -> Node:
        """`> 5`, `[1..3]`, or an expression."""
        symbol = self.take(*COMPARE)
        if symbol:
            return comparisons.unary(COMPARE[symbol], self.addition())
        return self.expression()

    def addition(self) -> Node:
        """`a + b - c`."""
        return self.chain(lambda: self.chain(lambda: self.chain(self.unary, "**", "^"), "*", "/"), "+", "-")

    def chain(self, part: Callable[[], Node], *symbols: str) -> Node:
        """Parts joined by arithmetic operators of one rank."""
        first = part()
        rest: list[tuple[str, Node]] = []
        while symbol := self.take(*symbols):
            rest.append((symbol, part()))
        return arithmetic.arithmetic(first, rest) if rest else first

    def unary(self) -> Node:
        """`-x`, and JUEL `!x`, `not x`, `empty x`."""
        with self.deeper():
            if self.take("-"):
                operand = self.unary()
                return arithmetic.arithmetic(nodes.literal(0, operand.shape), [("-", operand)])
            if self.take("!") or (self.sees("not") and self.prefixes(allow_call=False) and self.take("not")):
                return nodes.negation(self.unary())
            if self.sees("empty") and self.prefixes(allow_call=True) and self.take("empty"):
                return nodes.emptiness(self.unary())
            return self.postfix(self.primary())

    def prefixes(self, *, allow_call: bool) -> bool:
        """Whether the word here is a prefix operator, as `empty x` is and `empty = 1` is not."""
        after = self.tokens[self.place + 1]
        words = after.kind == "name" and after.text not in KEYWORDS - set(CONSTANTS) and after.text not in JUEL
        return words or after.kind in ("string", "number") or (allow_call and after.text == "(")

    def postfix(self, base: Node) -> Node:
        """`.name`, `[filter]` and `instance of` after a value."""
        steps: list[nodes.Postfix] = []
        while True:
            if self.take("."):
                steps.append(access.path(self.member()))
            elif not self.closes_interval() and self.take("["):
                with self.binding("item"):
                    steps.append(access.filtering(self.test()))
                self.need("]")
            elif self.sees("instance") and self.sees("of", ahead=1):
                self.place += 2
                steps.append(access.instance(self.type_name()))
            else:
                return nodes.postfix(base, steps) if steps else base

    def closes_interval(self) -> bool:
        """Whether the `[` here ends an interval such as `]1..5[`."""
        after = self.tokens[min(self.place + 1, len(self.tokens) - 1)]
        return self.sees("[") and (after.kind == "end" or after.text in (")", "]", "}", ",", "and", "or"))

    def member(self) -> str:
        """The name after a dot; a call there is a method, which FEEL does not have."""
        if self.token.kind != "name":
            self.fail("expected a name")
        self.place += 1
        if self.sees("("):
            raise FeelError(f"methods cannot be called, at {self.token.position}", self.token.position)
        return self.tokens[self.place - 1].text

    def type_name(self) -> str:
        """`number`, `date and time`, `list<string>`."""
        words = [self.need_name()]
        while self.token.kind == "name" and self.token.text in ("and", "time", "months", "duration"):
            words.append(self.need_name())
        return " ".join(words)

    def need_name(self) -> str:
        """Read any word, keyword or not."""
        if self.token.kind != "name":
            self.fail("expected a type")
        self.place += 1
        return self.tokens[self.place - 1].text

    def primary(self) -> Node:
        """A literal, a name, a call, or something in brackets."""
        token = self.token
        if token.kind == "name":
            return self.named()
        self.place += 1
        if token.kind == "number":
            return nodes.literal(float(token.text) if "." in token.text else number(int(token.text)), "number")
        if token.kind == "string":
            return nodes.literal(token.text, "string")
        reader = {"(": self.group, "[": self.bracket, "{": self.context, "]": self.mirrored}.get(token.text)
        if reader and token.kind == "symbol":
            return reader()
        if token.text == "?" and token.kind == "symbol":
            return nodes.variable("?")
        if token.text == "@" and self.token.kind == "string":
            self.place += 1
            return nodes.literal(invoke(BUILTINS["@"], [self.tokens[self.place - 1].text]), "date")
        self.place -= 1
        self.fail("expected a value")
        raise AssertionError

    def named(self) -> Node:
        """A constant, a statement, a built-in call, or a variable."""
        statement = self.statement()
        if statement:
            return statement
        if self.token.text in CONSTANTS:
            return nodes.literal(*CONSTANTS[self.need_name()])
        for length in range(LONGEST, 0, -1):
            name = " ".join(token.text for token in self.tokens[self.place : self.place + length])
            if name in BUILTINS and self.sees("(", ahead=length) and not self.is_bound(name):
                self.place += length + 1
                return self.call(name)
        name = self.identifier()
        if self.take("("):
            if not self.is_bound(name):
                raise FeelError(f"unknown function {name!r}", self.token.position)
            return self.call(name)
        if name in BUILTINS and not self.is_bound(name):
            self.names.add(name)
            return nodes.reference(name)
        if not self.is_bound(name):
            self.names.add(name)
        return nodes.variable(name)

    def call(self, name: str) -> Node:
        """After `name(`."""
        values: list[Node] = []
        named: dict[str, Node] = {}
        while not self.take(")"):
            label = self.words(":")
            if label is not None:
                self.need(":")
                named[label] = self.expression()
            else:
                values.append(self.expression())
            if not self.sees(")"):
                self.need(",")
        if named and values:
            self.fail("give all arguments by name or none,")
        return nodes.call(name, values, named, builtin=not self.is_bound(name))

    def group(self) -> Node:
        """After `(`: parentheses or an open interval."""
        node = self.test()
        if self.take(".."):
            return self.interval(node, included=False)
        self.need(")")
        return node

    def bracket(self) -> Node:
        """After `[`: a list or a closed interval."""
        items: list[Node] = []
        while not self.take("]"):
            items.append(self.expression())
            if len(items) == 1 and self.take(".."):
                return self.interval(items[0], included=True)
            if not self.sees("]"):
                self.need(",")
        return nodes.listing(items)

    def mirrored(self) -> Node:
        """After `]`: an open interval as `]1..5[`."""
        start = self.expression()
        self.need("..")
        return self.interval(start, included=False)

    def interval(self, start: Node, *, included: bool) -> Node:
        """After `..`."""
        end = self.expression()
        closing = self.need("]", ")", "[")
        return comparisons.interval(start, end, start_included=included, end_included=closing == "]")

    def context(self) -> Node:
        """After `{`."""
        entries: list[tuple[str, Node]] = []
        with self.binding():
            while not self.take("}"):
                name = self.words(":") or self.fail("expected a key")
                self.need(":")
                entries.append((name, self.expression()))
                self.bound[-1] |= {name}
                if not self.sees("}"):
                    self.need(",")
        return nodes.context(entries)


def cell(parser: Parser) -> tuple[bool, Sequence[Node]]:
    """Read a DMN input entry: whether it is negated, and its tests."""
    if parser.sees("-") and parser.tokens[parser.place + 1].kind == "end":
        parser.place += 1
        return False, [nodes.literal(True, "test")]
    if parser.sees("not") and parser.sees("(", ahead=1):
        parser.place += 2
        tests = parser.tests()
        parser.need(")")
        if parser.token.kind == "end":
            return True, tests
        parser.place = 0
    return False, parser.tests()
