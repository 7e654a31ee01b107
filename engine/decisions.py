"""DMN 1.3 decision tables with FEEL cells: read, evaluate, refuse.

Hit policies UNIQUE, FIRST, ANY, RULE ORDER and COLLECT (SUM, MIN, MAX, COUNT). Cells
are compiled when the table is read, so a wrong cell is refused with its rule number
before any case meets it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine import xml
from engine.errors import DiagramRefused, EngineFault
from forms import feel

DMN = "{https://www.omg.org/spec/DMN/20191111/MODEL/}"
NAMESPACES = (DMN, "{http://www.omg.org/spec/DMN/20180521/MODEL/}", "{http://www.omg.org/spec/DMN/20151101/dmn.xsd}")
POLICIES = ("UNIQUE", "FIRST", "ANY", "RULE ORDER", "COLLECT")
AGGREGATES: Mapping[str, Callable[[list[Any]], Any]] = {"SUM": sum, "MIN": min, "MAX": max, "COUNT": len}
MAX_RULES = 1_000


@dataclass(frozen=True)
class Rule:
    """One row: compiled conditions and results; `number` counts from 1."""

    number: int
    line: int
    conditions: tuple[feel.UnaryTests, ...]
    results: tuple[feel.Expression | None, ...]
    note: str


@dataclass(frozen=True)
class Decision:
    """One decision table."""

    id: str
    name: str
    policy: str
    aggregate: str | None
    inputs: tuple[tuple[str, feel.Expression], ...]
    outputs: tuple[str, ...]
    rules: tuple[Rule, ...]

    def evaluate(self, data: Mapping[str, Any], now: datetime) -> Any:
        """The result over case data; raises `EngineFault` when a UNIQUE or ANY table contradicts itself."""
        values = [expression.evaluate(data, now) for _, expression in self.inputs]
        hits = [rule for rule in self.rules if _hit(rule, values, data, now)]
        results = [self._result(rule, data, now) for rule in hits]
        return self._settle(hits, results)

    def _result(self, rule: Rule, data: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        cells = (feel.plain(cell.evaluate(data, now)) if cell else None for cell in rule.results)
        return dict(zip(self.outputs, cells, strict=True))

    def _settle(self, hits: list[Rule], results: list[dict[str, Any]]) -> Any:
        if (self.policy == "UNIQUE" and len(hits) > 1) or (
            self.policy == "ANY" and any(r != results[0] for r in results)
        ):
            numbers = ", ".join(str(rule.number) for rule in hits)
            raise EngineFault(reason=f"decision {self.id} ({self.policy}): rules {numbers} match at once")
        if self.policy == "COLLECT" and self.aggregate:
            return _aggregate(self.aggregate, self.outputs[0], results)
        if self.policy in ("COLLECT", "RULE ORDER"):
            return results
        return results[0] if results else None


def _hit(rule: Rule, values: list[Any], data: Mapping[str, Any], now: datetime) -> bool:
    return all(test.matches(value, data, now) for test, value in zip(rule.conditions, values, strict=True))


def _aggregate(name: str, output: str, results: list[dict[str, Any]]) -> Any:
    values = [result[output] for result in results]
    return AGGREGATES[name](values) if values or name == "COUNT" else None


def read(content: bytes) -> dict[str, Decision]:
    """Every decision table of a file by decision id; raises `DiagramRefused` with line and rule."""
    root = xml.parse(content)
    prefix = next((ns for ns in NAMESPACES if root.tag == ns + "definitions"), None)
    if prefix is None:
        raise DiagramRefused("this is not a DMN decision file", xml.line(root))
    decisions = [_decision(node, prefix) for node in root.iter(prefix + "decision")]
    if not decisions:
        raise DiagramRefused("the file holds no decision", xml.line(root))
    found = {decision.id: decision for decision in decisions}
    if len(found) < len(decisions):
        raise DiagramRefused("two decisions of the file have the same id", xml.line(root))
    return found


def _decision(node: xml.Element, ns: str) -> Decision:
    key = node.get("id", "")
    table = node.find(ns + "decisionTable")
    if table is None:
        raise DiagramRefused(f"decision {key} has no decision table", xml.line(node), key)
    policy = (table.get("hitPolicy") or "UNIQUE").upper()
    aggregate = table.get("aggregation")
    outputs = tuple(o.get("name") or "" for o in table.findall(ns + "output"))
    if policy not in POLICIES or aggregate not in (None, *AGGREGATES) or not all(outputs):
        raise DiagramRefused(f"decision {key}: hit policy {policy} or an output without name", xml.line(table), key)
    inputs = tuple(_input(i, ns, key) for i in table.findall(ns + "input"))
    rows = table.findall(ns + "rule")
    if not rows or len(rows) > MAX_RULES:
        raise DiagramRefused(f"decision {key} has {len(rows)} rules", xml.line(table), key)
    rules = tuple(_rule(row, number, ns, key, len(inputs), len(outputs)) for number, row in enumerate(rows, 1))
    return Decision(key, node.get("name") or key, policy, aggregate, inputs, outputs, rules)


def _input(node: xml.Element, ns: str, key: str) -> tuple[str, feel.Expression]:
    expression = node.find(ns + "inputExpression")
    text = (expression.findtext(ns + "text") or "").strip() if expression is not None else ""
    return node.get("label") or text, _compiled(feel.compile_expression, text, node, f"decision {key}, input", key)


def _rule(row: xml.Element, number: int, ns: str, key: str, inputs: int, outputs: int) -> Rule:
    tests, cells = row.findall(ns + "inputEntry"), row.findall(ns + "outputEntry")
    if (len(tests), len(cells)) != (inputs, outputs):
        raise DiagramRefused(f"decision {key}, rule {number}: wrong number of cells", xml.line(row), key)
    where = f"decision {key}, rule {number}"
    conditions = tuple(_compiled(feel.compile_unary, _text(t, ns), t, where, key) for t in tests)
    results = tuple(
        _compiled(feel.compile_expression, _text(c, ns), c, where, key) if _text(c, ns) else None for c in cells
    )
    return Rule(number, xml.line(row), conditions, results, (row.findtext(ns + "description") or "").strip())


def _text(node: xml.Element, ns: str) -> str:
    return (node.findtext(ns + "text") or "").strip()


def _compiled(compiler: Callable[[str], Any], text: str, node: xml.Element, where: str, key: str) -> Any:
    try:
        return compiler(text)
    except feel.FeelError as error:
        raise DiagramRefused(f"{where}: {text!r}: {error}", xml.line(node), key) from None
