"""Differences of the forms of two versions, field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from engine.checks.catalogue import shown
from engine.difference.drawing import element_title
from engine.difference.words import ADDED, CHANGED, NOTHING, REMOVED, Change, Words, differing, turned
from engine.library import Definition
from forms.schema import Component, Form

ATTRIBUTES: Mapping[str, Words] = {
    "label": ("ชื่อช่อง", "label"),
    "type": ("ชนิดช่อง", "type"),
    "key": ("ชื่อข้อมูล", "key"),
    "path": ("ชื่อข้อมูลของกลุ่ม", "path"),
    "within": ("กลุ่มที่อยู่", "group"),
    "description": ("คำแนะนำ", "description"),
    "text": ("ข้อความ", "text"),
    "defaultValue": ("ค่าเริ่มต้น", "default value"),
    "valuesKey": ("รายการตัวเลือก", "list of options"),
    "valuesExpression": ("สูตรตัวเลือก", "options expression"),
    "expression": ("สูตรคำนวณ", "expression"),
    "disabled": ("ปิดใช้", "disabled"),
    "readonly": ("อ่านอย่างเดียว", "read-only"),
    "conditional.hide": ("เงื่อนไขซ่อน", "hidden when"),
    "validate.required": ("บังคับกรอก", "required"),
    "validate.minLength": ("ความยาวน้อยสุด", "shortest length"),
    "validate.maxLength": ("ความยาวมากสุด", "longest length"),
    "validate.min": ("ค่าน้อยสุด", "minimum"),
    "validate.max": ("ค่ามากสุด", "maximum"),
    "validate.pattern": ("รูปแบบที่รับ", "pattern"),
    "validate.validationType": ("ชนิดการตรวจ", "validation"),
}
SKIPPED = frozenset({"id", "components", "values", "layout"})


def compare(old: Definition, new: Definition) -> Iterator[Change]:
    """Differences of the forms that the tasks of both versions show; a form is told at its first task."""
    for key in dict.fromkeys([*old.forms, *new.forms]):
        before, after = old.forms.get(key), new.forms.get(key)
        used = new if after is not None else old
        task = next((e for e in used.diagram.elements.values() if e.form == key), None)
        title = element_title(used.diagram, task) if task else (f"“{key}”", f'"{key}"')
        where = f"แบบฟอร์มของ{title[0]}", f"form of {title[1]}"
        if before is None or after is None:
            kind, verb = (ADDED, ("เพิ่ม", "added")) if before is None else (REMOVED, ("ตัด", "removed"))
            yield Change(kind, task.id if task else None, f"{verb[0]}{where[0]}", f"{where[1]} {verb[1]}")
        else:
            yield from _form(task.id if task else None, where, before, after)


def _form(task: str | None, where: Words, old: Form, new: Form) -> Iterator[Change]:
    before, after = _components(old), _components(new)
    for key in (key for key in before if key not in after):
        th, en = _title(before[key][0])
        yield Change(CHANGED, task, f"{where[0]}: ตัด{th}", f"{where[1]}: {en} removed")
    for key, (component, parent) in after.items():
        th, en = _title(component)
        if key not in before:
            yield Change(CHANGED, task, f"{where[0]}: เพิ่ม{th}", f"{where[1]}: {en} added")
            continue
        inside = f"{where[0]}: {_title(before[key][0])[0]}", f"{where[1]}: {_title(before[key][0])[1]}"
        yield from _component(task, inside, before[key], (component, parent))
    yield from _order(task, where, list(before), list(after))


def _component(
    task: str | None, where: Words, old: tuple[Component, str], new: tuple[Component, str]
) -> Iterator[Change]:
    for name, before, after in differing(_flat(*old), _flat(*new)):
        words = ATTRIBUTES.get(name, (f"ค่า {name}", name))
        th, en = turned(where, words, _value(before), _value(after))
        yield Change(CHANGED, task, th, en)
    yield from (Change(CHANGED, task, f"{where[0]}: {th}", f"{where[1]}: {en}") for th, en in _options(old[0], new[0]))


def _options(old: Component, new: Component) -> Iterator[Words]:
    before, after = _labels(old), _labels(new)
    for key, first, then in differing(before, after):
        if key not in before:
            yield f"เพิ่มตัวเลือก “{shown(then)}”", f'option "{shown(then)}" added'
        elif key not in after:
            yield f"ตัดตัวเลือก “{shown(first)}”", f'option "{shown(first)}" removed'
        else:
            yield f"ตัวเลือก “{shown(first)}” → “{shown(then)}”", f'option "{shown(first)}" → "{shown(then)}"'
    kept = [key for key in before if key in after]
    if kept != [key for key in after if key in before]:
        yield "จัดลำดับตัวเลือกใหม่", "options put into another order"


def _order(task: str | None, where: Words, old: list[str], new: list[str]) -> Iterator[Change]:
    kept = set(old) & set(new)
    if [key for key in old if key in kept] != [key for key in new if key in kept]:
        yield Change(CHANGED, task, f"{where[0]}: จัดลำดับช่องใหม่", f"{where[1]}: fields put into another order")


def _components(form: Form) -> dict[str, tuple[Component, str]]:
    """Components by id, each with the id of the group that it stands in."""
    found: dict[str, tuple[Component, str]] = {}

    def walk(components: tuple[Component, ...], parent: str) -> None:
        for component in components:
            found[component.id] = component, parent
            walk(component.children, component.id)

    walk(form.roots, "")
    return found


def _flat(component: Component, parent: str) -> dict[str, str]:
    """Every attribute as text, one level of nesting spelt out: validate.required."""
    found = {"within": parent}
    for name, attribute in component.attributes.items():
        if name in SKIPPED:
            continue
        if isinstance(attribute, dict):
            found |= {f"{name}.{inner}": _text(item) for inner, item in attribute.items()}
        else:
            found[name] = _text(attribute)
    return found


def _labels(component: Component) -> dict[str, str]:
    """Labels of the fixed options by their values."""
    values = component.attributes.get("values")
    options = [item for item in values if isinstance(item, dict)] if isinstance(values, list) else []
    return {_text(item.get("value")): str(item.get("label") or item.get("value") or "-") for item in options}


def _text(item: Any) -> str:
    return item if isinstance(item, str) else json.dumps(item, ensure_ascii=False, sort_keys=True)


def _value(text: str) -> Words:
    if text in ("", "null"):
        return NOTHING
    if text in ("true", "false"):
        return ("ใช่", "yes") if text == "true" else ("ไม่ใช่", "no")
    return f"“{shown(text)}”", f'"{shown(text)}"'


def _title(component: Component) -> Words:
    attributes = component.attributes
    name = component.label or attributes.get("dateLabel") or attributes.get("text") or component.key or component.id
    kind = ("ข้อความ", "text") if component.type == "text" else ("ช่อง", "field")
    kind = ("กลุ่ม", "group") if component.children else kind
    return f"{kind[0]} “{shown(name)}”", f'{kind[1]} "{shown(name)}"'
