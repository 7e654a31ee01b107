"""Differences that change nothing of the work: where shapes stand, colours, notes on the canvas."""

from __future__ import annotations

from collections import Counter

from engine import xml
from engine.difference.words import CHANGED, LAYOUT, Change

DI = ("{http://www.omg.org/spec/BPMN/20100524/DI}", "{http://www.omg.org/spec/DD/")
SHAPES = tuple(DI[0] + tag for tag in ("BPMNShape", "BPMNEdge"))


def compare(old: bytes, new: bytes) -> list[Change]:
    """One sentence about two diagrams of the same meaning, none when they are the same drawing."""
    if old == new:
        return []
    before, after = xml.parse(old), xml.parse(new)
    if _content(before) != _content(after):
        th = "แก้ไขส่วนที่ไม่มีผลต่อการทำงาน เช่น หมายเหตุบนแผนผัง"
        return [Change(CHANGED, None, th, "only what the system does not follow, such as notes on the diagram")]
    count = len(shifted(old, new))
    if count:
        th = f"จัดวางแผนผังใหม่ {count} ส่วน การทำงานไม่เปลี่ยน"
        return [Change(LAYOUT, None, th, f"layout only: {count} shapes and lines, the work stays the same")]
    return []


def shifted(old: bytes, new: bytes) -> list[str]:
    """Ids of what is drawn in both but stands elsewhere or looks different."""
    before, after = _drawn(xml.parse(old)), _drawn(xml.parse(new))
    return sorted(key for key in before.keys() & after.keys() if before[key] != after[key])


def _content(root: xml.Element) -> Counter[tuple[object, ...]]:
    """Every piece of XML outside the drawing, whatever its order among others."""
    nodes = (node for node in root.iter() if not str(node.tag).startswith(DI))
    return Counter((node.tag, *sorted(node.attrib.items()), (node.text or "").strip()) for node in nodes)


def _drawn(root: xml.Element) -> dict[str, tuple[object, ...]]:
    shapes = ((shape.get("bpmnElement", ""), shape) for shape in root.iter(*SHAPES))
    return {key: tuple((n.tag, *sorted(_looks(n))) for n in shape.iter()) for key, shape in shapes if key}


def _looks(node: xml.Element) -> list[tuple[str, str]]:
    return [(str(name), str(text)) for name, text in node.attrib.items() if name != "id"]
