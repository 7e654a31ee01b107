"""Bad files: envelopes, kinds of elements, ids and references."""

from __future__ import annotations

from tests.hostile.bad import CLOSE, Bad, added, diagram, edited, event, good, raw

BPMN_1 = b'<?xml version="1.0"?><definitions xmlns="http://schema.omg.org/spec/BPMN/1.0"/>'
NUMBER = '<bpmn:serviceTask id="number" name="ออกเลขเรื่อง" camunda:type="external" camunda:topic="number-case"/>'
WAIT = '<bpmn:intermediateCatchEvent id="wait" name="รอสามวัน">'
WAITED = (
    '<bpmn:timerEventDefinition id="T_wait"><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">P3D'
    "</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
)
FAILED = '<bpmn:errorEventDefinition id="E_failed" errorRef="Error_failed"/>'


def kind(code: str, tag: str) -> Bad:
    """The numbering step drawn as another kind of task."""
    return diagram(code, (NUMBER, f'<bpmn:{tag} id="number" name="x"/>'))


FILES = [
    raw("unknown-file", "notes.txt", b"hello"),
    raw("unknown-file", "archive.zip", b"PK\x03\x04", note="archives are never unpacked"),
    raw("bad-file-name", "../../etc/x.bpmn", b"<a/>"),
    raw("bad-file-name", "a\nb.form", b"{}"),
    raw("bad-file-name", f"{'x' * 200}.bpmn", b"<a/>"),
    raw("too-large", "big.bpmn", b"<a>" + b" " * (2 * 1024 * 1024) + b"</a>"),
    raw("too-large", "big.form", b" " * (2 * 1024 * 1024 + 1)),
    raw("empty-file", "empty.bpmn", b""),
    raw("empty-file", "blank.dmn", b" \n"),
    raw("unreadable-xml", "text.bpmn", b"hello"),
    raw("unreadable-xml", "bom.bpmn", b"\xef\xbb\xbf"),
    raw("unreadable-xml", "nul.bpmn", b"<a>\x00</a>"),
    raw("unreadable-xml", "cut.bpmn", edited("good.bpmn")[:900]),
    raw("unreadable-xml", "wrong.bpmn", '<?xml version="1.0" encoding="ascii"?><a>ก</a>'.encode()),
    raw("unreadable-xml", "unknown.bpmn", b'<?xml version="1.0" encoding="klingon"?><a/>'),
    raw("unreadable-xml", "half.bpmn", "<a>ก</a>".encode("utf-16")[:-3]),
    raw("unreadable-xml", "cut.dmn", edited("good.dmn")[:400]),
    raw("not-bpmn", "html.bpmn", b"<html><script>alert(1)</script></html>"),
    raw("not-bpmn", "old.bpmn", BPMN_1),
    raw("not-bpmn", "table.bpmn", edited("good.dmn")),
    diagram("xinclude", ("</bpmn:extensionElements>", (
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
        "</bpmn:extensionElements>"
    ))),
    diagram("camunda-8", ('"Camunda Platform"', '"Camunda Cloud"')),
    diagram("camunda-8", ('userTask id="S1"', 'userTask xmlns:x="http://camunda.org/schema/zeebe/1.0" x:a="" id="S1"')),
    diagram("other-engine", ('userTask id="S1"', 'userTask xmlns:x="http://activiti.org/bpmn" x:async="true" id="S1"')),
    diagram("other-engine", ('userTask id="S1"', 'userTask xmlns:x="http://flowable.org/bpmn" x:async="true" id="S1"')),
    diagram("no-process", (' isExecutable="true"', "")),
    diagram("several-processes", (CLOSE, f'{CLOSE}<bpmn:process id="second" isExecutable="true"/>')),
    Bad("duplicate-process", {**good("good.bpmn", "good.form", "good.dmn"), "twin.bpmn": edited("good.bpmn")}),
    diagram("schema", ('<bpmn:parallelGateway id="fork"', '<bpmn:parallelGateway colour="red" id="fork"')),
]

KINDS = [
    kind("plain-task", "task"),
    diagram("script-task", (NUMBER, (
        '<bpmn:scriptTask id="number" scriptFormat="python"><bpmn:script>import os</bpmn:script></bpmn:scriptTask>'
    ))),
    kind("call-activity", "callActivity"),
    diagram("call-activity", (NUMBER, '<bpmn:callActivity id="number" calledElement="good"/>'), note="calls itself"),
    kind("transaction", "transaction"),
    kind("ad-hoc", "adHocSubProcess"),
    diagram("complex-gateway", ("bpmn:parallelGateway", "bpmn:complexGateway")),
    diagram("event-gateway", ("bpmn:parallelGateway", "bpmn:eventBasedGateway")),
    kind("throw-event", "intermediateThrowEvent"),
    diagram("event-subprocess", ('<bpmn:subProcess id="sub"', '<bpmn:subProcess triggeredByEvent="true" id="sub"')),
    diagram("start-trigger", ('<bpmn:startEvent id="start" name="เปิดเรื่อง"/>', (
        '<bpmn:startEvent id="start"><bpmn:timerEventDefinition id="T_start">'
        "<bpmn:timeCycle>R/P1D</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:startEvent>"
    ))),
    diagram("end-event-kind", added(event("endEvent", "message"))),
    diagram("link-event", added(event("intermediateCatchEvent", "link"))),
    diagram("compensation", added(event("endEvent", "compensate"))),
    diagram("compensation", ('serviceTask id="number"', 'serviceTask isForCompensation="true" id="number"')),
    diagram("signal-event", added(event("endEvent", "signal"))),
    diagram("conditional-event", added(event("intermediateCatchEvent", "conditional"))),
    diagram("escalation-event", added(event("endEvent", "escalation"))),
    diagram("cancel-event", added(event("endEvent", "cancel"))),
    diagram("multiple-events", (WAIT, f'{WAIT}<bpmn:messageEventDefinition id="second" messageRef="M_answer"/>')),
    diagram("event-without-trigger", (WAIT + WAITED, f"{WAIT}</bpmn:intermediateCatchEvent>")),
    diagram("error-end-place", added(event("endEvent", "error"))),
    diagram("error-boundary-place", ('attachedToRef="sub"', 'attachedToRef="S2"')),
    diagram("error-boundary-place", ('attachedToRef="sub"', 'cancelActivity="false" attachedToRef="sub"')),
    diagram("boundary-place", ('attachedToRef="sub"', 'attachedToRef="fork"')),
    diagram("message-without-name", (' messageRef="M_answer"', "")),
    diagram("message-without-name", ('name="answer"', 'name=""')),
    diagram("message-without-name", (FAILED, '<bpmn:messageEventDefinition id="E_failed" messageRef="gone"/>')),
    diagram("unsupported-element", added('<bpmn:implicitThrowEvent id="odd"/>')),
    diagram("standard-loop", ('camunda:topic="number-case"/>', (
        'camunda:topic="number-case"><bpmn:standardLoopCharacteristics id="again" loopMaximum="3"/></bpmn:serviceTask>'
    ))),
    diagram("loop-place", ('camunda:topic="number-case"/>', (
        'camunda:topic="number-case"><bpmn:multiInstanceLoopCharacteristics camunda:collection="x"/></bpmn:serviceTask>'
    ))),
    diagram("performer", ('camunda:formRef="good_form"><bpmn:multi', (
        'camunda:formRef="good_form"><bpmn:humanPerformer id="who"/><bpmn:multi'
    ))),
]

NAMES = [
    diagram("missing-id", ('<bpmn:endEvent id="end" ', "<bpmn:endEvent ")),
    diagram("bad-id", added('<bpmn:endEvent id="สิ้นสุด"/>')),
    diagram("bad-id", added(f'<bpmn:endEvent id="{"e" * 101}"/>')),
    diagram("reserved-id", added('<bpmn:endEvent id="End"/>')),
    diagram("reserved-id", added('<bpmn:userTask id="Start"/>')),
    diagram("reserved-id", added('<bpmn:endEvent id="good.EndJoin"/>')),
    diagram("reserved-id", added('<bpmn:endEvent id="S2.BoundaryEventSplit"/>')),
    diagram("duplicate-id", added('<bpmn:endEvent id="end"/>')),
    diagram("name-too-long", ("เปิดเรื่อง", "ก" * 65_000)),
    diagram("too-many-parts", added("<bpmn:documentation/>" * 20_000)),
    diagram("too-many-nodes", added("".join(f'<bpmn:endEvent id="e{n}"/>' for n in range(301)))),
    diagram("too-many-flows", added("".join(
        f'<bpmn:sequenceFlow id="f{n}" sourceRef="G" targetRef="S1"/>' for n in range(10_001)
    ))),
    diagram("dangling-flow", ('targetRef="fork"', 'targetRef="gone"')),
    diagram("dangling-flow", ('sourceRef="fork"', 'sourceRef="lane_it_dept"'), note="a lane is no step"),
    diagram("dangling-boundary", ('attachedToRef="sub"', 'attachedToRef="gone"')),
    diagram("dangling-boundary", ('attachedToRef="sub"', 'attachedToRef="sub_close"'), note="inside the sub-process"),
    diagram("dangling-lane", ("<bpmn:flowNodeRef>S3<", "<bpmn:flowNodeRef>gone<")),
    diagram("dangling-default", ('default="F_G_S1"', 'default="F_fork_S3"')),
    diagram("dangling-default", ('default="F_G_S1"', 'default="gone"')),
    diagram("flow-crosses-subprocess", ('targetRef="sub"', 'targetRef="sub_close"')),
]

ALL = [*FILES, *KINDS, *NAMES]
