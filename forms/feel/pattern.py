"""Reads a JavaScript regular expression into the small program that regex.py runs.

Back references and look-around are refused: without them a match takes time linear in the text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

from forms.feel.limits import FeelError

MAX_PATTERN = 500
MAX_PROGRAM = 2_000
MAX_GROUPS = 50
MAX_NESTING = 20

Predicate = Callable[[str], bool]
_SPACE = frozenset("\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff") | {
    chr(code) for code in range(0x2000, 0x200B)
}
_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_DIGIT = frozenset("0123456789")
_CLASSES = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
_CONTROL = {"n": "\n", "r": "\r", "t": "\t", "v": "\v", "f": "\f", "0": "\0"}
_NEWLINES = frozenset("\n\r\u2028\u2029")


class PatternError(FeelError):
    """The regular expression cannot be used."""


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction: char, split, jump, save, assert or match."""

    kind: str
    test: Predicate | None = None
    first: int = 0
    second: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    """The instructions of a pattern and the number of its groups."""

    steps: tuple[Step, ...]
    groups: int
    multiline: bool


def is_word(character: str) -> bool:
    """Whether a character is part of a word."""
    return character in _WORD


def is_newline(character: str) -> bool:
    """Whether a character ends a line."""
    return character in _NEWLINES


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str, flags: str = "") -> Program:
    """The program of a pattern, or PatternError. Flags: i, m, s."""
    if set(flags) - set("ims"):
        raise PatternError(f"unknown flags {flags!r}")
    if len(pattern) > MAX_PATTERN:
        raise PatternError(f"the pattern is longer than {MAX_PATTERN} characters")
    reader = _Reader(pattern, flags)
    steps = reader.alternatives(0)
    if reader.place < len(pattern):
        reader.fail("unmatched )")
    whole = (Step("save", first=0), *_shift(steps, 1), Step("save", first=1), Step("match"))
    return Program(whole, reader.groups, "m" in flags)


Steps = tuple[Step, ...]


def _shift(steps: Steps, by: int) -> Steps:
    """The same instructions placed further on."""
    moved = {"split", "jump"}
    return tuple(Step(s.kind, s.test, s.first + by, s.second + by) if s.kind in moved else s for s in steps)


def _join(first: Steps, second: Steps) -> Steps:
    if len(first) + len(second) > MAX_PROGRAM:
        raise PatternError("the pattern is too large")
    return first + _shift(second, len(first))


def _either(first: Steps, second: Steps) -> Steps:
    head = Step("split", first=1, second=len(first) + 2)
    over = Step("jump", first=len(first) + 2 + len(second))
    return _join((head, *_shift(first, 1), over), ()) + _shift(second, len(first) + 2)


def _optional(body: Steps, lazy: bool) -> Steps:
    inside, after = 1, len(body) + 1
    head = Step("split", first=after, second=inside) if lazy else Step("split", first=inside, second=after)
    return (head, *_shift(body, 1))


def _star(body: Steps, lazy: bool) -> Steps:
    inside, after = 1, len(body) + 2
    head = Step("split", first=after, second=inside) if lazy else Step("split", first=inside, second=after)
    return (head, *_shift(body, 1), Step("jump", first=0))


def _repeat(body: Steps, least: int, most: int | None, lazy: bool) -> Steps:
    if (most or least) * len(body) > MAX_PROGRAM:
        raise PatternError("the pattern is too large")
    steps: Steps = ()
    for _ in range(least):
        steps = _join(steps, body)
    if most is None:
        return _join(steps, _star(body, lazy))
    tail: Steps = ()
    for _ in range(most - least):
        tail = _optional(_join(body, tail), lazy)
    return _join(steps, tail)


class _Reader:
    """Recursive descent over the characters of one pattern."""

    def __init__(self, pattern: str, flags: str) -> None:
        self.pattern, self.flags = pattern, flags
        self.place = 0
        self.groups = 0

    def fail(self, message: str) -> NoReturn:
        raise PatternError(f"{message} at {self.place} in the pattern", self.place)

    def peek(self) -> str:
        return self.pattern[self.place : self.place + 1]

    def take(self, text: str) -> bool:
        found = self.pattern.startswith(text, self.place)
        self.place += len(text) if found else 0
        return found

    def next(self) -> str:
        character = self.peek() or self.fail("the pattern ends too early")
        self.place += 1
        return character

    def alternatives(self, depth: int) -> Steps:
        if depth > MAX_NESTING:
            self.fail("nested too deeply")
        steps = self.sequence(depth)
        return _either(steps, self.alternatives(depth)) if self.take("|") else steps

    def sequence(self, depth: int) -> Steps:
        steps: Steps = ()
        while self.peek() not in ("", "|", ")"):
            steps = _join(steps, self.quantified(depth))
        return steps

    def quantified(self, depth: int) -> Steps:
        atom = self.atom(depth)
        bounds = self.bounds()
        if bounds is None:
            return atom
        if atom and atom[0].kind == "assert":
            self.fail("nothing to repeat")
        lazy = self.take("?")
        return _repeat(atom, *bounds, lazy)

    def bounds(self) -> tuple[int, int | None] | None:
        for symbol, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self.take(symbol):
                return bounds
        end = self.pattern.find("}", self.place)
        if self.peek() != "{" or end < 0:
            return None
        least, comma, most = self.pattern[self.place + 1 : end].partition(",")
        if not _number(least) or (most and not _number(most)):
            return None
        self.place = end + 1
        highest = int(most) if most else None if comma else int(least)
        if highest is not None and highest < int(least):
            self.fail("the numbers of a repetition are out of order")
        return int(least), highest

    def repeats_here(self) -> bool:
        """Whether the `{` just read begins a repetition and not a character."""
        self.place -= 1
        found = self.bounds() is not None
        self.place += 0 if found else 1
        return found

    def atom(self, depth: int) -> Steps:
        character = self.next()
        if character == "(":
            return self.group(depth)
        if character in "^$":
            return (Step("assert", text=character),)
        if character in "*+?" or (character == "{" and self.repeats_here()):
            self.fail("nothing to repeat")
        if character == ".":
            return (Step("char", (lambda _c: True) if "s" in self.flags else (lambda c: c not in _NEWLINES)),)
        if character == "[":
            return (Step("char", self.char_class()),)
        if character == "\\":
            if self.peek() in ("b", "B"):
                return (Step("assert", text=self.next()),)
            return (Step("char", self.folded(self.escape())),)
        return (Step("char", self.folded(_exactly(character))),)

    def group(self, depth: int) -> Steps:
        number = 0
        if self.take("?:"):
            pass
        elif self.peek() == "?" and not self.pattern.startswith(("?<=", "?<!"), self.place) and self.take("?<"):
            self.place = self.pattern.find(">", self.place) + 1 or self.fail("the name of a group does not end")
            number = self.numbered()
        elif self.peek() == "?":
            self.fail("look-around is not supported")
        else:
            number = self.numbered()
        steps = self.alternatives(depth + 1)
        if not self.take(")"):
            self.fail("a group does not end")
        if not number:
            return steps
        return _join(_join((Step("save", first=2 * number),), steps), (Step("save", first=2 * number + 1),))

    def numbered(self) -> int:
        self.groups += 1
        if self.groups > MAX_GROUPS:
            self.fail("too many groups")
        return self.groups

    def folded(self, test: Predicate) -> Predicate:
        if "i" not in self.flags:
            return test
        return lambda c: test(c) or test(c.lower()) or test(c.upper())

    def escape(self) -> Predicate:
        """After a backslash: a class, or one character."""
        letter = self.peek()
        if letter.lower() in _CLASSES:
            self.place += 1
            members = _CLASSES[letter.lower()]
            return (lambda c: c in members) if letter.islower() else (lambda c: c not in members)
        if letter.lower() == "p" and self.pattern[self.place + 1 : self.place + 2] == "{":
            return self.category()
        return _exactly(self.escaped())

    def category(self) -> Predicate:
        negated = self.next() == "P"
        end = self.pattern.find("}", self.place)
        name = self.pattern[self.place + 1 : max(end, self.place)]
        if not 1 <= len(name) <= 2 or not name.isalpha():
            self.fail("unknown property")
        self.place = end + 1
        return lambda c: unicodedata.category(c).startswith(name) != negated

    def escaped(self) -> str:
        letter = self.next()
        if letter in _CONTROL:
            return _CONTROL[letter]
        if letter.isdigit() or letter == "k":
            self.fail("back references are not supported")
        for prefix, length in (("x", 2), ("u", 4)):
            digits = self.pattern[self.place : self.place + length]
            if letter == prefix and len(digits) == length and all(d in "0123456789abcdefABCDEF" for d in digits):
                self.place += length
                return chr(int(digits, 16))
        return letter

    def char_class(self) -> Predicate:
        """After `[`."""
        negated = self.take("^")
        tests: list[Predicate] = []
        while not self.take("]"):
            test, low = self.member()
            ranged = self.peek() == "-" and self.pattern[self.place + 1 : self.place + 2] not in ("]", "")
            if low is not None and ranged:
                self.place += 1
                _, high = self.member()
                if high is None or high < low:
                    self.fail("a range is out of order")
                test = _within(low, high)
            tests.append(self.folded(test))
        return lambda c: any(test(c) for test in tests) != negated

    def member(self) -> tuple[Predicate, str | None]:
        """One member of a class, and its character when it is only one."""
        character = self.next()
        if character == "\\":
            if self.take("b"):
                return _exactly("\b"), "\b"
            if self.peek().lower() in ("d", "w", "s", "p"):
                return self.escape(), None
            character = self.escaped()
        return _exactly(character), character


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4


def _exactly(character: str) -> Predicate:
    return lambda c: c == character


def _within(low: str, high: str) -> Predicate:
    return lambda c: low <= c <= high
