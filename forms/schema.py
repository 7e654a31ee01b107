"""Reads a form-js schema (the .form files of Camunda Modeler) within limits.

Reading refuses only what cannot be a form; what an owner should repair is found by `lint`.
"""

from __future__ import annotations

import json
from typing import NoReturn

from forms.components import INPUTS, Component, Form, FormError, Json
from forms.lint import Problem, lint

__all__ = ["Component", "Form", "FormError", "Problem", "lint", "read"]

MAX_SIZE = 1_000_000
MAX_COMPONENTS = 500
MAX_LEVELS = 12


def read(text: str | bytes) -> Form:
    """Read a form within the limits on size, depth and number of components; FormError otherwise."""
    schema = _load(text)
    if not isinstance(schema, dict) or not isinstance(schema.get("components"), list):
        _refuse("form.shape", "", "ไฟล์นี้ไม่ใช่แบบฟอร์ม form-js", "The file is not a form-js form.")
    form_id = schema.get("id")
    if not isinstance(form_id, str) or not form_id:
        _refuse("form.id", "", "แบบฟอร์มไม่มีรหัส (id)", "The form has no id.")
    reader = _Reader()
    roots = reader.components(schema["components"], (), 1)
    return Form(form_id, schema, roots)


def _load(text: str | bytes) -> Json:
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_SIZE:
        _refuse("form.size", "", "แบบฟอร์มใหญ่เกิน 1 MB", "The form is larger than 1 MB.")
    try:
        return json.loads(text, parse_constant=_no_constant, parse_int=_short_int)
    except (ValueError, RecursionError):
        _refuse("form.json", "", "อ่านไฟล์แบบฟอร์มไม่ได้ (ไม่ใช่ JSON)", "The file is not valid JSON.")


def _no_constant(text: str) -> NoReturn:
    raise ValueError(text)


def _short_int(text: str) -> int:
    if len(text) > 30:
        raise ValueError(text)
    return int(text)


def _refuse(code: str, element: str, th: str, en: str) -> NoReturn:
    raise FormError(code, element, th, en)


class _Reader:
    """Walks the components of one schema, counting them and giving names to the nameless."""

    def __init__(self) -> None:
        self.count = 0

    def components(self, items: list[Json], path: tuple[str, ...], level: int) -> tuple[Component, ...]:
        """Read the components of one level."""
        if level > MAX_LEVELS:
            _refuse("form.depth", "", f"แบบฟอร์มซ้อนกันเกิน {MAX_LEVELS} ชั้น", f"Nested deeper than {MAX_LEVELS} levels.")
        return tuple(self.component(item, path, level) for item in items)

    def component(self, item: Json, path: tuple[str, ...], level: int) -> Component:
        """Read one component and its children."""
        self.count += 1
        if self.count > MAX_COMPONENTS:
            _refuse("form.count", "", f"มีช่องเกิน {MAX_COMPONENTS} ช่อง", f"More than {MAX_COMPONENTS} components.")
        kind, name = (item.get("type"), item.get("id")) if isinstance(item, dict) else (None, None)
        if not isinstance(kind, str) or not isinstance(name, str | None):
            _refuse("form.component", str(name or ""), "มีช่องที่ไม่ระบุชนิด", "A component has no type.")
        item["id"] = name = name or f"field_{self.count}"
        own = self.path(item, kind, name)
        children = item.get("components") or []
        if not isinstance(children, list):
            _refuse("form.component", name, "ช่องย่อยไม่ถูกต้อง", "The components of a component are not a list.")
        key = item["key"] if kind in INPUTS else None
        inner = self.components(children, path + own, level + 1)
        return Component(name, kind, key, path + own, item, inner)

    def path(self, item: dict[str, Json], kind: str, name: str) -> tuple[str, ...]:
        """The part of the data path that the component adds."""
        if kind in INPUTS:
            item["key"] = item.get("key") or name
        elif kind == "dynamiclist":
            item["path"] = item.get("path") or name
        elif kind != "group":
            return ()
        text = item.get("key" if kind in INPUTS else "path") or ""
        if not isinstance(text, str):
            _refuse("form.key", name, "ชื่อข้อมูลของช่องไม่ถูกต้อง", "The key of a component is not a text.")
        return tuple(text.split(".")) if text else ()
