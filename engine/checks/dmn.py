"""Decision tables: readable cell by cell, one file per decision id, no row that contradicts or hides another."""

from __future__ import annotations

from collections.abc import Iterator

from engine import decisions, xml
from engine.checks.problem import Problem, problem
from engine.decisions import Decision, Rule
from engine.errors import DiagramRefused, XmlRefused

Tables = dict[str, tuple[str, Decision]]
TAGS = frozenset(space + "definitions" for space in decisions.NAMESPACES)
EVERYTHING = frozenset({"", "-"})


def open_table(tables: Tables, problems: list[Problem], file: str, content: bytes) -> None:
    """Read the decisions of a file into `tables`, its faults into `problems`."""
    try:
        if xml.parse(content).tag not in TAGS:
            problems.append(problem("not-dmn", file, 1))
            return
        found = decisions.read(content)
    except XmlRefused as error:
        problems.append(problem("unreadable-xml", file, error.line, reason=error.en, reason_th=error.thai))
        return
    except DiagramRefused as error:
        problems.append(problem("bad-decision", file, error.line, error.element, reason=error.en))
        return
    for key, table in found.items():
        problems += [*_overlapping(file, table), *_hidden(file, table)]
        if key in tables:
            problems.append(problem("duplicate-decision", file, 0, key, decision=key, other=tables[key][0]))
        tables.setdefault(key, (file, table))


def _overlapping(file: str, table: Decision) -> Iterator[Problem]:
    """Two rows of a UNIQUE table with the same conditions, or a row beside one that takes every case, match at once."""
    first: dict[tuple[str, ...], int] = {}
    taker = _taker(table)
    for rule in table.rules if table.policy == "UNIQUE" else ():
        other = first.setdefault(_conditions(rule), rule.number)
        other = taker if taker is not None and other == rule.number else other
        if other != rule.number:
            yield problem("overlapping-rows", file, rule.line, table.id, name=table.name, row=rule.number, other=other)


def _hidden(file: str, table: Decision) -> Iterator[Problem]:
    """Under FIRST nothing after a row that takes every case is used."""
    taker = _taker(table)
    for rule in table.rules if table.policy == "FIRST" else ():
        if taker is not None and rule.number > taker:
            yield problem("row-never-reached", file, rule.line, table.id, name=table.name, row=rule.number, other=taker)


def _taker(table: Decision) -> int | None:
    """Number of the first row without conditions, which takes every case."""
    return next((rule.number for rule in table.rules if set(_conditions(rule)) <= EVERYTHING), None)


def _conditions(rule: Rule) -> tuple[str, ...]:
    return tuple(" ".join(test.text.split()) for test in rule.conditions)
