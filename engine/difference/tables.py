"""Differences of the decision tables of two versions, row by row with the numbers the Modeler shows."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from engine.checks.catalogue import shown
from engine.decisions import Decision, Rule
from engine.difference.words import ADDED, CHANGED, REMOVED, Change, Words, differing, turned, value
from engine.library import Definition

HEADS: dict[str, Words] = {
    "name": ("ชื่อ", "name"),
    "policy": ("วิธีเลือกแถว (hit policy)", "hit policy"),
    "inputs": ("คอลัมน์เงื่อนไข", "input columns"),
    "outputs": ("คอลัมน์ผล", "output columns"),
}
Row = tuple[str, ...]


def compare(old: Definition, new: Definition) -> Iterator[Change]:
    """Differences of the tables that the tasks of both versions ask."""
    for key in dict.fromkeys([*old.decisions, *new.decisions]):
        before, after = old.decisions.get(key), new.decisions.get(key)
        table = after or before
        used = new if after is not None else old
        task = next((e.id for e in used.diagram.elements.values() if e.attributes.get("decisionRef") == key), None)
        name = shown(table.name) if table else key
        where = f"ตาราง “{name}”", f'table "{name}"'
        if before is None or after is None:
            kind, verb = (ADDED, ("เพิ่ม", "added")) if before is None else (REMOVED, ("ตัด", "removed"))
            yield Change(kind, task, f"{verb[0]}{where[0]}", f"{where[1]} {verb[1]}")
        else:
            found = [*_heads(where, before, after), *_rows(where, before, after)]
            yield from (Change(CHANGED, task, th, en) for th, en in found)


def _heads(where: Words, old: Decision, new: Decision) -> Iterator[Words]:
    for key, before, after in differing(_head(old), _head(new)):
        yield turned(where, HEADS[key], value(key, before), value(key, after))


def _head(table: Decision) -> dict[str, str]:
    inputs = (label if label == text.text else f"{label} = {text.text}" for label, text in table.inputs)
    policy = f"{table.policy} {table.aggregate or ''}".strip()
    return {"name": table.name, "policy": policy, "inputs": ", ".join(inputs), "outputs": ", ".join(table.outputs)}


def _rows(where: Words, old: Decision, new: Decision) -> Iterator[Words]:
    before, after = [_row(rule) for rule in old.rules], [_row(rule) for rule in new.rules]
    for kind, first, last, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        both = min(last - first, end - start)
        for place in range(both):
            yield from _cells(where, new, (first + place, before[first + place]), (start + place, after[start + place]))
        for number in range(first + both, last):
            yield f"{where[0]}: ตัดแถวที่ {number + 1}", f"{where[1]}: row {number + 1} removed"
        for number in range(start + both, end):
            yield f"{where[0]}: เพิ่มแถวที่ {number + 1}", f"{where[1]}: row {number + 1} added"


def _cells(where: Words, table: Decision, old: tuple[int, Row], new: tuple[int, Row]) -> Iterator[Words]:
    """What differs in a row that stands at both places; all of it when the columns themselves differ."""
    number = f"{old[0] + 1}" if old[0] == new[0] else f"{old[0] + 1} → {new[0] + 1}"
    row = f"{where[0]} แถวที่ {number}", f"{where[1]} row {number}"
    columns = [*(label for label, _ in table.inputs), *table.outputs]
    if not len(old[1]) == len(new[1]) == len(columns) + 1:
        yield f"{row[0]}: เปลี่ยนทั้งแถว", f"{row[1]}: changed as a whole"
        return
    names = [(f"“{shown(name)}”", f'"{shown(name)}"') for name in columns] + [("หมายเหตุ", "annotation")]
    for name, before, after in zip(names, old[1], new[1], strict=True):
        if before != after:
            yield turned(row, name, value("", before), value("", after))


def _row(rule: Rule) -> Row:
    cells = (cell.text if cell else "" for cell in rule.results)
    return (*(test.text for test in rule.conditions), *cells, rule.note)
