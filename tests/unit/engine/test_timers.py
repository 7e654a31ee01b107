"""A timer whose time cannot be read asks for a person, and runs as soon as the case knows the time."""

from __future__ import annotations

import json

from engine import definitions, invariants
from tests.conftest import Office

DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="t" id="d">
  <process id="until" name="ทดสอบ" isExecutable="true">
    <extensionElements><camunda:properties>
      <camunda:property name="start.roles" value="*"/>
    </camunda:properties></extensionElements>
    <laneSet id="ls"><lane id="lane_it_dept" name="ทส."><flowNodeRef>start</flowNodeRef>
      <flowNodeRef>number</flowNodeRef><flowNodeRef>both</flowNodeRef><flowNodeRef>tell</flowNodeRef>
      <flowNodeRef>other</flowNodeRef><flowNodeRef>time</flowNodeRef><flowNodeRef>joined</flowNodeRef>
      <flowNodeRef>end_it</flowNodeRef></lane></laneSet>
    <startEvent id="start"/>
    <serviceTask id="number" name="เลข" camunda:type="external" camunda:topic="number-case"/>
    <parallelGateway id="both"/><parallelGateway id="joined"/><endEvent id="end_it"/>
    <userTask id="tell" name="บอกวัน" camunda:formRef="until_tell" camunda:formRefBinding="deployment"/>
    <userTask id="other" name="ทำต่อ" camunda:formRef="until_other" camunda:formRefBinding="deployment"/>
    <intermediateCatchEvent id="time" name="ถึงวัน"><timerEventDefinition>
      <timeDate xsi:type="tFormalExpression">${last_day}</timeDate></timerEventDefinition></intermediateCatchEvent>
    <sequenceFlow id="f1" sourceRef="start" targetRef="number"/>
    <sequenceFlow id="f2" sourceRef="number" targetRef="both"/>
    <sequenceFlow id="f3" sourceRef="both" targetRef="tell"/>
    <sequenceFlow id="f4" sourceRef="both" targetRef="time"/>
    <sequenceFlow id="f5" sourceRef="tell" targetRef="other"/>
    <sequenceFlow id="f6" sourceRef="other" targetRef="joined"/>
    <sequenceFlow id="f7" sourceRef="time" targetRef="joined"/>
    <sequenceFlow id="f8" sourceRef="joined" targetRef="end_it"/>
  </process>
</definitions>"""


def form(step: str) -> bytes:
    field = {"type": "textfield", "id": "Field_last_day", "key": "last_day", "label": "วัน"}
    return json.dumps({"type": "default", "id": f"until_{step}", "schemaVersion": 19, "components": [field]}).encode()


def test_a_time_that_comes_late_is_still_waited_for(office: Office) -> None:
    files = {"until.bpmn": DIAGRAM.encode(), "tell.form": form("tell"), "other.form": form("other")}
    with office.database.write() as db:
        definitions.deploy(office.context(db), files, "owner", "until")
    case = office.start("until", "it")
    asked = "SELECT id FROM incidents WHERE kind = 'timer' AND resolved_at IS NULL"
    timers = "SELECT due_at FROM jobs WHERE kind = 'timer'"
    assert (len(office.query(asked)), office.query(timers)) == (1, [])
    office.do(case, "tell", "it", last_day="no day at all")
    assert (len(office.query(asked)), office.query(timers)) == (1, [])
    office.do(case, "other", "it", last_day=office.clock.now().date().isoformat())
    assert (office.query(asked), len(office.query(timers))) == ([], 1)
    office.tick(days=1)
    assert office.row(case).status == "done"
    with office.database.read() as db:
        assert invariants.check(office.context(db), case) == []
