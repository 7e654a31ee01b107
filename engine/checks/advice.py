"""Warnings: what still works but should be better."""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.drawing import Drawing, Rule, local
from engine.checks.files import PLATFORM
from engine.checks.problem import Problem
from engine.diagram import CAMUNDA

DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"


def platform(drawing: Drawing) -> Iterator[Problem]:
    """Without an execution platform the Modeler's own checks are off."""
    if not drawing.root.get(PLATFORM):
        yield drawing.at("no-platform")


def shapes(drawing: Drawing) -> Iterator[Problem]:
    """What is not drawn cannot be shown to the people in the case."""
    drawn = {shape.get("bpmnElement") for shape in drawing.root.iter(DI + "BPMNShape")}
    missing = [element for element in drawing.elements if element.id not in drawn]
    if len(missing) > 1 and len(missing) == len(drawing.elements):
        yield drawing.at("no-shape")
    else:
        yield from (drawing.at("no-shape", element) for element in missing)


def process(drawing: Drawing) -> Iterator[Problem]:
    """What a process should say of itself."""
    if not drawing.process.get(CAMUNDA + "historyTimeToLive"):
        yield drawing.at("no-history-time")
    if not drawing.diagram.properties.get("case.title"):
        yield drawing.at("no-case-title")


def documentation(drawing: Drawing) -> Iterator[Problem]:
    """Printed steps carry the manual's description."""
    yield from (drawing.at("no-documentation", e) for e in drawing.elements if e.step and not e.documentation)


def ignored(drawing: Drawing) -> Iterator[Problem]:
    """Data objects and stores are pictures only."""
    for node in drawing.nodes("dataObjectReference", "dataStoreReference", "dataInput", "dataOutput"):
        yield drawing.at_node("data-ignored", node, kind=local(node))


def lane_names(drawing: Drawing) -> Iterator[Problem]:
    """Lanes are read by people."""
    for lane in drawing.diagram.lanes.values():
        if not lane.name:
            yield drawing.at("lane-without-name", lane, id=lane.id)


RULES: tuple[Rule, ...] = (platform, shapes, process, documentation, ignored, lane_names)
