"""The vocabulary of differences: a change, and the Thai and English names of what can change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.checks.catalogue import shown
from engine.diagram import split
from engine.manual import manual

ADDED, REMOVED, CHANGED, MOVED, LAYOUT = "added", "removed", "changed", "moved", "layout"
Words = tuple[str, str]  # Thai, English
_DAYS = re.compile(r"P(\d{1,3})D")
NOTHING: Words = ("ไม่มี", "none")


@dataclass(frozen=True)
class Change:
    """One difference; `kind` is added, removed, changed, moved or layout, `element` the id to mark on the diagrams."""

    kind: str
    element: str | None
    th: str
    en: str


KINDS: Mapping[str, Words] = {
    "userTask": ("งานของคน", "user task"),
    "manualTask": ("งานนอกระบบ", "manual task"),
    "serviceTask": ("งานอัตโนมัติ", "service task"),
    "sendTask": ("งานแจ้งเพื่อทราบ", "send task"),
    "receiveTask": ("งานรอข้อความ", "receive task"),
    "businessRuleTask": ("งานตัดสินใจตามตาราง", "business rule task"),
    "subProcess": ("กระบวนการย่อย", "sub-process"),
    "exclusiveGateway": ("ทางเลือก", "exclusive gateway"),
    "inclusiveGateway": ("ทางเลือกหลายทาง", "inclusive gateway"),
    "parallelGateway": ("ทางคู่ขนาน", "parallel gateway"),
    "startEvent": ("จุดเริ่มต้น", "start event"),
    "endEvent": ("จุดสิ้นสุด", "end event"),
    "boundaryEvent": ("เหตุการณ์ขอบงาน", "boundary event"),
    "intermediateCatchEvent": ("เหตุการณ์รอ", "intermediate event"),
}
FIELDS: Mapping[str, Words] = {
    "name": ("ชื่อ", "name"),
    "kind": ("ชนิด", "kind"),
    "documentation": ("คำอธิบาย", "documentation"),
    "lane": ("แถบผู้รับผิดชอบ", "lane"),
    "role": ("บทบาท", "role"),
    "parent": ("กระบวนการย่อยที่อยู่", "sub-process"),
    "attached_to": ("งานที่เกาะอยู่", "host"),
    "interrupting": ("การหยุดงานเดิม", "interrupting"),
    "default": ("ทางหลัก", "default flow"),
    "events": ("ชนิดเหตุการณ์", "event"),
    "timer": ("เวลา", "timer"),
    "message": ("ข้อความที่รอ", "message"),
    "collection": ("ทำซ้ำตามรายการ", "repeated for"),
    "item": ("ตัวแปรของแต่ละรอบ", "repetition variable"),
    "cardinality": ("จำนวนรอบ", "number of repetitions"),
    "completion": ("เงื่อนไขหยุดทำซ้ำ", "repetition ends when"),
    "sequential": ("ทำทีละรอบ", "one after another"),
    "source": ("จาก", "source"),
    "target": ("ไปยัง", "target"),
    "condition": ("เงื่อนไข", "condition"),
    "@formRef": ("แบบฟอร์ม", "form"),
    "@formRefBinding": ("การผูกแบบฟอร์ม", "form binding"),
    "@dueDate": ("กำหนดเสร็จ", "due date"),
    "@candidateGroups": ("กลุ่มผู้ทำ", "candidate groups"),
    "@assignee": ("ผู้ทำ", "assignee"),
    "@topic": ("งานอัตโนมัติ", "topic"),
    "@decisionRef": ("ตารางตัดสินใจ", "decision table"),
    "@resultVariable": ("ตัวแปรเก็บผล", "result variable"),
    "@mapDecisionResult": ("รูปแบบผล", "result mapping"),
    ".raci.responsible": ("ผู้ปฏิบัติร่วม (R)", "responsible"),
    ".raci.accountable": ("ผู้รับผิดชอบ (A)", "accountable"),
    ".raci.consulted": ("ผู้ให้คำปรึกษา (C)", "consulted"),
    ".raci.informed": ("ผู้รับทราบ (I)", "informed"),
    ".separate.from": ("ต้องเป็นคนละคนกับผู้ทำขั้นตอน", "separated from"),
    ".start.roles": ("ผู้เปิดเรื่องได้", "who may start"),
    ".case.title": ("ชื่อเรื่อง", "case title"),
    ".manual.step": ("ขั้นตอนในคู่มือ", "step of the manual"),
    ".manual.of": ("ส่วนของขั้นตอน", "part of step"),
    ".manual.process": ("กระบวนการในคู่มือ", "process of the manual"),
    ".origin.reason": ("เหตุผลที่เพิ่ม", "reason for the addition"),
}
ROLES = frozenset({"role", ".start.roles"})


def field(key: str) -> Words:
    """The names of a field; inputs, outputs and unknown attributes are called by their own names."""
    if key in FIELDS:
        return FIELDS[key]
    prefix = {"<": ("ค่านำเข้า", "input"), ">": ("ค่าส่งออก", "output")}.get(key[:1], ("ค่า", "property"))
    return f"{prefix[0]} {shown(key[1:])}", f"{prefix[1]} {shown(key[1:])}"


def value(key: str, text: str) -> Words:
    """A value as people read it: roles by their names, nothing as such, anything else quoted."""
    if not text:
        return NOTHING
    if key == "kind":
        return KINDS.get(text, (text, text))
    if key in ROLES or key.startswith(".raci."):
        roles = manual().roles
        names = [" ".join(roles[part].th.split()) if part in roles else part for part in split(text)]
        return shown(", ".join(names)), shown(", ".join(split(text)))
    if key == "@dueDate" and (days := _DAYS.fullmatch(text)):
        return f"{days[1]} วันทำการ", f"{days[1]} working days"
    if text in ("true", "false"):
        return ("ใช่", "yes") if text == "true" else ("ไม่ใช่", "no")
    return f"“{shown(text)}”", f'"{shown(text)}"'


def differing(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Keys whose values differ, with both values; what is missing is empty."""
    for key in dict.fromkeys([*old, *new]):
        before, after = old.get(key, ""), new.get(key, "")
        if before != after:
            yield key, before, after


def turned(where: Words, what: Words, before: Words, after: Words) -> Words:
    """“where: what before → after” in both languages."""
    th, en = zip(where, what, before, after, strict=True)
    return f"{th[0]}: {th[1]} {th[2]} → {th[3]}", f"{en[0]}: {en[1]} {en[2]} → {en[3]}"
