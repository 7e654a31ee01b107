"""Element templates for Camunda Modeler, generated so that they never drift from what the engine serves.

One template per topic, with the inputs and outputs of its handler's types, and one for tasks
of people with RACI drop-downs, due date and form. `flask --app app templates` writes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import orjson

from engine.definitions import keyed
from engine.diagram import split
from engine.manual import manual
from engine.project import FOLDER
from engine.registry import STATE_NAMES
from engine.topics import Topic, Topics

FILE = FOLDER / "bpmn" / ".camunda" / "element-templates" / "prasan.json"
VERSION = 1
ENGINES = {"camunda": ">=7.15"}
SENDING = frozenset({"notify"})  # topics that tell people, drawn as send tasks
LABELS: Mapping[str, str] = {
    "step": "ขั้นตอนของคู่มือ",
    "rows": "แถวของแผนการสื่อสาร เช่น 6.1-C1,6.1-C2",
    "state": "สถานะใหม่ในทะเบียน",
    "direction": "ทิศทางของการเชื่อมโยง",
    "link_no": "เลขที่รายการในทะเบียน",
    "criterion": "เกณฑ์การยกเลิกข้อ 7.2",
}
CHOICE_NAMES: Mapping[str, str] = {
    **{str(state): name for state, name in STATE_NAMES.items()},
    "outbound": "กคช. ขอใช้ข้อมูล",
    "inbound": "กคช. ให้ใช้ข้อมูล",
}
LETTERS = (
    ("accountable", "A", "ผู้รับผิดชอบ (A) มีได้รายเดียว"),
    ("responsible", "R", "ผู้ปฏิบัติร่วม (R) นอกจากแถบที่งานอยู่"),
    ("consulted", "C", "ผู้ให้คำปรึกษา (C)"),
    ("informed", "I", "ผู้รับทราบ (I)"),
)
DUE_DAYS = (1, 2, 3, 5, 7, 10, 15, 30)
GROUPS = (("raci", "ผู้รับผิดชอบ (RACI)"), ("work", "แบบฟอร์มและกำหนดเสร็จ"), ("in", "ค่านำเข้า"), ("why", "ที่มาของขั้นตอน"))
Json = dict[str, Any]


def write(topics: Topics, forms: Iterable[str], file: Path = FILE) -> None:
    """Write the templates where the Modeler looks for them: above the diagrams."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(render(topics, forms))


def form_ids(files: Mapping[str, bytes]) -> list[str]:
    """Ids of the forms among files."""
    return sorted(key for kind, key in keyed(files) if kind == "form")


def render(topics: Topics, forms: Iterable[str]) -> bytes:
    """The file of templates: tasks of people first, then every topic by name."""
    return orjson.dumps(templates(topics, forms), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def templates(topics: Topics, forms: Iterable[str]) -> list[Json]:
    """Every template; `forms` are the form ids that the drop-down offers."""
    found = [topics.get(name) for name in sorted(topics.names)]
    return [_personal(sorted(forms)), *(_automatic(topic) for topic in found if topic is not None)]


def _template(key: str, name: str, description: str, kind: str, properties: list[Json]) -> Json:
    told = [*properties, *_origin()]
    used = {each["group"] for each in told if "group" in each}
    return {
        "name": name,
        "id": f"prasan.{key}",
        "version": VERSION,
        "description": description,
        "engines": ENGINES,
        "appliesTo": ["bpmn:Task", kind],
        "elementType": {"value": kind},
        "groups": [{"id": group, "label": label} for group, label in GROUPS if group in used],
        "entriesVisible": True,
        "properties": told,
    }


def _origin() -> list[Json]:
    """A step that the manual does not print says so, and why it is there."""
    label = "เหตุผลที่เพิ่มขั้นตอนนี้ (ไม่มีในคู่มือ)"
    return [
        _hidden("ours", _property("origin")),
        {"label": label, "type": "String", "group": "why", "binding": _property("origin.reason"),
         "constraints": {"notEmpty": True}},
    ]  # fmt: skip


def _hidden(value: str, binding: Json) -> Json:
    return {"type": "Hidden", "value": value, "binding": binding}


def _property(name: str) -> Json:
    return {"type": "camunda:property", "name": name}


def _attribute(name: str) -> Json:
    return {"type": "property", "name": f"camunda:{name}"}


# --- tasks of people ----------------------------------------------------------------------------


def _personal(forms: list[str]) -> Json:
    days = [{"name": f"{number} วันทำการ", "value": f"P{number}D"} for number in DUE_DAYS]
    offered = [{"name": form, "value": form} for form in forms]
    work: list[Json] = [
        {"label": "แบบฟอร์ม", "type": "Dropdown", "group": "work", "choices": offered, "binding": _attribute("formRef"),
         "constraints": {"notEmpty": True}},
        _hidden("deployment", _attribute("formRefBinding")),
        {"label": "กำหนดเสร็จ", "type": "Dropdown", "group": "work", "value": "P5D", "choices": days,
         "binding": _attribute("dueDate")},
    ]  # fmt: skip
    letters = [_letter(name, letter, label) for name, letter, label in LETTERS]
    return _template(
        "user-task", "งานของเจ้าหน้าที่ (RACI)", "งานที่คนทำ ผู้ปฏิบัติ (R) คือแถบที่งานอยู่", "bpmn:UserTask", [*letters, *work]
    )


def _letter(name: str, letter: str, label: str) -> Json:
    return {
        "label": label,
        "type": "Dropdown",
        "group": "raci",
        "value": "",
        "choices": [{"name": "(ไม่มี)", "value": ""}, *_roles(letter)],
        "binding": _property(f"raci.{name}"),
    }


def _roles(letter: str) -> list[Json]:
    """Every role that may hold a letter, then the groups of roles that the printed tables put into one cell row."""
    roles = manual().roles
    single = [key for key, role in roles.items() if role.kind != "told" or letter == "I"]
    printed = {",".join(role for role in roles if letter in row.get(role, ())) for row in manual().raci.values()}
    several = sorted(text for text in printed if "," in text) if letter != "A" else []
    return [{"name": _names(text), "value": text} for text in (*single, *several)]


def _names(text: str) -> str:
    roles = manual().roles
    return " + ".join(f"{' '.join(roles[key].th.split())} ({key})" for key in split(text))


# --- automatic tasks ----------------------------------------------------------------------------


def _automatic(topic: Topic) -> Json:
    kind = "bpmn:SendTask" if topic.name in SENDING else "bpmn:ServiceTask"
    gives = ", ".join(each.name for each in fields(topic.gives))
    description = f"ผลลัพธ์ที่เก็บในเรื่อง: {gives}" if gives else "ไม่มีผลลัพธ์ที่เก็บในเรื่อง"
    fixed = [_hidden("external", _attribute("type")), _hidden(topic.name, _attribute("topic"))]
    hints = get_type_hints(topic.takes)
    inputs = [_input(each, hints[each.name]) for each in fields(topic.takes) if each.name != "data"]
    return _template(topic.name, f"{topic.th} ({topic.name})", description, kind, [*fixed, *inputs])


def _input(given: Field[Any], hint: Any) -> Json:
    """One input: a drop-down where its type has few values, else a text that starts with the case's own value."""
    required = given.default is MISSING and given.default_factory is MISSING
    found: Json = {
        "label": LABELS.get(given.name, given.name),
        "type": "String",
        "group": "in",
        "value": f"${{{given.name}}}" if required else str(given.default),
        "binding": {"type": "camunda:inputParameter", "name": given.name},
    }
    choices = _choices(given.name, hint)
    if choices:
        found |= {"type": "Dropdown", "choices": choices, "value": choices[0]["value"] if required else found["value"]}
    return found | ({"constraints": {"notEmpty": True}} if required else {})


def _choices(name: str, hint: Any) -> list[Json]:
    if name == "step":
        steps = manual().steps.values()
        return [{"name": f"{step.id} {' '.join(step.th.split())}"[:120], "value": step.id} for step in steps]
    named = isinstance(hint, type) and issubclass(hint, StrEnum)
    values = [str(each) for each in (hint if named else get_args(hint))]
    return [{"name": CHOICE_NAMES.get(each, each), "value": each} for each in values]
