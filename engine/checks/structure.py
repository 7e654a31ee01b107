"""Sizes, ids and references: everything that is named exists, once, under a usable name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine import xml
from engine.checks.drawing import Drawing, Rule, local
from engine.checks.problem import Problem
from engine.diagram import BPMN, NODES

MAX_NODES = 300
MAX_FLOWS = 10_000
MAX_PARTS = 20_000  # XML elements and attributes, some ten times the largest printed process
MAX_NAME = 300
NAMED = NODES | {"process", "sequenceFlow", "lane"}
# Names that SpiffWorkflow gives to its own steps.
RESERVED = frozenset({"Start", "End", "Root", "StartEventSplit", "StartEventJoin"})
RESERVED_ENDINGS = (".EndJoin", ".BoundaryEventSplit", ".BoundaryEventJoin")
_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")


def sizes(drawing: Drawing) -> Iterator[Problem]:
    """Limits that keep every later reading fast; nothing else is checked past them."""
    nodes = sum(1 for node in drawing.process.iter() if local(node) in NODES)
    flows = sum(1 for _ in drawing.nodes("sequenceFlow"))
    parts = sum(1 + len(node.attrib) for node in drawing.root.iter())
    if parts > MAX_PARTS:
        yield drawing.at("too-many-parts", count=parts)
    if nodes > MAX_NODES:
        yield drawing.at("too-many-nodes", count=nodes)
    if flows > MAX_FLOWS:
        yield drawing.at("too-many-flows", count=flows)


def names(drawing: Drawing) -> Iterator[Problem]:
    """Names short enough for lists and labels."""
    for node in _named(drawing):
        if len(node.get("name") or "") > MAX_NAME:
            yield drawing.at_node("name-too-long", node, id=node.get("id"))


def ids(drawing: Drawing) -> Iterator[Problem]:
    """Ids of what is stored or followed: present, plain and not taken by the engine."""
    for node in _named(drawing):
        key = node.get("id") or ""
        if not key:
            yield drawing.at_node("missing-id", node, kind=local(node))
        elif key in RESERVED or key.endswith(RESERVED_ENDINGS):
            yield drawing.at_node("reserved-id", node, id=key)
        elif not _ID.fullmatch(key):
            yield drawing.at_node("bad-id", node, id=key)


def unique_ids(drawing: Drawing) -> Iterator[Problem]:
    """No id stands twice in the model."""
    first: dict[str, int] = {}
    for node in drawing.root.iter(BPMN + "*"):
        key = node.get("id")
        if not key:
            continue
        if key in first:
            yield drawing.at_node("duplicate-id", node, id=key, other=first[key])
        first.setdefault(key, xml.line(node))


def references(drawing: Drawing) -> Iterator[Problem]:
    """Flows, boundary events, lanes and defaults lead to what exists."""
    known = drawing.diagram.elements
    for flow in drawing.diagram.flows.values():
        for ref in {flow.source, flow.target} - known.keys():
            yield drawing.at("dangling-flow", flow, ref=ref or "-")
    for element in drawing.elements:
        leaving = {flow.id for flow in drawing.outgoing.get(element.id, ())}
        if element.kind == "boundaryEvent" and element.attached_to not in known:
            yield drawing.at("dangling-boundary", element, ref=element.attached_to or "-")
        if element.default is not None and element.default not in leaving:
            yield drawing.at("dangling-default", element, ref=element.default)
    for lane in drawing.diagram.lanes.values():
        for ref in (ref for ref in lane.nodes if ref not in known):
            yield drawing.at("dangling-lane", lane, ref=ref or "-")


def scopes(drawing: Drawing) -> Iterator[Problem]:
    """Flows and boundary events stay inside their sub-process."""
    known = drawing.diagram.elements
    for flow in drawing.diagram.flows.values():
        ends = [known[ref] for ref in (flow.source, flow.target) if ref in known]
        if len(ends) == 2 and ends[0].parent != ends[1].parent:
            yield drawing.at("flow-crosses-subprocess", flow)
    for element in drawing.elements:
        host = known.get(element.attached_to or "")
        if host is not None and host.parent != element.parent:
            yield drawing.at("dangling-boundary", element, ref=host.id)


def _named(drawing: Drawing) -> Iterator[xml.Element]:
    return (node for node in drawing.process.iter(BPMN + "*") if local(node) in NAMED)


RULES: tuple[Rule, ...] = (names, ids, unique_ids, references, scopes)
