"""Semantic difference: nothing between equal versions, and every single mutation named in both languages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings, strategies

from engine import definitions, diagram, project, xml
from engine.difference import Change, compare, shifted
from engine.library import Definition, build

FILES = project.files()
PROCESSES = ("manual_review", "external_link", "information_request", "link_termination")
Files = dict[str, bytes]


def definition(files: Mapping[str, bytes], process: str) -> Definition:
    """A process of some files, as if it had been deployed."""
    content = next(c for f, c in files.items() if f.endswith(".bpmn") and diagram.read(xml.parse(c)).process == process)
    drawn = diagram.read(xml.parse(content))
    pool = {key: part for key, (_, part) in definitions.keyed(files).items()}
    parts = {("diagram", process): content} | {key: pool[key] for key in definitions._wanted(drawn)}
    return build(SimpleNamespace(id="x", process=process, version=1, name=drawn.name), parts)


OLD = {process: definition(FILES, process) for process in PROCESSES}


def text(file: str, old: str, new: str, count: int = 1) -> Callable[[Files], None]:
    """Replace a text of a file."""

    def change(files: Files) -> None:
        before = files[file].decode()
        assert old in before, (file, old)
        files[file] = before.replace(old, new, count).encode()

    return change


def form(file: str, change: Callable[[dict[str, Any]], None]) -> Callable[[Files], None]:
    """Change the schema of a form."""

    def apply(files: Files) -> None:
        schema = json.loads(files[file])
        change(schema)
        files[file] = json.dumps(schema, ensure_ascii=False).encode()

    return apply


def first(schema: dict[str, Any], kind: str) -> dict[str, Any]:
    """The first component of a kind, wherever it stands."""
    todo = list(schema["components"])
    while todo:
        component = todo.pop(0)
        if component["type"] == kind:
            return dict_of(component)
        todo[:0] = component.get("components", [])
    raise AssertionError(kind)


def dict_of(component: Any) -> dict[str, Any]:
    assert isinstance(component, dict)
    return component


REQUEST, REVIEW, TABLE = "information-request.bpmn", "manual-review.bpmn", "approval-authority.dmn"
SCORE_FORM, REQUEST_FORM = "external-link-S1.form", "information-request-S1.form"


@dataclass(frozen=True)
class Mutation:
    """One change of the files, and words of the sentence that must tell it."""

    process: str
    change: Callable[[Files], None]
    th: str
    en: str
    kind: str = "changed"
    element: str | None = None


def step(key: str, inside: str, new: str) -> Callable[[Files], None]:
    """Change the XML of one element of 6.3 by a regular expression."""

    def change(files: Files) -> None:
        before = files[REQUEST].decode()
        pattern = re.compile(rf'(<bpmn:\w+ id="{key}".*?</bpmn:\w+Task>)', re.DOTALL)
        piece = pattern.search(before)
        assert piece
        after = re.sub(inside, new, piece[1], count=1, flags=re.DOTALL)
        assert after != piece[1], (key, inside)
        files[REQUEST] = before.replace(piece[1], after).encode()

    return change


LANE = "<bpmn:flowNodeRef>S5</bpmn:flowNodeRef>"


def move_to_lane(files: Files) -> None:
    before = files[REQUEST].decode().replace(LANE, "")
    files[REQUEST] = before.replace("<bpmn:flowNodeRef>S7</", f"{LANE}<bpmn:flowNodeRef>S7</").encode()


def rule(files: Files, number: int, change: Callable[[str], str]) -> None:
    """Change one row of the table."""
    rows = re.findall(r"<rule .*?</rule>", files[TABLE].decode(), re.DOTALL)
    files[TABLE] = files[TABLE].decode().replace(rows[number - 1], change(rows[number - 1])).encode()


MUTATIONS = [
    Mutation(
        "information_request", step("S3", 'name="[^"]*"', 'name="ลงนามรับเรื่อง"'), "“ลงนามรับเรื่อง”", "name", element="S3"
    ),
    Mutation(
        "information_request",
        step("S6", 'raci.accountable" value="cdo_dpo"', 'raci.accountable" value="legal"'),
        "ขั้นตอน 6.3-S6 “นำเสนอ คณะ CDO/DPO พิจารณาอนุมัติให้ดำเนินการ”: ผู้รับผิดชอบ (A) CDO/DPO → ฝ่ายกฎหมายของการเคหะแห่งชาติ",
        "step 6.3-S6: accountable cdo_dpo → legal",
        element="S6",
    ),
    Mutation(
        "information_request",
        text(REQUEST, '${S5_decision = "refuse"}', '${S5_decision = "never"}'),
        "เงื่อนไข",
        'condition "${S5_decision = "refuse"}" → "${S5_decision = "never"}"',
    ),
    Mutation(
        "information_request",
        step("S3", 'dueDate="P5D"', 'dueDate="P2D"'),
        "กำหนดเสร็จ 5 วันทำการ → 2 วันทำการ",
        "due date 5 working days → 2 working days",
        element="S3",
    ),
    Mutation(
        "information_request", text(REQUEST, 'name="เจ้าของข้อมูล"', 'name="เจ้าของ"'), "แถบ “เจ้าของข้อมูล”: ชื่อ", "lane"
    ),
    Mutation(
        "information_request",
        move_to_lane,
        "แถบผู้รับผิดชอบ “เจ้าของข้อมูล” → “ฝ่าย ทส.”",
        "step 6.3-S5: lane data_owner → it_dept",
        "moved",
        "S5",
    ),
    Mutation(
        "information_request", text(REQUEST, 'topic="registry-activate"', 'topic="registry-read"'), "งานอัตโนมัติ", "topic"
    ),
    Mutation(
        "information_request",
        text(REQUEST, 'name="direction">inbound<', 'name="direction">outbound<'),
        "ค่านำเข้า direction “inbound” → “outbound”",
        'input direction "inbound" → "outbound"',
    ),
    Mutation(
        "information_request",
        text(REQUEST, 'manual.process" value="6.3"', 'manual.process" value="6.9"'),
        "กระบวนการ: กระบวนการในคู่มือ",
        "process: process of the manual",
    ),
    Mutation(
        "manual_review",
        text(REVIEW, ">${reply_by}</bpmn:timeDate", ">2027-01-01</bpmn:timeDate"),
        "เวลา",
        "timer",
        element="S2_due",
    ),
    Mutation(
        "manual_review",
        text(REVIEW, '"${all_units}"', '"${some_units}"'),
        "ทำซ้ำตามรายการ",
        "repeated for",
        element="S2",
    ),
    Mutation("manual_review", text(REVIEW, 'value="S1"', 'value="S4"'), "ต้องเป็นคนละคน", "separated from"),
    Mutation(
        "external_link",
        form(SCORE_FORM, lambda s: first(s, "textfield").update(label="ชื่อใหม่")),
        "ชื่อช่อง",
        "label",
        element="S1",
    ),
    Mutation(
        "external_link",
        form(SCORE_FORM, lambda s: first(s, "textfield").update(id="X1", key="extra")),
        "เพิ่มช่อง",
        "added",
    ),
    Mutation("external_link", form(SCORE_FORM, lambda s: s["components"].pop()), "ตัด", "removed", element="S1"),
    Mutation(
        "external_link",
        form(SCORE_FORM, lambda s: first(s, "textfield").setdefault("validate", {}).update(maxLength=7)),
        "ความยาวมากสุด",
        "longest length",
    ),
    Mutation(
        "external_link",
        form(SCORE_FORM, lambda s: first(s, "textfield").update(conditional={"hide": "=1 = 2"})),
        "เงื่อนไขซ่อน",
        "hidden when",
    ),
    Mutation(
        "external_link",
        form(SCORE_FORM, lambda s: first(s, "radio")["values"].append({"label": "ไม่ทราบ", "value": "unknown"})),
        "เพิ่มตัวเลือก “ไม่ทราบ”",
        'option "ไม่ทราบ" added',
    ),
    Mutation(
        "external_link", form(SCORE_FORM, lambda s: first(s, "radio")["values"].reverse()), "จัดลำดับตัวเลือกใหม่", "order"
    ),
    Mutation("external_link", form(SCORE_FORM, lambda s: s["components"].reverse()), "จัดลำดับช่องใหม่", "order"),
    Mutation(
        "information_request",
        text(TABLE, 'hitPolicy="FIRST"', 'hitPolicy="UNIQUE"'),
        "“FIRST” → “UNIQUE”",
        "hit policy",
    ),
    Mutation(
        "information_request",
        lambda files: rule(files, 3, lambda row: row.replace("<description>", "<description>ฯ ")),
        "แถวที่ 3: หมายเหตุ",
        "row 3: annotation",
        element="authority",
    ),
    Mutation(
        "information_request",
        lambda files: rule(files, 5, lambda _: ""),
        "ตัดแถวที่ 5",
        "row 5 removed",
        element="authority",
    ),
    Mutation(
        "information_request",
        lambda files: rule(
            files, 5, lambda row: row + row.replace('id="', 'id="n').replace("<text>", '<text>not("x"),', 1)
        ),
        "เพิ่มแถวที่ ",
        "added",
    ),
]


def changes(process: str, *mutations: Callable[[Files], None]) -> list[Change]:
    files = dict(FILES)
    for mutate in mutations:
        mutate(files)
    return compare(OLD[process], definition(files, process))


@pytest.mark.parametrize("process", PROCESSES)
def test_equal_versions_have_no_difference(process: str) -> None:
    assert compare(OLD[process], OLD[process]) == []
    assert compare(OLD[process], definition(FILES, process)) == []


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[f"{number}-{m.en[:24]}" for number, m in enumerate(MUTATIONS)])
def test_a_single_change_is_told(mutation: Mutation) -> None:
    found = changes(mutation.process, mutation.change)
    told = [each for each in found if mutation.th in each.th and mutation.en in each.en and each.kind == mutation.kind]
    assert told, found
    assert len(found) <= 2, found
    if mutation.element:
        assert told[0].element == mutation.element
    assert all(re.search("[ก-๙]", each.th) for each in found)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    strategies.lists(
        strategies.sampled_from(
            [m for m in MUTATIONS if m.process == "information_request" and m.element != "authority"]
        ),
        unique=True,
        max_size=4,
    )
)
def test_every_change_of_several_is_told(chosen: list[Mutation]) -> None:
    found = changes("information_request", *(mutation.change for mutation in chosen))
    assert bool(found) == bool(chosen)
    for mutation in chosen:
        assert any(mutation.en in each.en for each in found), mutation.en


def test_added_and_removed_elements_and_flows_are_told_both_ways() -> None:
    files = dict(FILES)
    when = "<bpmn:conditionExpression>=x</bpmn:conditionExpression>"
    flow = f'<bpmn:sequenceFlow id="f9" sourceRef="G_S1" targetRef="more">{when}</bpmn:sequenceFlow>'
    extra = f'<bpmn:endEvent id="more" name="เลิกคำขอ"/>{flow}</bpmn:process>'
    text("link-termination.bpmn", "</bpmn:process>", extra)(files)
    old, new = OLD["link_termination"], definition(files, "link_termination")
    added, removed = compare(old, new), compare(new, old)
    assert [(c.kind, c.element) for c in added] == [("added", "more"), ("added", "f9")]
    assert [(c.kind, c.element) for c in removed] == [("removed", "more"), ("removed", "f9")]
    assert added[0].en == 'end event "เลิกคำขอ" added'
    assert removed[0].th == "ตัดจุดสิ้นสุด “เลิกคำขอ”"
    assert added[1].en.endswith('to "เลิกคำขอ" added')


def test_a_renamed_step_does_not_change_its_flows() -> None:
    assert len(changes("information_request", MUTATIONS[0].change)) == 1


def test_a_layout_only_change_says_so() -> None:
    moved = dict(FILES)
    text(REQUEST, '<dc:Bounds x="', '<dc:Bounds x="1')(moved)
    new = definition(moved, "information_request")
    found = compare(OLD["information_request"], new)
    assert [each.kind for each in found] == ["layout"]
    assert "การทำงานไม่เปลี่ยน" in found[0].th
    assert len(shifted(OLD["information_request"].content, new.content)) == 1


def test_a_note_on_the_canvas_changes_no_work() -> None:
    noted = dict(FILES)
    text(
        REQUEST,
        "</bpmn:process>",
        '<bpmn:textAnnotation id="n1"><bpmn:text>จำไว้</bpmn:text></bpmn:textAnnotation></bpmn:process>',
    )(noted)
    found = compare(OLD["information_request"], definition(noted, "information_request"))
    assert [each.kind for each in found] == ["changed"]
    assert "หมายเหตุบนแผนผัง" in found[0].th


def test_a_form_that_another_takes_the_place_of() -> None:
    files = dict(FILES)
    text("link-termination.bpmn", 'formRef="link_termination_S2"', 'formRef="link_termination_S3"')(files)
    kinds = {each.kind for each in compare(OLD["link_termination"], definition(files, "link_termination"))}
    assert kinds == {"changed", "removed"}


def test_long_and_strange_names_stay_on_one_short_line() -> None:
    files = dict(FILES)
    text("link-termination.bpmn", 'name="จัดทำบันทึกแจ้งการขอยกเลิก"', f'name="{"ย" * 290}"')(files)
    [change] = compare(OLD["link_termination"], definition(files, "link_termination"))
    assert "\n" not in change.th
    assert len(change.th) < 300
