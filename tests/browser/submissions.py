"""Random forms that use everything form-js has, and random submissions for any form; one seed, one result.

Left out is:
- an expression that reads another: form-js computes each once per change, so the second lags behind;
- in the rows of a list, whatever was there before and cannot be filled in, read-only, disabled or computed: rows made
  here are new ones, and which row was which has its own tests;
- days before 1920: the calendar of form-js turns in circles over Bangkok's offset of that time, +06:42:04.
"""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")
Json = dict[str, Any]
CHOICES = [{"label": "หนึ่ง", "value": "a"}, {"label": "สอง", "value": "b"}, {"label": "สาม", "value": "c"}]
SURROUNDINGS: Json = {"choices": CHOICES, "list_units": CHOICES, "list_live_links": CHOICES}
TEXTS = (
    "a", "ab", "hello", "สวัสดี", "ทดสอบ9", "  x ", "x\ty", "a\nb", "😀😀", "12", "a longer text of words", "hide",
    "0812345678", "021234567", "1234567890123", "10.0.0.1, 10.0.0.2", "0f" * 32, "https://www.nha.co.th/a?b=c",
    "a@b.co", "x.y+z@ex-ample.co.th", "bad@", "a b@c.d", "+66812345678", "0066812345678", "+123",
)  # fmt: skip
NUMBERS = (5, 13, "12", 0, 1, 2, 2.5, 0.1, 0.25, 7.75, 50.25, 99, 100, 101, -1, "3.5", "1.005", 33.333)
DATES = ("2026-01-05", "2024-02-29", "2025-12-31", "1957-10-01", "2100-12-31")
CLOCKS = {
    "utc_offset": ("10:30+07:00", "00:00+07:00"), "utc_normalized": ("03:30Z", "17:00Z"),
    "no_timezone": ("10:30", "23:45"),
}  # fmt: skip
EMPTY: Json = {}
PRECISIONS: tuple[Json, ...] = (
    {}, {"decimalDigits": 0}, {"decimalDigits": 2}, {"increment": "0.25"}, {"serializeToString": True},
)  # fmt: skip
TEXT_RULES: tuple[Json, ...] = (
    {}, {}, {"minLength": 2, "maxLength": 8}, {"minLength": "=limit"}, {"maxLength": 12},
    {"validationType": "email"}, {"validationType": "phone"},
)  # fmt: skip
PATTERNS = ("^0[0-9]{8,9}$", r"[ก-๙]+\d", "^[0-9a-fA-F]{64}$", "^[a-z]+$")
SHAPES = {"email": r"^[a-z.+]+@[a-z-]+\.", "phone": r"^(\+|00)\d{6}"}
CONDITIONS = {
    "checkbox": ("{} = true", "not({})"),
    "number": ("{} > 5", "{0} = null or {0} < 50"),
    "expression": ("{} > 10", "{} != null"),
    "textfield": ('{} = ""', '{} = "hide"', 'starts with({}, "0")'),
    "textarea": ("string length({}) > 4", "{} = null"),
    "radio": ('{} = "a"', '{} != "b"', "{} = null"),
    "select": ('{} = "a"', '{0} = null or {0} != "c"'),
    "checklist": ('list contains({}, "a")', "count({}) = 0"),
    "taglist": ("count({}) > 1",),
    "datetime": ("{} = null", "{} != null"),
}
FIELDS = (*CONDITIONS, "group", "dynamiclist")
SHOWN: tuple[Json, ...] = (
    {"type": "text", "text": "# {{text}}"}, {"type": "separator"}, {"type": "spacer", "height": 10},
    {"type": "table", "dataSource": "=choices", "columns": [{"label": "ค่า", "key": "value"}], "rowCount": 5},
    {"type": "button", "label": "ส่ง", "action": "submit"}, {"type": "documentPreview", "dataSource": "=papers"},
    {"type": "image", "source": "/static/none.png"},
)  # fmt: skip


class Maker:
    """Makes forms and submissions."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - test data
        self._count = 0

    # -- forms ------------------------------------------------------------------------------------

    def form(self) -> Json:
        """A form of a dozen fields, groups and lists."""
        self._count = 0
        components = [*self._components(12, 0, "", []), *copy.deepcopy(SHOWN)]
        return {"type": "default", "id": "made", "schemaVersion": 19, "components": components}

    def _components(self, count: int, depth: int, prefix: str, seen: list[tuple[str, str]]) -> list[Json]:
        """Fields whose conditions read fields before them; `prefix` is where their values stand."""
        kinds = FIELDS if depth < 2 else FIELDS[:-2]
        return [self._component(self._pick(kinds), depth, prefix, seen) for _ in range(count)]

    def _component(self, kind: str, depth: int, prefix: str, seen: list[tuple[str, str]]) -> Json:
        self._count += 1
        name = f"{kind}_{self._count}"
        made: Json = {"type": kind, "id": name, "label": name, **self._condition(seen)}
        if kind == "group":
            path = self._pick(["", name])
            within = f"{prefix}{path}." if path else prefix
            return made | {"path": path, "components": self._components(3, depth + 1, within, seen)}
        if kind == "dynamiclist":
            made |= {"path": name, "isRepeating": True, "defaultRepetitions": self._pick([0, 1, 2])}
            return made | {"components": self._components(3, depth + 1, "this.", list(seen))}
        made |= {"key": self._pick([name, f"inner.{name}"])} | self._options(kind) | self._attributes(kind, seen)
        if "this." not in prefix and kind != "expression":
            made |= self._pick([*[EMPTY] * 4, {"disabled": True}, {"readonly": True}, {"readonly": "=locked"}])
        if not ("this." in prefix and kind == "expression"):
            seen.append((kind, prefix + made["key"]))
        return made

    def _condition(self, seen: list[tuple[str, str]]) -> Json:
        if not seen or self._chance.random() < 0.6:
            return {}
        kind, name = self._pick(seen)
        return {"conditional": {"hide": "=" + self._pick(CONDITIONS[kind]).format(name)}}

    def _options(self, kind: str) -> Json:
        if kind not in ("radio", "select", "checklist", "taglist"):
            return {}
        computed = "=for c in choices return {label: c.label, value: c.value}"
        sources: list[Json] = [{"values": CHOICES}, {"valuesKey": "choices"}, {"valuesExpression": computed}]
        return self._pick(sources)

    def _attributes(self, kind: str, seen: list[tuple[str, str]]) -> Json:
        """What is particular to a kind of field, with its rules."""
        rules = self._pick([EMPTY, {"required": True}])
        if kind in ("textfield", "textarea"):
            return {"validate": rules | self._text_rules()} | self._pick([EMPTY, EMPTY, {"defaultValue": "ค่าเริ่ม"}])
        numbers = [name for other, name in seen if other == "number"] or ["limit"]
        if kind == "number":
            return {"validate": rules | self._bounds(numbers)} | self._pick(PRECISIONS)
        if kind == "datetime":
            parts: Json = {"dateLabel": "วันที่", "timeLabel": "เวลา", "timeInterval": 15}
            parts["subtype"] = self._pick(["date", "time", "datetime"])
            return {"validate": rules, "timeSerializingFormat": self._pick(list(CLOCKS))} | parts
        if kind == "expression":
            text = self._pick(["={} + 1", "={0} * {0}", "=if {} = null then 20 else null"])
            return {"expression": text.format(self._pick(numbers)), "computeOn": self._pick(["change", "presubmit"])}
        return {"validate": rules}

    def _text_rules(self) -> Json:
        patterns: list[Json] = [
            {"pattern": self._pick(PATTERNS)},
            {"patternErrorMessage": "ผิดรูปแบบ", "pattern": PATTERNS[0]},
        ]
        return self._pick([*TEXT_RULES, *patterns])

    def _bounds(self, numbers: list[str]) -> Json:
        computed: list[Json] = [{"max": f"={self._pick(numbers)} * 2"}, {"min": "=limit"}]
        return self._pick([EMPTY, {"min": 0, "max": 100}, {"min": 2.5}, *computed])

    # -- submissions ------------------------------------------------------------------------------

    def submissions(self, schema: Json, count: int) -> Iterator[tuple[Json, Json]]:
        """(known, posted) pairs; every third has answers that the fields' own rules allow."""
        for number in range(count):
            locked, good = self._pick([True, False]), number % 3 == 0
            surroundings = SURROUNDINGS | {"limit": self._pick([1, 3, None]), "locked": locked}
            known = self._answers(schema["components"], self._pick([0, 0.5]), lambda _: True, good=True)
            share = 1 if good else 0.85
            posted = self._answers(schema["components"], share, partial(_is_open, locked), good=good)
            yield surroundings | known, posted

    def _answers(self, components: list[Json], share: float, wanted: Callable[[Json], bool], *, good: bool) -> Json:
        """Values for a share of the wanted fields."""
        answers: Json = {}
        for component in components:
            inner = component.get("components", [])
            if component["type"] == "group":
                within = self._answers(inner, share, wanted, good=good)
                merge(_at(answers, component.get("path") or ""), within)
            elif self._chance.random() >= share or not wanted(component):
                continue
            elif component["type"] == "dynamiclist":
                rows = range(self._chance.randrange(4))
                answers[component["path"]] = [self._answers(inner, share, wanted, good=good) for _ in rows]
            elif "key" in component:
                place, _, key = component["key"].rpartition(".")
                _at(answers, place)[key] = self._value(component, good=good)
        return answers

    def _value(self, component: Json, *, good: bool) -> Any:
        kind, rules = component["type"], component.get("validate") or {}
        if not good and self._chance.random() < 0.15:
            return [] if kind in ("checklist", "taglist") else "" if kind.startswith("text") else None
        if kind in ("textfield", "textarea"):
            return self._text(rules, good=good)
        if kind in ("checklist", "taglist"):
            return self._chance.sample(_values(component), self._chance.randrange(int(good), 3))
        if kind in ("radio", "select"):
            return self._pick(_values(component))
        if kind == "datetime":
            return self._moment(component)
        if kind == "checkbox":
            return good or self._pick([True, False])
        return self._pick(NUMBERS[:3] if good else NUMBERS)

    def _moment(self, component: Json) -> str:
        day, clock = self._pick(DATES), self._pick(CLOCKS[component.get("timeSerializingFormat") or "no_timezone"])
        return str({"date": day, "time": clock, "datetime": f"{day}T{clock}"}[component.get("subtype") or "date"])

    def _text(self, rules: Json, *, good: bool) -> str:
        most = rules["maxLength"] if isinstance(rules.get("maxLength"), int) else 100
        if "maxLength" in rules and self._chance.random() < 0.1:
            return self._pick(["ก" * most, "ก" * (most + (not good)), f" {'x' * most} "])
        shape = rules.get("pattern") or SHAPES.get(str(rules.get("validationType")), "...")
        fitting = [text for text in TEXTS if re.search(shape, text) and len(text) <= most]
        return self._pick(fitting if good else TEXTS)

    def _pick(self, choices: Sequence[T]) -> T:
        return self._chance.choice(choices)


def merge(into: Json, other: Json) -> Json:
    """The first with the second's values, contexts inside each other and rows as they are; changes the first."""
    for name, value in other.items():
        old = into.get(name)
        into[name] = merge(dict(old), value) if isinstance(old, dict) and isinstance(value, dict) else value
    return into


def _at(answers: Json, path: str) -> Json:
    for step in filter(None, path.split(".")):
        answers = answers.setdefault(step, {})
    return answers


def _is_open(locked: bool, component: Json) -> bool:
    """Whether a person may fill in the field."""
    readonly = component.get("readonly")
    shut = component.get("disabled") or readonly is True or (readonly == "=locked" and locked)
    return component["type"] != "expression" and not shut


def _values(component: Json) -> list[str]:
    """What may be chosen."""
    return [option["value"] for option in component.get("values", CHOICES)]
