"""Fills in whatever form a page shows, field by field, as a person does: typing, clicking, choosing from lists.

The form's schema stands on the page; answers are written as in tests/replays/answers.yaml (dates
in ISO, typed here as dd/mm/BBBB). Fields that appear only after others are filled in their turn.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from playwright.sync_api import Locator, Page, expect

from forms.dates import ERA

DRAWN = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => requestAnimationFrame(done))))"
IDS = "(form) => Array.from(form.querySelectorAll('[id]'), ({ id }) => id.replace(/^fjs-form-[^-]+-/, ''))"


@dataclass(frozen=True)
class Field:
    """One field of the form, and what is to be written into it; `row` is the suffix of its ids inside a list."""

    component: Mapping[str, Any]
    value: Any
    row: str

    @property
    def id(self) -> str:
        """The id of what is drawn of it."""
        return f"{self.component['id']}{self.row}"


class FormOnPage:
    """The form that a page shows."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._node = page.locator("#form")
        self._node.locator("form.fjs-form").wait_for()
        described = json.loads(page.locator("#form-data").text_content() or "{}")
        self.schema: Mapping[str, Any] = described["schema"]
        self._known: Mapping[str, Any] = described["data"]

    @property
    def id(self) -> str:
        """The form's id: <process>_<element>."""
        return str(self.schema["id"])

    def fill(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Fill in every answer whose field the form shows; returns those."""
        waiting = list(_fields(self.schema["components"], answers, ""))
        filled: list[Field] = []
        while waiting:
            shown = self._shown()
            now = [field for field in waiting if _drawn_as(field) in shown]
            if not now:
                break
            for field in now:
                WRITERS[field.component["type"]](self, field)
            filled += now
            waiting = [field for field in waiting if field not in now]
            self._page.evaluate(DRAWN)
        keys = {field.component.get("key") or field.component["path"] for field in filled if not field.row}
        return {key: answers[key] for key in answers if key in keys}

    def part(self, name: str) -> Locator:
        """A part of the form by the end of its id."""
        return self._node.locator(f'[id^="fjs-form-"][id$="-{name}"]')

    def field(self, component: str) -> Locator:
        """The whole of a field, its label and messages with it, by the id of its component."""
        drawn = ", ".join(f'[id$="-{component}{end}"]' for end in ("", "-0", "-date"))
        return self._node.locator(".fjs-form-field:not(.fjs-form-field-grouplike)").filter(
            has=self._page.locator(drawn)
        )

    def options(self, component: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The choices of a field: its own, or a list that came with the page."""
        found = component.get("values") or self._known[component["valuesKey"]]
        return list(found)

    def label(self, component: Mapping[str, Any], value: Any) -> str:
        """The words of a choice."""
        return str(self.options(component)[self.place(component, value)]["label"])

    def place(self, component: Mapping[str, Any], value: Any) -> int:
        """Where a choice stands in its list."""
        values = [option["value"] for option in self.options(component)]
        assert value in values, f"{component['id']} offers {values}, not {value!r}"
        return values.index(value)

    def settle(self) -> None:
        """Wait until the form has drawn what was just written."""
        self._page.evaluate(DRAWN)

    def _shown(self) -> set[str]:
        return set(self._node.evaluate(IDS))


def _fields(components: Sequence[Mapping[str, Any]], answers: Mapping[str, Any], row: str) -> Iterator[Field]:
    """The answered fields in reading order; a list comes before the fields of its rows."""
    for component in components:
        if component["type"] == "group":
            yield from _fields(component["components"], answers, row)
        elif component["type"] == "dynamiclist":
            rows = answers.get(component["path"])
            if rows is not None:
                yield Field(component, rows, row)
                for number, one in enumerate(rows):
                    yield from _fields(component["components"], one, f"{row}_{number}")
        elif component.get("key") in answers and not component.get("disabled"):
            yield Field(component, answers[component["key"]], row)


def _drawn_as(field: Field) -> str:
    return field.id + {"radio": "-0", "checklist": "-0", "datetime": "-date"}.get(field.component["type"], "")


def _write_text(form: FormOnPage, field: Field) -> None:
    form.part(field.id).fill(str(field.value))


def _write_date(form: FormOnPage, field: Field) -> None:
    box = form.part(f"{field.id}-date")
    box.clear()
    box.press_sequentially(thai(field.value))
    box.press("Tab")


def _tick(form: FormOnPage, field: Field) -> None:
    form.part(field.id).set_checked(bool(field.value))


def _choose_radio(form: FormOnPage, field: Field) -> None:
    form.part(f"{field.id}-{form.place(field.component, field.value)}").check()


def _tick_several(form: FormOnPage, field: Field) -> None:
    for number, option in enumerate(form.options(field.component)):
        form.part(f"{field.id}-{number}").set_checked(option["value"] in field.value)


def _choose(form: FormOnPage, field: Field) -> None:
    """From a list: by typing where it can be searched, else by a click."""
    words = form.label(field.component, field.value)
    if field.component.get("searchable"):
        form.part(field.id).fill(words)
    else:
        form.part(f"{field.id}-display").click()
    _pick(form.field(field.id), words)
    form.settle()


def _choose_tags(form: FormOnPage, field: Field) -> None:
    for value in field.value:
        words = form.label(field.component, value)
        form.part(field.id).fill(words)
        _pick(form.field(field.id), words)
        expect(form.field(field.id).locator(".fjs-taglist-tag", has_text=words)).to_be_visible()
    form.part(field.id).press("Tab")  # its list lies over what follows until one leaves it


def _pick(field: Locator, words: str) -> None:
    field.locator(".fjs-dropdownlist-item").get_by_text(words, exact=True).click()


def _make_rows(form: FormOnPage, field: Field) -> None:
    """Add or remove rows until there are as many as answers."""
    group = form.part(field.id).locator("xpath=..")
    rows = group.locator(".fjs-repeat-row-container")
    for _ in range(rows.count(), len(field.value)):
        group.locator(".fjs-repeat-render-add").click()
    for _ in range(len(field.value), rows.count()):
        group.locator(".fjs-repeat-row-remove").last.click()
    expect(rows).to_have_count(len(field.value))


def thai(day: str) -> str:
    """An ISO date as it is typed: 15/02/2569."""
    value = date.fromisoformat(day)
    return f"{value.day:02}/{value.month:02}/{value.year + ERA}"


WRITERS: Mapping[str, Callable[[FormOnPage, Field], None]] = {
    "textfield": _write_text, "textarea": _write_text, "number": _write_text, "datetime": _write_date,
    "checkbox": _tick, "radio": _choose_radio, "checklist": _tick_several, "select": _choose,
    "taglist": _choose_tags, "dynamiclist": _make_rows,
}  # fmt: skip
