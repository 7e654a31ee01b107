"""Messages from outside: the right case, early ones kept, wrong keys refused."""

from __future__ import annotations

import pytest

from engine import correlation, definitions
from engine.errors import MessageRefused
from tests.conftest import Office

DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
    targetNamespace="t" id="d">
  <message id="m1" name="owner-reply"/>
  <process id="letters" name="จดหมาย" isExecutable="true">
    <extensionElements><camunda:properties>
      <camunda:property name="start.roles" value="*"/>
    </camunda:properties></extensionElements>
    <laneSet id="ls"><lane id="lane_it_dept" name="ทส.">
      <flowNodeRef>start</flowNodeRef><flowNodeRef>number</flowNodeRef><flowNodeRef>write</flowNodeRef>
      <flowNodeRef>reply</flowNodeRef><flowNodeRef>read</flowNodeRef><flowNodeRef>end_it</flowNodeRef>
    </lane></laneSet>
    <startEvent id="start"/>
    <serviceTask id="number" name="เลข" camunda:type="external" camunda:topic="number-case"/>
    <manualTask id="write" name="เขียน"/>
    <intermediateCatchEvent id="reply" name="ตอบ">
      <messageEventDefinition id="md" messageRef="m1"/>
    </intermediateCatchEvent>
    <manualTask id="read" name="อ่าน"/>
    <endEvent id="end_it"/>
    <sequenceFlow id="f0" sourceRef="start" targetRef="number"/>
    <sequenceFlow id="f1" sourceRef="number" targetRef="write"/>
    <sequenceFlow id="f2" sourceRef="write" targetRef="reply"/>
    <sequenceFlow id="f3" sourceRef="reply" targetRef="read"/>
    <sequenceFlow id="f4" sourceRef="read" targetRef="end_it"/>
  </process>
</definitions>"""


@pytest.fixture
def case(office: Office) -> str:
    with office.database.write() as db:
        definitions.deploy(office.context(db), {"letters.bpmn": DIAGRAM.encode()}, "owner", "letters")
    return office.start("letters", "it")


def send(office: Office, key: str, name: str = "owner-reply") -> bool:
    with office.database.write() as db:
        return correlation.correlate(office.context(db), name, key, {"granted": "yes"}, "api")


def test_a_message_moves_the_case_that_waits_for_it(office: Office, case: str) -> None:
    office.do(case, "write", "it")
    assert office.open(case) == []
    assert send(office, "letters-2570-0001")
    assert [t.element for t in office.open(case)] == ["read"]
    assert '"granted":"yes"' in office.row(case).data


def test_a_message_that_comes_early_is_kept_and_taken_once(office: Office, case: str) -> None:
    assert not send(office, "letters-2570-0001")
    office.do(case, "write", "it")
    assert [t.element for t in office.open(case)] == ["read"]
    assert len(office.query("SELECT id FROM inbox WHERE taken_at IS NOT NULL")) == 1


def test_a_message_of_another_name_is_not_taken(office: Office, case: str) -> None:
    send(office, "letters-2570-0001", "something-else")
    office.do(case, "write", "it")
    assert office.open(case) == []


@pytest.mark.parametrize("key", ["letters-2570-0002", "", "%"])
@pytest.mark.usefixtures("case")
def test_a_wrong_key_is_refused_and_nothing_is_kept(office: Office, key: str) -> None:
    with pytest.raises(MessageRefused):
        send(office, key)
    assert office.query("SELECT id FROM inbox") == []
