"""Bad files: lanes and roles, the printed manual, and what is only advised against."""

from __future__ import annotations

from tests.hostile.bad import added, diagram, printed

LANE = '<bpmn:lane id="lane_it_director" name="ผอ. ทส.">'
SEPARATE = '<camunda:property name="separate.from" value="S1"/>'
STARTERS = '<camunda:property name="start.roles" value="*"/>'
LOOP_TASK = '<bpmn:flowNodeRef>S2</bpmn:flowNodeRef>'


def starters(roles: str) -> tuple[str, str]:
    """Other roles that may open a case."""
    return STARTERS, f'<camunda:property name="start.roles" value="{roles}"/>'


PEOPLE = [
    diagram("outside-lane", (LOOP_TASK, "")),
    diagram("two-lanes", (LANE, f"{LANE}<bpmn:flowNodeRef>S1</bpmn:flowNodeRef>")),
    diagram("unknown-role", ("lane_it_director", "lane_kings")),
    diagram("told-lane", ("lane_it_director", "lane_sepo")),
    diagram("every-unit-once", ('"lane_all_units"', '"lane_x"'), ('"lane_it_director"', '"lane_all_units"')),
    diagram("unknown-separate", (SEPARATE, SEPARATE.replace("S1", "gone"))),
    diagram("unknown-separate", (SEPARATE, SEPARATE.replace("S1", "number")), note="no task for people"),
    diagram("unknown-separate", (SEPARATE, SEPARATE.replace("S1", "S2")), note="itself"),
    diagram("missing-start-roles", (STARTERS, "")),
    diagram("unknown-start-role", starters("kings")),
    diagram("start-role-nobody", starters("owner_unit"), note="known only when a case has data"),
    diagram("start-role-nobody", starters("sepo"), note="only told"),
    diagram("unknown-raci-role", ('accountable" value="it_director"', 'accountable" value="king"')),
    diagram("accountable-count", ('value="it_director"', 'value="it_director,it_dept"')),
    diagram("accountable-count", ('<camunda:property name="raci.accountable" value="it_director"/>', "")),
]

PRINTED = [
    printed("unknown-manual-process", ('name="manual.process" value="6.4"', 'name="manual.process" value="6.9"')),
    printed("unknown-step", ('name="manual.of" value="6.4-S3"', 'name="manual.of" value="6.3-S3"')),
    printed("step-missing", ('name="manual.step" value="6.4-S2"', 'name="manual.of" value="6.4-S2"')),
    printed("step-twice", ('name="manual.step" value="6.4-S2"', 'name="manual.step" value="6.4-S3"')),
    printed("step-renamed", ("รายงานการปรับปรุง", "รายงานผล")),
    printed("raci-differs", ("ext_owner,all_related", "all_related"), note="an I is lost"),
    printed("raci-differs", ('value="directors,departments"', 'value="directors"'), note="the fault was repaired"),
    printed("raci-differs", ("lane_canceller", "lane_requester"), note="another R"),
    printed("accountable-count", (
        '"6.4-S3"/><camunda:property name="raci.accountable" value="departments"/>', '"6.4-S3"/>'
    )),
    printed("nobody-responsible", ("<bpmn:flowNodeRef>S2</bpmn:flowNodeRef>", "")),
    printed("informed-without-notice", ('name="step">6.4-S3<', 'name="step">6.4-S1<')),
    printed("unknown-notice", ("6.4-C1", "6.4-C99")),
    printed("unknown-notice", ("6.4-C1", "6.1-C1"), note="a row of another process"),
    printed("unknown-notice", ('name="step">6.4-S3<', 'name="step">6.4-S9<')),
    printed("accountable-without-task", ("lane_directors", "lane_departments2")),
    printed("unmarked-addition", ('<camunda:property name="origin" value="ours"/>', "")),
    printed("unmarked-addition", ('value="needed to run / จำเป็นต่อการทำงาน"', 'value=""')),
    printed("printed-fault", ("เริ่ม", "เริ่มต้น"), note="the manual's own"),
]

ADVICE = [
    diagram("no-platform", ('modeler:executionPlatform="Camunda Platform"', "")),
    diagram("no-shape", ('bpmnElement="S1"', 'bpmnElement="start"')),
    printed("no-documentation", ("<bpmn:documentation>รายงาน</bpmn:documentation>", "")),
    diagram("no-history-time", (' camunda:historyTimeToLive="P3650D"', "")),
    diagram("no-case-title", ('name="case.title"', 'name="case.titel"')),
    diagram("no-form", ('name="จัดทำคำขอ" camunda:formRef="good_form"', 'name="จัดทำคำขอ"')),
    diagram("data-ignored", added('<bpmn:dataObject id="d"/><bpmn:dataObjectReference id="r" dataObjectRef="d"/>')),
    diagram("lane-without-name", (' name="ผอ. ทส."', "")),
]

ALL = [*PEOPLE, *PRINTED, *ADVICE]
