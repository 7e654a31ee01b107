"""The diagrams, forms and answers that every system is measured with.

W1 is a file that passes eight people in four lanes, W2 asks N units at once, W3 sends a
step back N times, `three` is the shortest case. A dialect says what BPMN leaves open.
"""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import dataclass
from typing import Any

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
LANES = {"it_dept": "it", "it_director": "it-director", "wg_seam": "seam", "vc_dept": "vc"}
CHANNELS = ("letter", "mail", "counter")
WORDS = (
    "agreement annex answer archive budget cabinet citizen clause committee copy council data deadline decree "
    "department district estate exchange field file housing interface letter link ministry notice officer order "
    "paragraph permit plan project province record register reply report request review schedule seal section "
    "service signature statute survey table tenant unit version village"
).split()


@dataclass(frozen=True)
class Dialect:
    """How one engine writes conditions, automatic steps, repetitions and forms; braces are filled in."""

    condition: str
    service: str
    count: str
    task: str = ""


PRASAN = Dialect(
    condition='${{{key} = "{value}"}}',
    service='<serviceTask id="{id}" name="{id}" camunda:type="external" camunda:topic="stamp">{flows}</serviceTask>',
    count="${{count}}",
    task='camunda:formRef="{form}" camunda:formRefBinding="deployment"',
)
SPIFF = Dialect(
    condition='{key} == "{value}"',
    service='<scriptTask id="{id}" name="{id}">{flows}<script>stamp = 1</script></scriptTask>',
    count="{count}",
)
BPMN_ENGINE = Dialect(
    condition="${{environment.output.{key}_is_{value}}}",
    service='<serviceTask id="{id}" name="{id}" implementation="${{environment.services.stamp}}">{flows}</serviceTask>',
    count="{count}",
)

Step = tuple[str, str, str]  # kind, id, lane
W1_STEPS: tuple[Step, ...] = (
    ("startEvent", "begin", "it_dept"), ("service", "number", "it_dept"), ("userTask", "u1", "it_dept"),
    ("userTask", "u2", "it_director"), ("userTask", "u3", "wg_seam"), ("exclusiveGateway", "choice", "wg_seam"),
    ("userTask", "u4", "vc_dept"), ("userTask", "u5", "it_dept"), ("userTask", "u6", "it_director"),
    ("userTask", "u7", "wg_seam"), ("service", "enter", "vc_dept"), ("userTask", "u8", "vc_dept"),
    ("endEvent", "done", "vc_dept"), ("endEvent", "refused", "wg_seam"),
)
THREE_STEPS: tuple[Step, ...] = (
    ("startEvent", "begin", "it_dept"), ("userTask", "u1", "it_dept"), ("userTask", "u2", "it_director"),
    ("userTask", "u3", "it_dept"), ("endEvent", "done", "it_dept"),
)
W2_STEPS: tuple[Step, ...] = (
    ("startEvent", "begin", "it_dept"), ("multi", "u1", "all_units"), ("userTask", "u2", "it_dept"),
    ("endEvent", "done", "it_dept"),
)
W3_STEPS: tuple[Step, ...] = (
    ("startEvent", "begin", "it_dept"), ("userTask", "u1", "it_dept"), ("exclusiveGateway", "choice", "it_dept"),
    ("endEvent", "done", "it_dept"),
)
STEPS = {"w1": W1_STEPS, "w2": W2_STEPS, "w3": W3_STEPS, "three": THREE_STEPS}
BRANCHES = {  # source -> target: (key, value), or the default flow
    "w1": {("choice", "u4"): ("u3_decision", "approve"), ("choice", "refused"): None},
    "w3": {("choice", "done"): ("u1_decision", "approve"), ("choice", "u1"): None},
}
UNCHAINED = {"w1": {("done", "refused")}}


def diagram(name: str, dialect: Dialect, count: int = 0) -> str:
    """BPMN 2.0 of a workload in a dialect; `count` is how many units W2 asks where that is no variable."""
    steps, branches = STEPS[name], BRANCHES.get(name, {})
    chain = [(before[1], after[1]) for before, after in itertools.pairwise(steps)]
    flows = [pair for pair in chain if pair not in UNCHAINED.get(name, ()) and pair not in branches]
    flows += list(branches)
    nodes = "".join(_node(name, step, flows, branches, dialect, count) for step in steps)
    drawn = "".join(_flow(source, target, branches.get((source, target)), dialect) for source, target in flows)
    return (
        f'<definitions xmlns="{BPMN}" xmlns:xsi="{XSI}" xmlns:camunda="{CAMUNDA}" id="{name}" targetNamespace="bench">'
        f'<collaboration id="all"><participant id="pool" name="{name}" processRef="bench_{name}"/></collaboration>'
        f'<process id="bench_{name}" name="{name}" isExecutable="true">'
        f"<extensionElements><camunda:properties>{_properties()}</camunda:properties></extensionElements>"
        f"{_lanes(steps)}{nodes}{drawn}</process></definitions>"
    )


def _properties() -> str:
    values = {"start.roles": "*", "case.title": "if u1_subject = null then &quot;new&quot; else u1_subject"}
    return "".join(f'<camunda:property name="{name}" value="{value}"/>' for name, value in values.items())


def _lanes(steps: tuple[Step, ...]) -> str:
    roles = dict.fromkeys(lane for _, _, lane in steps)
    refs = {role: "".join(f"<flowNodeRef>{i}</flowNodeRef>" for _, i, lane in steps if lane == role) for role in roles}
    return "<laneSet>" + "".join(f'<lane id="lane_{r}" name="{r}">{refs[r]}</lane>' for r in roles) + "</laneSet>"


def _node(name: str, step: Step, flows: list[Any], branches: Any, dialect: Dialect, count: int) -> str:
    kind, key, _ = step
    ends = "".join(f"<incoming>{s}_{t}</incoming>" for s, t in flows if t == key)
    ends += "".join(f"<outgoing>{s}_{t}</outgoing>" for s, t in flows if s == key)
    if kind == "service":
        return dialect.service.format(id=key, flows=ends)
    if kind == "exclusiveGateway":
        default = next(f"{s}_{t}" for (s, t), condition in branches.items() if condition is None)
        return f'<exclusiveGateway id="{key}" name="{key}" default="{default}">{ends}</exclusiveGateway>'
    if kind in ("userTask", "multi"):
        form = dialect.task.format(form=f"bench_{name}_{key}")
        loop = _loop(dialect.count.format(count=count)) if kind == "multi" else ""
        return f'<userTask id="{key}" name="{key}" {form}>{ends}{loop}</userTask>'
    return f'<{kind} id="{key}" name="{key}">{ends}</{kind}>'


def _loop(count: str) -> str:
    return (
        '<multiInstanceLoopCharacteristics isSequential="false"><loopCardinality xsi:type="tFormalExpression">'
        f"{count}</loopCardinality></multiInstanceLoopCharacteristics>"
    )


def _flow(source: str, target: str, condition: tuple[str, str] | None, dialect: Dialect) -> str:
    inner = ""
    if condition:
        text = dialect.condition.format(key=condition[0], value=condition[1])
        inner = f'<conditionExpression xsi:type="tFormalExpression">{text}</conditionExpression>'
    head = f'<sequenceFlow id="{source}_{target}" name="{target}" sourceRef="{source}" targetRef="{target}">'
    return f"{head}{inner}</sequenceFlow>"


def files(*names: str) -> dict[str, bytes]:
    """What Prasan deploys: the diagrams of workloads with a real form for every user task."""
    found = {f"bench_{name}.bpmn": diagram(name, PRASAN).encode() for name in names}
    for name in names:
        for kind, key, _ in STEPS[name]:
            if kind in ("userTask", "multi"):
                found[f"bench-{name}-{key}.form"] = json.dumps(_form(f"bench_{name}_{key}", key)).encode()
    return found


def _form(key: str, step: str) -> dict[str, Any]:
    need = {"required": True}
    fields: list[dict[str, Any]] = [
        {"type": "textfield", "key": "subject", "validate": {**need, "maxLength": 200}},
        {"type": "textarea", "key": "detail", "validate": {**need, "maxLength": 20_000}},
        {"type": "textarea", "key": "opinion", "validate": {**need, "maxLength": 2_000}},
        {"type": "number", "key": "amount", "validate": {"min": 0, "max": 1_000_000}},
        {"type": "datetime", "subtype": "date", "dateLabel": "date", "key": "received_on", "validate": need},
        {"type": "select", "key": "channel", "values": [{"label": c, "value": c} for c in CHANNELS], "validate": need},
        {"type": "checkbox", "key": "checked"},
        {
            "type": "radio", "key": "decision", "validate": need,
            "values": [{"label": v, "value": v} for v in ("approve", "return")],
        },
        {
            "type": "textarea", "key": "comment", "validate": need,
            "conditional": {"hide": f'={step}_decision = null or {step}_decision = "approve"'},
        },
    ]
    for field in fields:
        field.update(id=f"Field_{field['key']}", key=f"{step}_{field['key']}")
        if "dateLabel" not in field:
            field["label"] = field["id"]
    return {"type": "default", "id": key, "schemaVersion": 19, "components": fields}


def answers(step: str, chance: random.Random, size: int = 1_024, decision: str = "approve") -> dict[str, Any]:
    """Fresh answers to the form of a step, about `size` bytes of JSON, never the same twice."""
    given: dict[str, Any] = {
        f"{step}_subject": _words(chance, 40), f"{step}_detail": "", f"{step}_opinion": _words(chance, size // 4),
        f"{step}_amount": chance.randrange(1_000_000), f"{step}_received_on": f"2027-0{chance.randint(1, 9)}-15",
        f"{step}_channel": chance.choice(CHANNELS), f"{step}_checked": True, f"{step}_decision": decision,
    }
    if decision != "approve":
        given[f"{step}_comment"] = _words(chance, 40)
    given[f"{step}_detail"] = _words(chance, max(20, size - len(json.dumps(given))))
    return given


def _words(chance: random.Random, length: int) -> str:
    text = " ".join(chance.choices(WORDS, k=length // 5 + 1))
    return text[:length].strip()
