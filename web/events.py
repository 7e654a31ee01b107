"""Audit events as Thai sentences, for the timeline of a case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from engine.audit import Tag
from engine.views import CaseView


@dataclass(frozen=True)
class Sentence:
    """What happened; `kind` is done, problem or empty."""

    text: str
    kind: str = ""


def sentence(event: Row[Any], view: CaseView) -> Sentence:
    """One audit event in Thai; an unknown tag is shown as it is."""
    write = _SENTENCES.get(event.tag)
    return write(_name(event, view), event.detail) if write else Sentence(event.tag)


def _name(event: Row[Any], view: CaseView) -> str:
    """The step's name, with the unit for a step that every unit does."""
    element = view.definition.diagram.elements.get(event.element or "")
    name = (element.name or element.id) if element else event.element or ""
    item = event.detail.get("item")
    return f"{name} ({view.groups.get(item, item)})" if item else name


def _because(detail: Mapping[str, Any]) -> str:
    return f"เหตุผล: {detail['reason']}" if detail.get("reason") else ""


def _afterwards(detail: Mapping[str, Any]) -> str:
    """What follows a failed step: an error event of the diagram, an operator, or another try."""
    if detail.get("code"):
        return f"ไปตามทางของข้อผิดพลาด {detail['code']}"
    return "รอผู้ดูแลระบบ" if detail.get("retries") == 0 else "และจะลองใหม่เอง"


_SENTENCES: Mapping[str, Callable[[str, Mapping[str, Any]], Sentence]] = {
    Tag.CASE_START: lambda _, detail: Sentence(f"เปิดเรื่อง ตามแผนผังรุ่นที่ {detail.get('version', '')}", "done"),
    Tag.CASE_END: lambda name, _: Sentence(f"สิ้นสุดเรื่อง: {name}", "done"),
    Tag.CASE_CANCEL: lambda _, detail: Sentence(f"ยกเลิกเรื่อง เหตุผล: {detail.get('reason', '')}", "problem"),
    Tag.CASE_INCIDENT: lambda name, _: Sentence(f"พบปัญหาที่ “{name}”", "problem"),
    Tag.CASE_SUSPEND: lambda _, detail: Sentence(f"พักเรื่อง เหตุผล: {detail.get('reason', '')}", "problem"),
    Tag.CASE_RESUME: lambda _, __: Sentence("ให้เรื่องเดินต่อ"),
    Tag.CASE_MOVE: lambda _, detail: Sentence(f"ย้ายเรื่องไปใช้แผนผังรุ่นใหม่ {_because(detail)}"),
    Tag.CASE_MOVE_UNDONE: lambda _, __: Sentence("ยกเลิกการย้ายเรื่องครั้งล่าสุด"),
    Tag.CASE_STEP_BACK: lambda name, detail: Sentence(f"ผู้ดูแลระบบให้กลับไปทำ “{name}” ใหม่ {_because(detail)}"),
    Tag.MESSAGE_RECEIVED: lambda name, _: Sentence(f"ได้รับข้อความที่ “{name}” รอ", "done"),
    Tag.TASK_CLAIM: lambda name, _: Sentence(f"รับงาน “{name}”"),
    Tag.TASK_RELEASE: lambda name, _: Sentence(f"คืนงาน “{name}”"),
    Tag.TASK_DONE: lambda name, _: Sentence(f"ดำเนินการ “{name}” แล้ว", "done"),
    Tag.TASK_REFUSED: lambda name, _: Sentence(f"ส่ง “{name}” ไม่ผ่านการตรวจ"),
    Tag.HANDLER_DONE: lambda name, _: Sentence(f"ระบบทำ “{name}” แล้ว", "done"),
    Tag.HANDLER_FAILED: lambda name, detail: Sentence(f"ระบบทำ “{name}” ไม่สำเร็จ {_afterwards(detail)}", "problem"),
    Tag.JOB_RETRY: lambda name, _: Sentence(f"สั่งให้ระบบลอง “{name}” ใหม่"),
    Tag.TIMER_FIRED: lambda name, _: Sentence(f"ถึงกำหนดเวลา “{name}”", "done"),
    Tag.DOCUMENT_ADD: lambda _, __: Sentence("แนบเอกสาร"),
    Tag.COMMENT_ADD: lambda _, __: Sentence("ให้ความเห็น"),
}
