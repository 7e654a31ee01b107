"""Differences of two diagrams: the process, its lanes, elements and flows, field by field."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from engine.checks.catalogue import shown
from engine.diagram import Diagram, Element, Flow, Lane
from engine.difference.words import (
    ADDED,
    CHANGED,
    KINDS,
    MOVED,
    REMOVED,
    Change,
    Words,
    differing,
    field,
    turned,
    value,
)

Part = TypeVar("Part", Element, Flow, Lane)
ENDS = frozenset({"source", "target", "attached_to", "parent"})
Titled = Callable[[Diagram, Any], Words]


def compare(old: Diagram, new: Diagram) -> list[Change]:
    """Every difference of two diagrams."""
    title = "กระบวนการ", "process"
    return [
        *(_change(None, title, name, value(name, before), value(name, after))
          for name, before, after in differing(_process(old), _process(new))),
        *_parts((old, old.lanes), (new, new.lanes), _lane_title, _lane),
        *_parts((old, old.elements), (new, new.elements), element_title, _element),
        *_parts((old, old.flows), (new, new.flows), _flow_title, _flow),
    ]


def _parts(
    old: tuple[Diagram, Mapping[str, Part]],
    new: tuple[Diagram, Mapping[str, Part]],
    titled: Titled,
    told: Callable[[Part], dict[str, str]],
) -> Iterator[Change]:
    """What was removed, what was added, and what differs in the parts that both have."""
    for key in (key for key in old[1] if key not in new[1]):
        th, en = titled(old[0], old[1][key])
        yield Change(REMOVED, key, f"ตัด{th}", f"{en} removed")
    for key, part in new[1].items():
        before = old[1].get(key)
        title = titled(new[0], part)
        if before is None:
            yield Change(ADDED, key, f"เพิ่ม{title[0]}", f"{title[1]} added")
        else:
            for name, first, then in differing(told(before), told(part)):
                words = _value(old[0], name, first), _value(new[0], name, then)
                yield _change(key, titled(old[0], before), name, *words)


def _change(key: str | None, where: Words, name: str, before: Words, after: Words) -> Change:
    th, en = turned(where, field(name), before, after)
    return Change(MOVED if name == "lane" else CHANGED, key, th, en)


def _value(drawn: Diagram, name: str, text: str) -> Words:
    """A value in words; what is compared by its id is shown by its name."""
    if text and name == "lane":
        lane = drawn.lanes[text]
        return f"“{shown(lane.name) or lane.id}”", lane.role
    if text and name in ENDS:
        return f"“{_end(drawn, text)}”", f'"{_end(drawn, text)}"'
    if text and name == "default" and text in drawn.flows:
        flow = drawn.flows[text]
        return value(name, flow.name or _end(drawn, flow.target))
    return value(name, text)


# --- titles -------------------------------------------------------------------------------------


def element_title(_: Diagram, element: Element) -> Words:
    """How an element is called: by its step of the manual, its name, else its id."""
    kind = KINDS.get(element.kind, ("ขั้นตอน", "element"))
    if element.step:
        return f"ขั้นตอน {element.step} “{shown(element.name)}”", f"step {element.step}"
    name = shown(element.name) or element.id
    return f"{kind[0]} “{name}”", f'{kind[1]} "{name}"'


def _lane_title(_: Diagram, lane: Lane) -> Words:
    name = shown(lane.name) or lane.id
    return f"แถบ “{name}”", f'lane "{name}"'


def _flow_title(drawn: Diagram, flow: Flow) -> Words:
    ends = [_end(drawn, end) for end in (flow.source, flow.target)]
    way = f"จาก “{ends[0]}” ไป “{ends[1]}”", f'from "{ends[0]}" to "{ends[1]}"'
    if flow.name:
        return f"เส้น “{shown(flow.name)}” {way[0]}", f'flow "{shown(flow.name)}" {way[1]}'
    return f"เส้น{way[0]}", f"flow {way[1]}"


def _end(drawn: Diagram, key: str) -> str:
    element = drawn.elements.get(key)
    return shown(element.name) or key if element else key


# --- what is compared ---------------------------------------------------------------------------


def _process(drawn: Diagram) -> dict[str, str]:
    properties = {f".{name}": text for name, text in drawn.properties.items()}
    return {"name": drawn.name, "documentation": drawn.documentation, **properties}


def _lane(lane: Lane) -> dict[str, str]:
    return {"name": lane.name, "role": lane.role}


def _flow(flow: Flow) -> dict[str, str]:
    return {"name": flow.name, "condition": flow.condition or "", "source": flow.source, "target": flow.target}


def _element(element: Element) -> dict[str, str]:
    """Everything the system reads of an element, as text."""
    found = {
        "name": element.name,
        "kind": element.kind,
        "documentation": element.documentation,
        "lane": element.lane or "",
        "parent": element.parent or "",
        "attached_to": element.attached_to or "",
        "interrupting": str(element.interrupting).lower(),
        "default": element.default or "",
        "events": ", ".join(element.events),
        "timer": f"{element.timer.kind} {element.timer.text}" if element.timer else "",
        "message": element.message or "",
    }
    pairs = (("@", element.attributes), (".", element.properties), ("<", element.inputs), (">", element.outputs))
    return found | _loop(element) | {f"{mark}{key}": text for mark, texts in pairs for key, text in texts.items()}


def _loop(element: Element) -> dict[str, str]:
    loop = element.loop
    if loop is None:
        return {}
    return {
        "collection": loop.collection,
        "item": loop.item,
        "cardinality": loop.cardinality,
        "completion": loop.condition,
        "sequential": str(loop.sequential).lower(),
    }
