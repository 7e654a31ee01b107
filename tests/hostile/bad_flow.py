"""Bad files: where tokens cannot go, choices without an answer, circles and explosions."""

from __future__ import annotations

from tests.hostile.bad import Bad, added, diagram

APPROVED = (
    '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">${S1_decision = "approve"}</bpmn:conditionExpression>'
)
START = '<bpmn:startEvent id="start" name="เปิดเรื่อง"/>'
END = '<bpmn:endEvent id="end" name="เสร็จสิ้น"/>'
SERVICE = 'camunda:type="external" camunda:topic="notify"'


def flow(source: str, target: str, inner: str = "") -> str:
    """A sequence flow."""
    name = f'id="X_{source}_{target}" sourceRef="{source}" targetRef="{target}"'
    return f"<bpmn:sequenceFlow {name}>{inner}</bpmn:sequenceFlow>"


def instead_of_end(code: str, xml: str, first: str, last: str, note: str = "") -> Bad:
    """Steps put between the sub-process and the end."""
    moved = ('sourceRef="sub" targetRef="end"', f'sourceRef="sub" targetRef="{first}"')
    return diagram(code, moved, added(xml + flow(last, "end")), note=note)


def forks(count: int) -> str:
    """Branches in a row that no join brings together, which unfold into two to the power of `count`."""
    parts = []
    for n in range(count):
        parts += [f'<bpmn:parallelGateway id="f{n}"/><bpmn:sendTask id="j{n}" {SERVICE}/>']
        parts += [f'<bpmn:sendTask id="{side}{n}" {SERVICE}/>' for side in "ab"]
        parts += [flow(f"f{n}", f"{side}{n}") + flow(f"{side}{n}", f"j{n}") for side in "ab"]
        parts += [flow(f"j{n - 1}", f"f{n}")] if n else []
    return "".join(parts)


UNTIL_TIME = (
    f'<bpmn:receiveTask id="work" messageRef="M_answer"/><bpmn:sendTask id="told" {SERVICE}/>'
    '<bpmn:boundaryEvent id="late" attachedToRef="work"><bpmn:timerEventDefinition>'
    "<bpmn:timeDuration>P9D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
) + flow("work", "told") + flow("told", "work")


# What an inclusive join waits for is left to the engine: with one in it, a diagram is not played through.
INCLUSIVE = (
    f'<bpmn:inclusiveGateway id="some" default="X_some_close"/><bpmn:sendTask id="extra" {SERVICE}/>'
    '<bpmn:inclusiveGateway id="close"/>'
    + flow("some", "extra", APPROVED) + flow("extra", "close") + flow("some", "close") + flow("close", "f0")
)  # fmt: skip
LOOP = (
    f'<bpmn:serviceTask id="again" {SERVICE}/><bpmn:exclusiveGateway id="done" default="X_done_end"/>'
    + flow("again", "done") + flow("done", "again", APPROVED)
)
CHOICE_INTO_JOIN = (
    '<bpmn:exclusiveGateway id="either" default="X_either_b"/><bpmn:parallelGateway id="both"/>'
    f'<bpmn:sendTask id="a" {SERVICE}/><bpmn:sendTask id="b" {SERVICE}/>'
    + flow("either", "a", APPROVED) + flow("either", "b") + flow("a", "both") + flow("b", "both")
)
FORK_IN_LOOP = (
    '<bpmn:receiveTask id="ask" messageRef="M_answer"/><bpmn:parallelGateway id="fork2"/>'
    + flow("ask", "fork2") + flow("fork2", "ask")
)

ALL = [
    diagram("no-start", (START, '<bpmn:manualTask id="start"/>')),
    diagram("no-start", ('<bpmn:startEvent id="sub_start" name="เริ่มปิด"/>', '<bpmn:manualTask id="sub_start"/>')),
    diagram("several-starts", (START, f'{START}<bpmn:startEvent id="start2"/>'), added(flow("start2", "number"))),
    diagram("no-end", ('<bpmn:endEvent id="sub_end" name="ปิดแล้ว"/>', '<bpmn:manualTask id="sub_end"/>')),
    diagram("flow-into-start", added(flow("number", "start"))),
    diagram("flow-into-start", added(flow("number", "S2_reminder")), note="a boundary event"),
    diagram("flow-out-of-end", added(flow("end", "S1"))),
    diagram("several-outgoing", added(flow("S1", "fork"))),
    diagram("several-outgoing", added(flow("start", "S1")), note="a start event"),
    diagram("unreachable", added('<bpmn:manualTask id="alone"/>' + flow("alone", "end"))),
    diagram("no-way-out", ('sourceRef="sub" targetRef="end"', 'sourceRef="sub" targetRef="last"'), added(
        '<bpmn:manualTask id="last"/>'
    )),
    diagram("no-way-out", ('sourceRef="S2" targetRef="fork"', 'sourceRef="S2" targetRef="S2"'), note="only to itself"),
    instead_of_end("automatic-loop", LOOP, "again", "done"),
    diagram("automatic-loop", ('sourceRef="G" targetRef="S1"', 'sourceRef="G" targetRef="decide"')),
    diagram("automatic-loop", ('targetRef="end_failed"', 'targetRef="sub"'), note="an error retried for ever"),
    instead_of_end("loop-without-gateway", UNTIL_TIME, "work", "late"),
    instead_of_end("never-ends", forks(12), "f0", "j11"),
    instead_of_end("never-ends", forks(40), "f0", "j39"),
    instead_of_end("parallel-explosion", INCLUSIVE + forks(14), "some", "j13"),
    instead_of_end("stuck-join", CHOICE_INTO_JOIN, "either", "both"),
    diagram(
        "stuck-join", ('targetRef="end_failed"', 'targetRef="join"'), ('<bpmn:endEvent id="end_failed"', "<!--"),
        ('name="ปิดไม่สำเร็จ"/>', "-->"), ("<bpmn:flowNodeRef>end_failed</bpmn:flowNodeRef>", ""),
        note="waits for what comes after it",
    ),
    instead_of_end("never-ends", FORK_IN_LOOP, "ask", "fork2"),
    diagram("gateway-without-default", (' default="F_G_S1"', "")),
    diagram("gateway-without-default", ('parallelGateway id="fork" name="แยก"', 'inclusiveGateway id="fork"')),
    diagram("flow-without-condition", (APPROVED, "")),
    diagram("default-with-condition", ('default="F_G_S1"', 'default="F_G_S2"')),
    diagram("condition-misplaced", ('sourceRef="S2" targetRef="fork"/>', (
        f'sourceRef="S2" targetRef="fork">{APPROVED}</bpmn:sequenceFlow>'
    ))),
    diagram("condition-misplaced", ('sourceRef="fork" targetRef="S3"/>', (
        f'sourceRef="fork" targetRef="S3">{APPROVED}</bpmn:sequenceFlow>'
    )), note="after a parallel gateway"),
    diagram("flow-unreadable", ('errorRef="Error_failed"', 'errorRef="gone"')),
]
