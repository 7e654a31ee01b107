"""Faults of a form that its owner should repair before it is deployed, each with a Thai and an English sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from forms.components import SCOPE_NAMES, UNARY, Component, Form, expressions
from forms.feel import FeelError, compile_expression, compile_unary
from forms.feel.pattern import PatternError, compile_pattern

LAYOUT = frozenset("text group dynamiclist table separator spacer button image documentPreview".split())
KNOWN = LAYOUT | frozenset(
    "textfield textarea number datetime checkbox checklist radio select taglist expression".split()
)
FORBIDDEN = frozenset({"html", "iframe", "script", "filepicker"})
CHOICES = frozenset({"radio", "select", "checklist", "taglist"})
RESERVED = SCOPE_NAMES | frozenset(
    "typename constructor prototype true false null if then else for some every and or in between return not function "
    "starter starter_unit fiscal_year case_number partial".split()
)
_KEY = re.compile(r"[A-Za-z\u0e01-\u0e3a\u0e40-\u0e4e][A-Za-z0-9_\u0e01-\u0e3a\u0e40-\u0e4e]*")
_OUTSIDE = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault; `element` is the component's id, empty for the form itself."""

    code: str
    element: str
    th: str
    en: str


def lint(form: Form) -> list[Problem]:
    """All faults of a form, in the order of its components."""
    problems = [problem for component in form.components() for problem in _component(component)]
    return problems + list(_repeated(form))


def _component(component: Component) -> Iterator[Problem]:
    yield from _type(component)
    yield from _key(component)
    yield from _options(component)
    yield from _expressions(component)
    yield from _pattern(component)


def _type(component: Component) -> Iterator[Problem]:
    kind, name = component.type, component.id
    if kind in FORBIDDEN:
        yield Problem(
            "form.forbidden", name, f"ไม่อนุญาตให้ใช้ช่องชนิด {kind}", f"Components of type {kind} are not allowed."
        )
    elif kind not in KNOWN:
        yield Problem("form.type", name, f"ไม่รู้จักช่องชนิด {kind}", f"Unknown component type {kind}.")
    source = component.attributes.get("source")
    if kind == "image" and isinstance(source, str) and _OUTSIDE.match(source):
        yield Problem(
            "form.image", name, "รูปภาพต้องไม่มาจากภายนอกระบบ", "An image must not come from an outside address."
        )


def _key(component: Component) -> Iterator[Problem]:
    if not component.path or not (component.is_input or component.type in ("group", "dynamiclist")):
        return
    for part in component.path:
        if part in RESERVED or part.startswith(("__", "list_", "all_")):
            yield Problem(
                "form.reserved", component.id, f"ชื่อข้อมูล {part} สงวนไว้ให้ระบบ", f"The key {part} is reserved."
            )
        elif not _KEY.fullmatch(part) and not re.fullmatch(r"_[A-Za-z0-9]\w*", part, re.ASCII):
            yield Problem(
                "form.key",
                component.id,
                f"ชื่อข้อมูล “{part}” ใช้ไม่ได้ ให้ใช้ตัวอักษร ตัวเลข และ _ เท่านั้น",
                f"The key {part!r} must be letters, digits and _ only.",
            )


def _options(component: Component) -> Iterator[Problem]:
    if component.type not in CHOICES:
        return
    attributes = component.attributes
    values = attributes.get("values")
    if not (values or attributes.get("valuesKey") or attributes.get("valuesExpression")):
        yield Problem("form.options", component.id, "ช่องนี้ไม่มีตัวเลือก", "The component has no options.")
    elif values is not None and not _well_formed(values):
        yield Problem(
            "form.options",
            component.id,
            "ตัวเลือกต้องมีค่าและไม่ซ้ำกัน",
            "Every option needs a value, and no value may stand twice.",
        )


def _well_formed(values: object) -> bool:
    if not isinstance(values, list):
        return False
    found = [item.get("value") if isinstance(item, dict) else item for item in values]
    if not all(isinstance(value, (str, int, float)) and value != "" for value in found):
        return False
    return len({(type(value), value) for value in found}) == len(found)


def _expressions(component: Component) -> Iterator[Problem]:
    for place, text in expressions(component):
        try:
            (compile_unary if place in UNARY else compile_expression)(text)
        except FeelError as error:
            yield Problem(
                "form.feel",
                component.id,
                f"นิพจน์ FEEL ที่ {place} อ่านไม่ได้: {error}",
                f"The FEEL expression in {place} cannot be read: {error}",
            )


def _pattern(component: Component) -> Iterator[Problem]:
    rules = component.attributes.get("validate")
    pattern = rules.get("pattern") if isinstance(rules, dict) else None
    if not pattern:
        return
    try:
        compile_pattern(pattern)
    except PatternError as error:
        yield Problem(
            "form.pattern",
            component.id,
            f"รูปแบบ (pattern) ใช้ไม่ได้: {error}",
            f"The pattern cannot be used: {error}",
        )


def _repeated(form: Form) -> Iterator[Problem]:
    """Ids twice, and data paths that form-js would refuse because another component claims them."""
    ids: set[str] = set()
    claimed: set[tuple[str, ...]] = set()
    for component in form.components():
        if component.id in ids:
            yield Problem("form.id", component.id, "รหัสช่องซ้ำกัน", "Two components have the same id.")
        ids.add(component.id)
        if not component.path or not (component.is_input or component.type == "dynamiclist"):
            continue
        shorter = {component.path[:length] for length in range(1, len(component.path) + 1)}
        if component.path in claimed or (component.is_input and shorter & _closed(form, component)):
            name = ".".join(component.path)
            yield Problem("form.duplicate", component.id, f"ชื่อข้อมูล {name} ซ้ำกัน", f"The key {name} is used twice.")
        claimed.add(component.path)


def _closed(form: Form, component: Component) -> set[tuple[str, ...]]:
    return {other.path for other in form.components() if other.is_input and other.id != component.id} - {component.path}
