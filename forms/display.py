"""Answers as people read them: labels of the form, labels of options, Thai dates.

Pure; used by the case page, exports and papers. Unknown keys are left out, so nothing
that a form does not show is ever shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from forms.dates import thai_date
from forms.schema import Form

Line = tuple[str, str]
_SHOWN = frozenset(
    "textfield textarea number datetime select radio checkbox checklist taglist expression dynamiclist".split()
)


def describe(form: Form, answers: Mapping[str, Any], lookups: Mapping[str, list[dict[str, str]]]) -> list[Line]:
    """(label, text) for every answered field, in the form's order."""
    return _lines(form.schema.get("components", []), answers, lookups)


def _lines(components: list[Any], answers: Mapping[str, Any], lookups: Mapping[str, Any]) -> list[Line]:
    found: list[Line] = []
    for component in components:
        if component.get("type") == "group":
            found += _lines(component.get("components", []), answers, lookups)
        elif component.get("type") in _SHOWN:
            found += _line(component, answers, lookups)
    return found


def _line(component: Mapping[str, Any], answers: Mapping[str, Any], lookups: Mapping[str, Any]) -> list[Line]:
    value = answers.get(component.get("key") or component.get("path") or "")
    if value in (None, "", [], False):
        return []
    label = str(component.get("label") or component.get("dateLabel") or component.get("key"))
    if component["type"] == "dynamiclist":
        rows = [_row(component, row, lookups) for row in value if isinstance(row, Mapping)]
        return [(label, "\n".join(f"{i}. {row}" for i, row in enumerate(rows, 1)))]
    return [(label, _text(component, value, lookups))]


def _row(component: Mapping[str, Any], row: Mapping[str, Any], lookups: Mapping[str, Any]) -> str:
    return " · ".join(f"{label}: {text}" for label, text in _lines(component.get("components", []), row, lookups))


def _text(component: Mapping[str, Any], value: Any, lookups: Mapping[str, Any]) -> str:
    if value is True:
        return "ใช่"
    options = component.get("values") or lookups.get(component.get("valuesKey") or "") or []
    names = {option.get("value"): option.get("label") for option in options if isinstance(option, Mapping)}
    if isinstance(value, list):
        return ", ".join(str(names.get(item, item)) for item in value)
    if component["type"] == "datetime":
        return _date(str(value))
    return str(names.get(value, value))


def _date(value: str) -> str:
    try:
        return thai_date(date.fromisoformat(value[:10]))
    except ValueError:
        return value
