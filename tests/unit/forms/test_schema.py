"""Reading and linting form-js schemas."""

from __future__ import annotations

import json
from typing import Any

import pytest

from forms.schema import Form, FormError, lint, read


def form(*components: dict[str, Any]) -> Form:
    return read(json.dumps({"id": "f", "components": list(components)}))


def field(kind: str = "textfield", **attributes: Any) -> dict[str, Any]:
    return {"type": kind, "id": "x", "key": "x", **attributes}


def codes(*components: dict[str, Any]) -> list[str]:
    return [problem.code for problem in lint(form(*components))]


REQUEST = (
    field(id="name", key="org.name", validate={"required": True, "maxLength": "=longest"}),
    field("select", id="unit", key="owner_unit", valuesKey="list_units"),
    field("select", id="made", key="made", valuesExpression="=for u in units return {label: u, value: u}"),
    {"type": "text", "id": "t", "text": "เรียน {{applicant}} {{#if is_urgent}}ด่วน {{speed}}{{/if}}"},
    {"type": "group", "id": "g", "path": "part", "conditional": {"hide": '=kind != "link"'},
     "components": [field("number", id="n", key="amount")]},
    {"type": "dynamiclist", "id": "dl", "path": "rows", "isRepeating": True,
     "components": [field(id="r", key="v", conditional={"hide": "=this.z or parent.top or i[1] > limit"})]},
    {"type": "table", "id": "tb", "dataSource": "history", "columns": []},
    field("textfield", id="d", key="shown_only", disabled=True),
    field("expression", id="e", key="total", expression="=sum(rows.v)"),
)  # fmt: skip


def test_reads_the_components_in_order() -> None:
    read_form = form(*REQUEST)
    assert [c.id for c in read_form.components()] == ["name", "unit", "made", "t", "g", "n", "dl", "r", "tb", "d", "e"]
    paths = {c.id: c.path for c in read_form.components()}
    assert paths["name"] == ("org", "name")
    assert paths["n"] == ("part", "amount")
    assert paths["r"] == ("rows", "v")


def test_knows_what_it_writes_and_reads() -> None:
    read_form = form(*REQUEST)
    assert read_form.keys() == {"org", "owner_unit", "made", "part", "rows", "total"}
    used = {"longest", "list_units", "units", "applicant", "is_urgent", "speed", "kind", "limit", "history"}
    assert read_form.reads() == read_form.keys() | used | {"shown_only"}


def test_a_good_form_has_no_problems() -> None:
    assert lint(form(*REQUEST)) == []


@pytest.mark.parametrize(
    ("component", "code"),
    [
        ({"type": "html", "id": "x", "content": "<b>"}, "form.forbidden"),
        ({"type": "iframe", "id": "x", "url": "https://example.org"}, "form.forbidden"),
        ({"type": "script", "id": "x"}, "form.forbidden"),
        (field("filepicker"), "form.forbidden"),
        ({"type": "image", "id": "x", "source": "https://example.org/a.png"}, "form.image"),
        ({"type": "image", "id": "x", "source": "//example.org/a.png"}, "form.image"),
        ({"type": "image", "id": "x", "source": " JavaScript:alert(1)"}, "form.image"),
        ({"type": "slider", "id": "x"}, "form.type"),
        (field("select"), "form.options"),
        (field("radio", values=[]), "form.options"),
        (field("checklist", values=[{"label": "a"}]), "form.options"),
        (field("taglist", values=[{"label": "a", "value": "a"}, {"label": "b", "value": "a"}]), "form.options"),
        (field(conditional={"hide": "=a >"}), "form.feel"),
        (field("expression", expression="=unknown(1)"), "form.feel"),
        (field(validate={"min": "=1 +"}), "form.feel"),
        ({"type": "text", "id": "x", "text": "{{a +}}"}, "form.feel"),
        (field(validate={"pattern": "("}), "form.pattern"),
        (field(validate={"pattern": "(?=a)"}), "form.pattern"),
        (field(key="typename"), "form.reserved"),
        (field(key="__proto__"), "form.reserved"),
        (field(key="constructor"), "form.reserved"),
        (field(key="starter"), "form.reserved"),
        (field(key="list_units"), "form.reserved"),
        (field(key="a.if"), "form.reserved"),
        (field(key="a b"), "form.key"),
        (field(key="a..b"), "form.key"),
        (field(key="1a"), "form.key"),
        (field(key="<script>"), "form.key"),
    ],
)
def test_finds_the_fault(component: dict[str, Any], code: str) -> None:
    problems = lint(form(component))
    assert [problem.code for problem in problems] == [code]
    assert problems[0].element == "x"
    assert problems[0].th
    assert problems[0].en


def test_finds_keys_and_ids_used_twice() -> None:
    assert codes(field(id="a", key="k"), field(id="b", key="k")) == ["form.duplicate"]
    assert codes(field(id="a", key="k"), field(id="b", key="k.inner")) == ["form.duplicate"]
    assert codes(field(id="a", key="k.one"), field(id="b", key="k.two")) == []
    assert codes(field(id="a", key="k"), field(id="a", key="m")) == ["form.id"]


def test_an_image_of_this_system_and_thai_keys_are_fine() -> None:
    assert codes({"type": "image", "id": "x", "source": "/static/seal.svg"}) == []
    assert codes(field(key="ชื่อหน่วยงาน")) == []


def test_components_without_names_get_them() -> None:
    read_form = form({"type": "textfield"}, {"type": "textfield", "key": "k"})
    assert [(c.id, c.key) for c in read_form.components()] == [("field_1", "field_1"), ("field_2", "k")]
    assert read_form.schema["components"][0]["id"] == "field_1"


def nested(levels: int) -> str:
    inner: dict[str, Any] = {"type": "textfield", "key": "x"}
    for _ in range(levels):
        inner = {"type": "group", "components": [inner]}
    return json.dumps({"id": "f", "components": [inner]})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "form.json"),
        ("{", "form.json"),
        ('{"id": NaN}', "form.json"),
        ("[" * 100_000, "form.json"),
        ('{"id": "f", "components": [], "n": ' + "1" * 5_000 + "}", "form.json"),
        (b"\xff\xfe", "form.json"),
        ("[]", "form.shape"),
        ('{"id": "f"}', "form.shape"),
        ('{"components": []}', "form.id"),
        ('{"id": 1, "components": []}', "form.id"),
        ('{"id": "f", "components": [1]}', "form.component"),
        ('{"id": "f", "components": [{"type": 3}]}', "form.component"),
        ('{"id": "f", "components": [{"type": "text", "id": []}]}', "form.component"),
        ('{"id": "f", "components": [{"type": "group", "components": {"a": 1}}]}', "form.component"),
        ('{"id": "f", "components": [{"type": "number", "key": ["a"]}]}', "form.key"),
        (" " * 1_000_001, "form.size"),
        (nested(13), "form.depth"),
        (json.dumps({"id": "f", "components": [{"type": "text"}] * 501}), "form.count"),
    ],
)
def test_refuses_what_is_no_form(text: str | bytes, code: str) -> None:
    with pytest.raises(FormError) as caught:
        read(text)
    assert caught.value.code == code
    assert caught.value.th
    assert str(caught.value)
