"""Answers are checked again on the server, by the browser's rules."""

from __future__ import annotations

import copy
import itertools
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias

import pytest

from forms.answers import Result, check
from forms.schema import read

Components: TypeAlias = list[dict[str, Any]]
NOW = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
REQUIRED = "จำเป็นต้องกรอก"
OPTIONS = [{"label": "ก", "value": "a"}, {"label": "ข", "value": "b"}]


def ask(components: Components, posted: dict[str, Any], **known: Any) -> Result:
    return check(read(json.dumps({"id": "f", "components": components})), posted, known, NOW)


def one(kind: str, value: Any, **attributes: Any) -> Result:
    return ask([{"id": "x", "key": "x", "type": kind, **attributes}], {"x": value})


@pytest.mark.parametrize(
    ("kind", "attributes", "value", "stored"),
    [
        ("textfield", {}, "a\tb\nc", "a b c"),
        ("textarea", {}, "a\nb", "a\nb"),
        ("textfield", {}, 12, "12"),
        ("textfield", {}, None, ""),
        ("number", {}, "๑๒", 12),
        ("number", {}, "๑๒.๕", 12.5),
        ("number", {}, "12.0", 12),
        ("number", {}, "", None),
        ("number", {"serializeToString": True}, 12.5, "12.5"),
        ("number", {"serializeToString": True}, "๐.๑๐", "0.10"),
        ("number", {"validate": {"min": 0}}, 0, 0),
        ("checkbox", {}, None, False),
        ("checkbox", {}, True, True),
        ("radio", {"values": OPTIONS}, "a", "a"),
        ("select", {"values": [1, 2]}, 2, 2),
        ("select", {"values": OPTIONS}, "", None),
        ("checklist", {"values": OPTIONS}, ["b", "a", "b"], ["b", "a"]),
        ("taglist", {"values": OPTIONS}, None, []),
        ("datetime", {"subtype": "date"}, "2026-02-28", "2026-02-28"),
        ("datetime", {"subtype": "date"}, "", None),
        ("datetime", {"subtype": "time"}, "14:05", "14:05"),
        ("datetime", {"subtype": "time"}, "14:05+07:00", "14:05+07:00"),
        ("datetime", {"subtype": "datetime"}, "2026-02-28T14:05Z", "2026-02-28T14:05Z"),
        ("select", {"valuesExpression": '=["p", "q"]'}, "q", "q"),
    ],
)
def test_stores_a_good_value(kind: str, attributes: dict[str, Any], value: Any, stored: Any) -> None:
    result = one(kind, value, **attributes)
    assert result.errors == {}
    assert result.clean == {"x": stored}
    assert type(result.clean["x"]) is type(stored)


@pytest.mark.parametrize(
    ("kind", "attributes", "value", "message"),
    [
        ("textfield", {"validate": {"required": True}}, "", REQUIRED),
        ("number", {"validate": {"required": True}}, None, REQUIRED),
        ("checkbox", {"validate": {"required": True}}, False, REQUIRED),
        ("taglist", {"validate": {"required": True}, "values": OPTIONS}, [], REQUIRED),
        ("number", {"validate": {"min": 5}}, 4, "ต้องไม่น้อยกว่า 5"),
        ("number", {"validate": {"max": "=2 + 3"}}, 5.5, "ต้องไม่เกิน 5"),
        ("number", {"validate": {"max": "=other"}}, 5, None),
        ("number", {"validate": {"min": "abc"}}, 5, "ค่าต่ำสุดที่กำหนดไว้ไม่ใช่ตัวเลข"),
        ("number", {"decimalDigits": 0}, 1.5, "ต้องเป็นจำนวนเต็ม"),
        ("number", {"decimalDigits": 2}, 1.005, "ทศนิยมได้ไม่เกิน 2 ตำแหน่ง"),
        ("number", {"increment": "0.25"}, 0.3, "ค่าที่ใช้ได้ใกล้เคียงคือ 0.25 และ 0.5"),
        ("number", {}, "abc", "ไม่ใช่ตัวเลข"),
        ("number", {}, "0x10", "ไม่ใช่ตัวเลข"),
        ("number", {}, "1e999", "ไม่ใช่ตัวเลข"),
        ("number", {}, float("inf"), "ไม่ใช่ตัวเลข"),
        ("number", {}, float("nan"), "ไม่ใช่ตัวเลข"),
        ("number", {}, 10**100, "ไม่ใช่ตัวเลข"),
        ("number", {}, True, "ไม่ใช่ตัวเลข"),
        ("number", {}, [1], "ไม่ใช่ตัวเลข"),
        ("textfield", {"validate": {"minLength": 3}}, " ab ", "ต้องยาวอย่างน้อย 3 ตัวอักษร"),
        ("textfield", {"validate": {"maxLength": 3}}, "😀😀", "ต้องยาวไม่เกิน 3 ตัวอักษร"),
        ("textfield", {"validate": {"pattern": "^0[0-9]{9}$"}}, "๐812345678", "รูปแบบไม่ถูกต้อง (^0[0-9]{9}$)"),
        ("textfield", {"validate": {"pattern": "^a$", "patternErrorMessage": "ผิด"}}, "a\n", "ผิด"),
        ("textfield", {"validate": {"pattern": "("}}, "a", "รูปแบบที่กำหนดไว้ใช้ไม่ได้"),
        ("textfield", {"validate": {"validationType": "email"}}, "a@", "อีเมลไม่ถูกต้อง"),
        ("textfield", {"validate": {"validationType": "phone"}}, "0812345678",
         "เบอร์โทรต้องขึ้นต้นด้วยรหัสประเทศ เช่น +66812345678"),
        ("textfield", {}, "a\0b", "มีอักขระที่ไม่อนุญาต"),
        ("textfield", {}, "a\x1bb", "มีอักขระที่ไม่อนุญาต"),
        ("textarea", {}, "a\ud800", "มีอักขระที่ไม่อนุญาต"),
        ("textfield", {}, "x" * 1_001, "ต้องยาวไม่เกิน 1,000 ตัวอักษร"),
        ("textarea", {}, "x" * 20_001, "ต้องยาวไม่เกิน 20,000 ตัวอักษร"),
        ("textfield", {}, ["x"], "ชนิดข้อมูลไม่ถูกต้อง"),
        ("textfield", {}, {"x": 1}, "ชนิดข้อมูลไม่ถูกต้อง"),
        ("checkbox", {}, "true", "ชนิดข้อมูลไม่ถูกต้อง"),
        ("radio", {"values": OPTIONS}, "z", "ตัวเลือกไม่ถูกต้อง"),
        ("select", {"values": [1]}, True, "ตัวเลือกไม่ถูกต้อง"),
        ("select", {"values": OPTIONS}, {"a": 1}, "ตัวเลือกไม่ถูกต้อง"),
        ("select", {"valuesKey": "nowhere"}, "a", "ตัวเลือกไม่ถูกต้อง"),
        ("select", {"valuesExpression": '=["p"]'}, "q", "ตัวเลือกไม่ถูกต้อง"),
        ("checklist", {"values": OPTIONS}, ["a", "z"], "ตัวเลือกไม่ถูกต้อง"),
        ("checklist", {"values": OPTIONS}, "a", "ชนิดข้อมูลไม่ถูกต้อง"),
        ("datetime", {"subtype": "date"}, "2569-02-15", "ปี 2569 ดูเหมือน พ.ศ. กรุณาใช้ ค.ศ. 2026"),
        ("datetime", {"subtype": "datetime"}, "2569-02-15T10:00", "ปี 2569 ดูเหมือน พ.ศ. กรุณาใช้ ค.ศ. 2026"),
        ("datetime", {"subtype": "date"}, "1899-02-15", "ปี 1899 อยู่นอกช่วงที่รับได้ (ค.ศ. 1900-2200)"),
        ("datetime", {"subtype": "date"}, "2025-02-29", "วันที่ไม่ถูกต้อง"),
        ("datetime", {"subtype": "date"}, "2025-02-28T00:00", "วันที่ไม่ถูกต้อง"),
        ("datetime", {"subtype": "time"}, "25:00", "เวลาไม่ถูกต้อง"),
        ("datetime", {"subtype": "datetime"}, "2026-02-28", "วันเวลาไม่ถูกต้อง"),
    ],
)  # fmt: skip
def test_refuses_a_bad_value_in_thai(kind: str, attributes: dict[str, Any], value: Any, message: str | None) -> None:
    assert one(kind, value, **attributes).errors == ({"x": [message]} if message else {})


def test_a_hidden_field_is_neither_asked_nor_stored() -> None:
    components: Components = [
        {"id": "a", "key": "a", "type": "checkbox"},
        {"id": "g", "type": "group", "path": "g", "conditional": {"hide": "=a = true"},
         "components": [{"id": "b", "key": "b", "type": "textfield", "validate": {"required": True}}]},
    ]  # fmt: skip
    assert ask(components, {"a": True, "g": {"b": "secret"}}) == Result({"a": True}, {})
    assert ask(components, {"a": False}) == Result({"a": False, "g": {"b": ""}}, {"b": [REQUIRED]})


@pytest.mark.parametrize("name", ["b", "this.b", 'get value(this, "b")', "_this_.b"])
def test_conditions_see_hidden_fields_as_they_were_before(name: str) -> None:
    components: Components = [
        {"id": "a", "key": "a", "type": "checkbox"},
        {"id": "b", "key": "b", "type": "textfield", "conditional": {"hide": "=a"}},
        {"id": "c", "key": "c", "type": "textfield", "conditional": {"hide": f'={name} = "x"'}},
    ]
    assert ask(components, {"a": True, "b": "x", "c": "y"}).clean == {"a": True, "c": "y"}
    assert ask(components, {"a": False, "b": "x", "c": "y"}).clean == {"a": False, "b": "x"}


def test_only_what_is_asked_and_open_is_taken() -> None:
    components: Components = [
        {"id": "r", "key": "r", "type": "textfield", "readonly": True},
        {"id": "rx", "key": "rx", "type": "textfield", "readonly": "=locked"},
        {"id": "d", "key": "d", "type": "textfield", "disabled": True, "validate": {"required": True}},
        {"id": "e", "key": "e", "type": "expression", "expression": "=1 + 1"},
        {"id": "t", "type": "text", "text": "x"},
    ]
    posted = {"r": "new", "rx": "new", "d": "new", "e": 99, "t": "x", "starter": "me", "__proto__": {"a": 1}}
    taken = ask(components, posted, r="old", rx="old", d="old", locked=True)
    assert taken == Result({"r": "old", "rx": "old", "e": 2}, {})
    assert ask(components, posted, r="old", rx="old", locked=False).clean["rx"] == "new"


def test_options_never_come_from_the_answer() -> None:
    components: Components = [{"id": "u", "key": "u", "type": "select", "valuesKey": "list_units"}]
    posted = {"u": "evil", "list_units": [{"label": "evil", "value": "evil"}]}
    assert ask(components, posted, list_units=[{"label": "a", "value": "a"}]).errors == {"u": ["ตัวเลือกไม่ถูกต้อง"]}


def test_a_default_and_a_known_value_stand_when_nothing_is_posted() -> None:
    components: Components = [
        {"id": "a", "key": "a", "type": "textfield", "defaultValue": "เดิม"},
        {"id": "b", "key": "b", "type": "number"},
    ]
    assert ask(components, {}, b=4).clean == {"a": "เดิม", "b": 4}
    assert ask(components, {"a": "", "b": None}, b=4).clean == {"a": "", "b": None}


ROWS: Components = [
    {"id": "dl", "type": "dynamiclist", "path": "rows", "isRepeating": True, "defaultRepetitions": 0, "components": [
        {"id": "n", "key": "name", "type": "textfield", "validate": {"required": True}},
        {"id": "q", "key": "qty", "type": "number", "validate": {"max": "=limit"},
         "conditional": {"hide": '=this.name = "none"'}},
        {"id": "sub", "type": "dynamiclist", "path": "sub", "isRepeating": True, "defaultRepetitions": 0,
         "components": [{"id": "z", "key": "z", "type": "textfield", "validate": {"required": True}}]},
    ]},
]  # fmt: skip


def test_rows_are_checked_one_by_one() -> None:
    posted = {"rows": [{"name": "a", "qty": 1, "evil": 1}, {"name": "", "qty": 9}, {"name": "none", "qty": 5}]}
    result = ask(ROWS, posted, limit=5)
    assert result.errors == {"n": [[], [REQUIRED]], "q": [[], ["ต้องไม่เกิน 5"]]}
    assert result.clean["rows"] == [
        {"name": "a", "qty": 1, "sub": []}, {"name": "", "qty": 9, "sub": []}, {"name": "none", "sub": []},
    ]  # fmt: skip


def test_a_list_cannot_be_disabled_only_its_fields() -> None:
    rows: Components = [{**ROWS[0], "disabled": True}]
    assert ask(rows, {"rows": [{"name": "a"}]}) == ask(ROWS, {"rows": [{"name": "a"}]})


def test_rows_in_rows_have_nested_errors() -> None:
    posted = {"rows": [{"name": "a"}, {"name": "b", "sub": [{"z": "ok"}, {"z": ""}]}]}
    assert ask(ROWS, posted).errors == {"z": [[], [[], [REQUIRED]]]}


@pytest.mark.parametrize("name", ["limit", "parent.limit", 'get value(parent, "limit")'])
def test_a_row_sees_what_is_around_it(name: str) -> None:
    fields = [{"id": "n", "key": "name", "type": "textfield", "conditional": {"hide": f"={name} = 1"}}]
    rows: Components = [{"id": "dl", "type": "dynamiclist", "path": "rows", "components": fields}]
    assert ask(rows, {"rows": [{"name": "a"}]}, limit=1).clean == {"rows": [{}]}
    assert ask(rows, {"rows": [{"name": "a"}]}, limit=2).clean == {"rows": [{"name": "a"}]}


def test_what_was_known_and_posted_is_left_as_it_was() -> None:
    components: Components = [
        {"id": "g", "type": "group", "path": "g", "components": [
            {"id": "a", "key": "a", "type": "textfield"},
            {"id": "b", "key": "b", "type": "textfield", "conditional": {"hide": '=g.a = "new"'}},
            {"id": "c", "key": "c", "type": "expression", "expression": "=g.b"},
        ]},
        *ROWS,
        {"id": "s", "key": "s", "type": "textfield", "conditional": {"hide": '=rows[1].name = "none"'}},
    ]  # fmt: skip
    known = {"g": {"a": "old", "b": "old", "c": "old"}, "rows": [{"name": "a", "qty": 1, "sub": [{"z": "z"}]}]}
    posted = {"g": {"a": "new", "b": "new"}, "rows": [{"name": "none", "qty": 2, "sub": []}]}
    before = copy.deepcopy((known, posted))
    assert ask(components, posted, **known).clean["rows"] == [{"name": "none", "sub": []}]
    assert (known, posted) == before


def test_an_emptied_list_is_stored_as_empty() -> None:
    assert ask(ROWS, {"rows": []}, rows=[{"name": "old"}]).clean == {"rows": []}


@pytest.mark.parametrize("rows", ["x", {"0": {}}, [1], [None], [[]], [{}] * 501])
def test_wrong_rows_are_refused(rows: Any) -> None:
    assert ask(ROWS, {"rows": rows}).errors["dl"] == ["ข้อมูลรายการไม่ถูกต้อง"]


LOCKED: Components = [
    {"id": "dl", "type": "dynamiclist", "path": "rows", "isRepeating": True, "components": [
        {"id": "n", "key": "name", "type": "textfield", "readonly": True},
        {"id": "q", "key": "qty", "type": "number"},
        {"id": "sub", "type": "dynamiclist", "path": "sub", "isRepeating": True, "defaultRepetitions": 0,
         "components": [{"id": "z", "key": "z", "type": "textfield", "readonly": True}]},
    ]},
]  # fmt: skip


@pytest.mark.parametrize(
    ("posted", "names"),
    [
        ([("a", 5), ("b", 6)], ["a", "b"]),
        ([("b", 5)], ["b"]),
        ([("b", 5), ("a", 6)], ["b", "a"]),
        ([("b", 5), ("", 6)], ["b", ""]),
        ([("forged", 5), ("b", 6)], ["", "b"]),
        ([("b", 5), ("b", 6)], ["b", ""]),
        ([(None, 5), (None, 6), (None, 7)], ["a", "b", ""]),
    ],
)
def test_what_nobody_may_change_stays_with_its_row(posted: list[tuple[Any, int]], names: list[str]) -> None:
    sent = [{"qty": qty} | ({} if name is None else {"name": name}) for name, qty in posted]
    known = [{"name": "a", "sub": [{"z": "deep"}]}, {"name": "b", "sub": [{"z": "b1"}, {"z": "b2"}]}]
    rows = ask(LOCKED, {"rows": sent}, rows=known).clean["rows"]
    assert [(row["name"], row["qty"]) for row in rows] == [
        (name, qty) for name, (_, qty) in zip(names, posted, strict=True)
    ]


def test_what_nobody_may_change_stays_in_rows_of_rows() -> None:
    known = [{"name": "a", "sub": [{"z": "a1"}]}, {"name": "b", "sub": [{"z": "b1"}, {"z": "b2"}]}]
    posted = [{"name": "b", "qty": 1, "sub": [{"z": "b2"}, {"z": "a1"}]}]
    assert ask(LOCKED, {"rows": posted}, rows=known).clean["rows"][0]["sub"] == [{"z": "b2"}, {"z": ""}]


def test_an_expression_follows_the_answer() -> None:
    components: Components = [
        {"id": "q", "key": "q", "type": "number"},
        {"id": "p", "key": "p", "type": "number"},
        {"id": "t", "key": "total", "type": "expression", "expression": "=q * p"},
        {"id": "v", "key": "vat", "type": "expression", "expression": "=total * 0.07"},
        {"id": "w", "key": "w", "type": "textfield", "validate": {"required": True},
         "conditional": {"hide": "=total < 100"}},
    ]  # fmt: skip
    result = ask(components, {"q": 4, "p": 50, "total": 1, "vat": 1})
    assert (result.clean["total"], result.clean["vat"]) == (200, 14.000000000000002)
    assert result.errors == {"w": [REQUIRED]}
    assert ask(components, {"q": 1, "p": 50}).errors == {}


def test_what_is_computed_on_submitting_shows_and_hides_nothing() -> None:
    components: Components = [
        {"id": "t", "key": "t", "type": "expression", "expression": "=1 + 1", "computeOn": "presubmit"},
        {"id": "a", "key": "a", "type": "textfield", "conditional": {"hide": "=t = 2"}},
        {"id": "b", "key": "b", "type": "textfield", "conditional": {"hide": "=t = null"}},
    ]
    assert ask(components, {"a": "x", "b": "y"}).clean == {"t": 2, "a": "x"}
    assert ask(components, {"a": "x", "b": "y"}, t=2).clean == {"t": 2, "b": "y"}


def test_the_clock_reaches_the_conditions() -> None:
    components: Components = [
        {"id": "d", "key": "d", "type": "datetime", "subtype": "date"},
        {"id": "late", "key": "late", "type": "textfield", "validate": {"required": True},
         "conditional": {"hide": "=date(d) >= today()"}},
    ]  # fmt: skip
    assert ask(components, {"d": "2026-01-05"}).errors == {}
    assert ask(components, {"d": "2026-01-04"}).errors == {"late": [REQUIRED]}


LEAVES: list[Any] = [
    None, True, 0, -1, 1e308, "", "a", "\0", "๑๒", "2569-01-01", "a" * 3000, "\ud800", "=1", "{{x}}", 10**50,
    float("nan"),
]  # fmt: skip
WRAPPED: list[Callable[[Any], Any]] = [
    lambda leaf: leaf,
    lambda leaf: [leaf, leaf],
    lambda leaf: {"name": leaf, "qty": leaf, "sub": leaf, "__proto__": leaf, "": leaf},
    lambda leaf: [{"name": leaf, "qty": [leaf], "sub": [{"z": leaf}, leaf]}],
    lambda leaf: [[[[leaf]]]],
]
KINDS = ("textfield", "textarea", "number", "datetime", "checkbox", "checklist", "radio", "select", "taglist")


def test_rubbish_never_breaks_the_check() -> None:
    rules = {"required": True, "min": 1, "maxLength": 3}
    fields = [{"id": kind, "key": kind, "type": kind, "values": OPTIONS, "validate": rules} for kind in KINDS]
    form = read(json.dumps({"id": "f", "components": [*fields, *ROWS]}))
    for leaf, wrap in itertools.product(LEAVES, WRAPPED):
        result = check(form, dict.fromkeys((*KINDS, "rows"), wrap(leaf)), {}, NOW)
        json.dumps(result.errors)
        json.dumps(result.clean, allow_nan=False).encode()


def test_a_hostile_pattern_is_harmless() -> None:
    started = time.perf_counter()
    result = one("textarea", "a" * 1_000 + "!", validate={"pattern": "^(a+)+$"})
    assert result.errors == {"x": ["รูปแบบไม่ถูกต้อง (^(a+)+$)"]}
    assert time.perf_counter() - started < 1


def test_an_answer_too_large_to_check_is_refused_as_a_whole() -> None:
    slow = "=if (some a in rows, b in rows satisfies a.name = b.qty) then 1 else 2"
    components = [*ROWS, {"id": "n", "key": "n", "type": "number", "validate": {"max": slow}}]
    posted = {"n": 9, "rows": [{"name": str(number)} for number in range(500)]}
    assert ask(components, posted) == Result({}, {"f": ["ข้อมูลที่ส่งมามากเกินกว่าจะตรวจได้"]})
    many = {"rows": [{"name": "a", "sub": [{"z": "z"}] * 500}] * 5}
    assert ask(ROWS, many).errors == {"f": ["ข้อมูลที่ส่งมามากเกินกว่าจะตรวจได้"]}
