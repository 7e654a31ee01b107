"""Our FEEL beside the JavaScript reference: thousands of generated expressions, every result equal.

The generator leaves out what is known to differ, statistics over nested lists and arithmetic on
dates; the frozen table of feelin.json covers those. What the reference refuses is not compared.
"""

from __future__ import annotations

import json
import math
import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from forms import feel

HERE = Path(__file__).parent
ASSETS = HERE.parents[2] / "web" / "assets"
HOW_MANY = 2_600
CONTEXT: dict[str, Any] = {
    "a": 5, "b": 2.5, "m": -7, "n": None, "t": True, "f": False, "s": "hello", "th": "สวัสดีครับ", "ยอด": 1_500_000,
    "l": [1, 2, 3, 4], "e": [], "ls": ["x", "y", "z"], "c": {"x": 1, "y": {"z": "deep"}},
    "rows": [{"k": "a", "v": 1, "ok": True}, {"k": "b", "v": 20, "ok": False}, {"k": "c", "v": 3, "ok": True}],
}  # fmt: skip
Make = Callable[[int], str]
T = TypeVar("T")


class Grammar:
    """Random expressions by kind; `depth` bounds how far they nest."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - test data
        self._kinds: list[Make] = [self.number, self.text, self.truth, self.items]

    def any(self, depth: int) -> str:
        """An expression of any kind."""
        return self._chance.choice(self._kinds)(depth)

    def number(self, depth: int) -> str:
        """A number."""
        if self._leaf(depth):
            return self._pick(["a", "b", "m", "0", "1", "2.5", "100", "ยอด", "c.x"])
        n, deep = self.number, depth - 1
        return self._one([
            lambda: f"({n(deep)} {self._pick(['+', '-', '*'])} {n(deep)})", lambda: f"-({n(deep)})",
            lambda: f"{self._pick(['abs', 'floor', 'ceiling'])}({n(deep)})",
            lambda: f"string length({self.text(deep)})",
            lambda: f"if {self.truth(deep)} then {n(deep)} else {n(deep)}", lambda: f"count({self.items(deep)})",
            lambda: f"{self._pick(['sum', 'min', 'max'])}({self._pick(['l', 'rows.v', '[3, 1, 2]'])})",
            lambda: f"l[{self._pick(['1', '2', '-1', '9'])}]", lambda: "count(rows[v > 2])",
        ])  # fmt: skip

    def text(self, depth: int) -> str:
        """A text."""
        if self._leaf(depth):
            return self._pick(["s", "th", '"abc"', '""', '"สวัสดี"', "c.y.z", 'rows[1].k', "ls[2]"])
        t, deep = self.text, depth - 1
        return self._one([
            lambda: f"{t(deep)} + {t(deep)}", lambda: f"{self._pick(['upper case', 'lower case'])}({t(deep)})",
            lambda: f"substring({t(deep)}, {self._pick(['1', '2', '-2'])})", lambda: f"string({self.number(0)})",
            lambda: f"if {self.truth(deep)} then {t(deep)} else {t(deep)}", lambda: 'string join(ls, "-")',
            lambda: f"{self._pick(['substring before', 'substring after'])}({t(deep)}, {t(0)})",
        ])  # fmt: skip

    def truth(self, depth: int) -> str:
        """True, false or null."""
        if self._leaf(depth):
            return self._pick(["t", "f", "true", "false", "n = null", "a > 3", 's = "hello"'])
        deep, compare = depth - 1, ["=", "!=", "<", "<=", ">", ">="]
        return self._one([
            lambda: f"{self.number(deep)} {self._pick(compare)} {self.number(deep)}",
            lambda: f"{self.text(deep)} {self._pick(compare)} {self.text(deep)}",
            lambda: f"({self.truth(deep)}) {self._pick(['and', 'or'])} ({self.truth(deep)})",
            lambda: f"not({self.truth(deep)})", lambda: f"{self.number(deep)} in [{self.number(0)}..{self.number(0)}]",
            lambda: f"{self.number(deep)} between {self.number(0)} and {self.number(0)}",
            lambda: f"{self._pick(['contains', 'starts with', 'ends with'])}({self.text(deep)}, {self.text(0)})",
            lambda: f"list contains({self.items(deep)}, {self.number(0)})",
            lambda: f"{self._pick(['some', 'every'])} x in rows.v satisfies x > {self.number(0)}",
        ])  # fmt: skip

    def items(self, depth: int) -> str:
        """A list."""
        if self._leaf(depth):
            return self._pick(["l", "e", "ls", "[1, 2, 3]", "rows.v", "rows.k"])
        deep = depth - 1
        return self._one([
            lambda: f"[{self.any(deep)}, {self.any(deep)}]", lambda: f"append({self.items(deep)}, {self.number(0)})",
            lambda: f"concatenate({self.items(deep)}, {self.items(0)})", lambda: f"reverse({self.items(deep)})",
            lambda: f"for x in {self._pick(['l', 'rows.v'])} return x * {self.number(0)}",
            lambda: f"l[item > {self.number(0)}]", lambda: f"rows[v > {self.number(0)}].k", lambda: "rows[ok = true].v",
        ])  # fmt: skip

    def _leaf(self, depth: int) -> bool:
        return depth <= 0 or self._chance.random() < 0.3

    def _one(self, makers: list[Callable[[], str]]) -> str:
        return self._chance.choice(makers)()

    def _pick(self, choices: list[T]) -> T:
        return self._chance.choice(choices)


def same(ours: Any, theirs: Any) -> bool:
    """Equal as JSON; numbers to the precision that JavaScript has."""
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    if isinstance(ours, int | float) and isinstance(theirs, int | float):
        return math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=1e-12)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return bool(ours == theirs)


def test_generated_expressions_give_what_the_reference_gives() -> None:
    grammar = Grammar(2_570)
    texts = list(dict.fromkeys(grammar.any(1 + n % 4) for n in range(4 * HOW_MANY)))[:HOW_MANY]
    asked = json.dumps({"context": CONTEXT, "texts": texts})
    node = ["node", str(HERE / "feelin.mjs"), str(ASSETS)]
    answers = json.loads(subprocess.run(node, input=asked, capture_output=True, text=True, check=True).stdout)
    compared = [(text, answer) for text, answer in zip(texts, answers, strict=True) if "$not" not in json.dumps(answer)]
    assert len(compared) >= 2_000
    ours = ((text, feel.plain(feel.compile_expression(text).evaluate(CONTEXT)), answer) for text, answer in compared)
    assert [(text, value, answer) for text, value, answer in ours if not same(value, answer)] == []
