"""What may be drawn. Everything the engine cannot do faithfully is refused by name, never skipped."""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.drawing import Drawing, Rule, local
from engine.checks.problem import Problem
from engine.diagram import AUTOMATIC, BPMN, NODES, Element

ACTIVITIES = frozenset(kind for kind in NODES if kind.endswith(("Task", "task", "Activity", "Process", "transaction")))
FAILING = AUTOMATIC | {"subProcess"}
REFUSED_KINDS = {
    "task": "plain-task",
    "scriptTask": "script-task",
    "callActivity": "call-activity",
    "transaction": "transaction",
    "adHocSubProcess": "ad-hoc",
    "complexGateway": "complex-gateway",
    "eventBasedGateway": "event-gateway",
    "intermediateThrowEvent": "throw-event",
}
REFUSED_EVENTS = {
    "linkEventDefinition": "link-event",
    "compensateEventDefinition": "compensation",
    "signalEventDefinition": "signal-event",
    "conditionalEventDefinition": "conditional-event",
    "escalationEventDefinition": "escalation-event",
    "cancelEventDefinition": "cancel-event",
}
CATCHES = {
    "intermediateCatchEvent": frozenset({"timerEventDefinition", "messageEventDefinition"}),
    "boundaryEvent": frozenset({"timerEventDefinition", "messageEventDefinition", "errorEventDefinition"}),
}
ENDS = frozenset({"terminateEventDefinition", "errorEventDefinition"})
# Besides flow nodes; what is not read only decorates.
DRAWN = NODES | frozenset(
    "sequenceFlow laneSet extensionElements documentation ioSpecification dataObject dataObjectReference "
    "dataStoreReference property textAnnotation association group multiInstanceLoopCharacteristics incoming outgoing "
    "standardLoopCharacteristics auditing monitoring supports ioBinding correlationSubscription "
    "potentialOwner humanPerformer performer resourceRole dataInputAssociation dataOutputAssociation".split()
)


def kinds(drawing: Drawing) -> Iterator[Problem]:
    """Kinds of tasks, gateways and events that are not carried out."""
    for element in drawing.elements:
        if element.kind in REFUSED_KINDS:
            linked = "linkEventDefinition" in element.events
            yield drawing.at("link-event" if linked else REFUSED_KINDS[element.kind], element)
    for node in drawing.nodes("subProcess"):
        if node.get("triggeredByEvent") == "true":
            yield drawing.at_node("event-subprocess", node)
    for node in drawing.process.iter():
        if node.get("isForCompensation") == "true":
            yield drawing.at_node("compensation", node)


def unknown_elements(drawing: Drawing) -> Iterator[Problem]:
    """Elements of the BPMN standard that belong to no executable process."""
    for scope in (drawing.process, *drawing.nodes("subProcess")):
        for child in scope:
            if local(child) not in DRAWN or not str(child.tag).startswith(BPMN):
                yield drawing.at_node("unsupported-element", child, kind=local(child))


def events(drawing: Drawing) -> Iterator[Problem]:
    """What events wait for or throw."""
    for element in drawing.elements:
        if not element.kind.endswith("Event") or element.kind in REFUSED_KINDS:
            continue
        codes = [REFUSED_EVENTS[event] for event in element.events if event in REFUSED_EVENTS]
        yield from (drawing.at(code, element) for code in codes)
        if len(element.events) > 1:
            yield drawing.at("multiple-events", element)
        elif not codes:
            yield from _trigger(drawing, element)


def _trigger(drawing: Drawing, element: Element) -> Iterator[Problem]:
    event = element.events[0] if element.events else None
    if element.kind == "startEvent":
        if event is not None:
            yield drawing.at("start-trigger", element)
    elif element.kind == "endEvent":
        if event == "errorEventDefinition" and element.parent is None:
            yield drawing.at("error-end-place", element)
        elif event is not None and event not in ENDS:
            yield drawing.at("end-event-kind", element)
    elif event not in CATCHES[element.kind]:
        yield drawing.at("event-without-trigger", element)


def messages(drawing: Drawing) -> Iterator[Problem]:
    """Whoever waits for a message waits for one that has a name."""
    for element in drawing.elements:
        awaits = element.kind == "receiveTask" or element.events == ("messageEventDefinition",)
        if awaits and element.kind in ("receiveTask", *CATCHES) and not (element.message or "").strip():
            yield drawing.at("message-without-name", element)


def boundaries(drawing: Drawing) -> Iterator[Problem]:
    """Boundary events sit on activities; error events where an automatic step can fail."""
    for element in drawing.elements:
        host = drawing.diagram.elements.get(element.attached_to or "")
        if host is None:
            continue
        if host.kind not in ACTIVITIES:
            yield drawing.at("boundary-place", element)
        elif element.events == ("errorEventDefinition",) and not (element.interrupting and host.kind in FAILING):
            yield drawing.at("error-boundary-place", element)


def markers(drawing: Drawing) -> Iterator[Problem]:
    """Loop markers and performers."""
    for node in drawing.nodes("standardLoopCharacteristics"):
        yield drawing.at_node("standard-loop", node)
    for node in drawing.nodes("multiInstanceLoopCharacteristics"):
        parent = node.getparent()
        if parent is None or local(parent) != "userTask":
            yield drawing.at_node("loop-place", node)
    for node in drawing.nodes("potentialOwner", "humanPerformer", "performer", "resourceRole"):
        yield drawing.at_node("performer", node)


RULES: tuple[Rule, ...] = (kinds, unknown_elements, events, messages, boundaries, markers)
