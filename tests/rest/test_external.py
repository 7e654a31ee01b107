"""Outside workers: locks, results, failures and errors, on both databases."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from engine import cases, external, xml
from engine.spiff import parse
from engine.tokens import Tokens
from tests.conftest import Office
from tests.rest.conftest import TOPIC, Caller, Desk


def variables(**values: Any) -> dict[str, Any]:
    return {name: {"value": value} for name, value in values.items()}


def test_a_step_is_fetched_completed_and_the_case_goes_on(desk: Desk, worker: Caller) -> None:
    case = worker.opens(amount=12)
    [step] = worker.fetches(includeExtensionProperties=True)
    assert step["processInstanceId"] == case
    assert step["activityId"] == "look_up"
    assert step["variables"]["question"] == {"type": "String", "value": "ตรวจสอบ ก", "valueInfo": {}}
    assert step["variables"]["amount"]["type"] == "Integer"
    assert step["extensionProperties"]["register"] == "ทะเบียนคู่ค้า"
    assert (step["retries"], step["workerId"], step["processDefinitionKey"]) == (None, "w1", "outside")
    assert step["lockExpirationTime"] == "2026-11-23T09:01:00.000+0700"
    done = {"workerId": "w1", "variables": variables(found=True, partner="ข"), "localVariables": {}}
    assert worker.sends(f"/external-task/{step['id']}/complete", done).status_code == 204
    assert worker.asks(f"/external-task/{step['id']}").status_code == 404
    assert [task.element for task in desk.office.open(case)] == ["confirm"]
    data = worker.asks(f"/process-instance/{case}/variables").json
    assert (data["found"]["value"], data["partner"]["value"]) == (True, "ข")


def test_only_the_variables_that_were_asked_for_are_told(worker: Caller) -> None:
    worker.opens(amount=12)
    [step] = worker.fetches(variables=["amount"])
    assert list(step["variables"]) == ["amount"]


def test_a_worker_loads_a_value_by_the_execution_of_its_step(worker: Caller) -> None:
    """As the clients load a file."""
    worker.opens(amount=12)
    [step] = worker.fetches()
    assert worker.asks(f"/execution/{step['executionId']}/localVariables/amount/data").text == "12"


def test_a_finished_step_is_unknown_and_a_foreign_lock_refused(worker: Caller) -> None:
    worker.opens()
    [step] = worker.fetches("w1")
    path = f"/external-task/{step['id']}"
    for act, more in (("complete", {}), ("failure", {"errorMessage": "x"}), ("bpmnError", {"errorCode": "X"}),
                      ("extendLock", {"newDuration": 1000}), ("lock", {"lockDuration": 1000})):  # fmt: skip
        answer = worker.sends(f"{path}/{act}", {"workerId": "w2", **more})
        assert (answer.status_code, answer.json["type"]) == (400, "RestException"), act
    assert worker.sends(f"{path}/complete", {"workerId": "w1"}).status_code == 204
    answer = worker.sends(f"{path}/complete", {"workerId": "w1"})
    assert (answer.status_code, answer.json["type"]) == (404, "RestException")


def test_a_lock_ends_and_then_belongs_to_the_next(desk: Desk, worker: Caller) -> None:
    worker.opens()
    [step] = worker.fetches("w1", lock=60_000)
    path = f"/external-task/{step['id']}"
    assert worker.fetches("w2") == []
    assert worker.sends(f"{path}/extendLock", {"workerId": "w1", "newDuration": 120_000}).status_code == 204
    desk.office.clock.forward(seconds=90)
    assert worker.fetches("w2") == []
    desk.office.clock.forward(seconds=31)
    assert [each["id"] for each in worker.fetches("w2")] == [step["id"]]
    assert worker.sends(f"{path}/complete", {"workerId": "w1"}).status_code == 400
    assert worker.sends(f"{path}/unlock").status_code == 204
    assert worker.sends(f"{path}/lock", {"workerId": "w3", "lockDuration": 1000}).status_code == 204
    assert worker.sends(f"{path}/complete", {"workerId": "w3"}).status_code == 204


def test_a_failed_try_is_done_again_after_a_while(desk: Desk, worker: Caller) -> None:
    case = worker.opens()
    [step] = worker.fetches()
    failed: dict[str, Any] = {"workerId": "w1", "errorMessage": "ทะเบียนไม่ตอบ", "errorDetails": "trace"}
    failed |= {"retries": 2, "retryTimeout": 5000}
    assert worker.sends(f"/external-task/{step['id']}/failure", failed).status_code == 204
    assert worker.fetches() == []
    assert desk.caller("admin").asks("/incident", processInstanceId=case).json == []
    desk.office.clock.forward(seconds=5)
    [again] = worker.fetches()
    assert (again["id"], again["retries"], again["errorMessage"]) == (step["id"], 2, "ทะเบียนไม่ตอบ")
    assert worker.asks(f"/external-task/{step['id']}/errorDetails").text == "trace"
    assert worker.sends(f"/external-task/{step['id']}/complete", {"workerId": "w1"}).status_code == 204


def test_the_last_failure_waits_for_a_person(desk: Desk, worker: Caller) -> None:
    case, admin = worker.opens(), desk.caller("admin")
    [step] = worker.fetches()
    failed = {"workerId": "w1", "errorMessage": "ทะเบียนปิด", "retries": 0}
    assert worker.sends(f"/external-task/{step['id']}/failure", failed).status_code == 204
    [incident] = admin.asks("/incident", processInstanceId=case).json
    assert (incident["incidentType"], incident["incidentMessage"]) == ("failedExternalTask", "ทะเบียนปิด")
    desk.office.clock.forward(days=1)
    assert worker.fetches() == []
    assert worker.sends(f"/job/{step['id']}/retries", {"retries": 1}, "PUT").status_code == 403
    assert admin.sends(f"/job/{step['id']}/retries", {"retries": 1}, "PUT").status_code == 204
    [again] = worker.fetches()
    assert worker.sends(f"/external-task/{again['id']}/complete", {"workerId": "w1"}).status_code == 204
    assert admin.asks("/incident", processInstanceId=case).json == []


def test_an_error_of_the_diagram_leaves_by_its_event(desk: Desk, worker: Caller) -> None:
    case = worker.opens()
    [step] = worker.fetches()
    error = {"workerId": "w1", "errorCode": "REJECTED", "errorMessage": "ไม่พบ", "variables": variables(why="ไม่พบ")}
    assert worker.sends(f"/external-task/{step['id']}/bpmnError", error).status_code == 204
    assert [task.element for task in desk.office.open(case)] == ["repair"]
    assert worker.asks(f"/process-instance/{case}/variables/why").json["value"] == "ไม่พบ"
    assert worker.asks(f"/external-task/{step['id']}").status_code == 404


def test_an_error_that_nothing_catches_waits_for_a_person(desk: Desk, worker: Caller) -> None:
    case = worker.opens()
    [step] = worker.fetches()
    error = {"workerId": "w1", "errorCode": "OTHER", "variables": variables(why="x")}
    assert worker.sends(f"/external-task/{step['id']}/bpmnError", error).status_code == 204
    [incident] = desk.caller("admin").asks("/incident", processInstanceId=case).json
    assert "OTHER" in incident["incidentMessage"]
    assert "why" not in worker.asks(f"/process-instance/{case}/variables").json


PARALLEL = """<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="x">
<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/><bpmn:parallelGateway id="fork"/>
<bpmn:serviceTask id="a"/><bpmn:serviceTask id="b"/><bpmn:endEvent id="e"/>
<bpmn:userTask id="ua"/><bpmn:userTask id="us"/>
<bpmn:boundaryEvent id="ea" attachedToRef="a"><bpmn:errorEventDefinition id="x1" errorRef="E"/></bpmn:boundaryEvent>
<bpmn:subProcess id="sub"><bpmn:startEvent id="ss"/><bpmn:serviceTask id="c"/><bpmn:endEvent id="se"/>
<bpmn:sequenceFlow id="g0" sourceRef="ss" targetRef="c"/><bpmn:sequenceFlow id="g1" sourceRef="c" targetRef="se"/>
</bpmn:subProcess>
<bpmn:boundaryEvent id="es" attachedToRef="sub"><bpmn:errorEventDefinition id="x3"/></bpmn:boundaryEvent>
<bpmn:sequenceFlow id="f0" sourceRef="s" targetRef="fork"/><bpmn:sequenceFlow id="f1" sourceRef="fork" targetRef="a"/>
<bpmn:sequenceFlow id="f2" sourceRef="fork" targetRef="b"/><bpmn:sequenceFlow id="f3" sourceRef="fork" targetRef="sub"/>
<bpmn:sequenceFlow id="h1" sourceRef="ea" targetRef="ua"/><bpmn:sequenceFlow id="h3" sourceRef="es" targetRef="us"/>
<bpmn:sequenceFlow id="k1" sourceRef="ua" targetRef="e"/><bpmn:sequenceFlow id="k3" sourceRef="us" targetRef="e"/>
<bpmn:sequenceFlow id="k4" sourceRef="a" targetRef="e"/><bpmn:sequenceFlow id="k5" sourceRef="b" targetRef="e"/>
<bpmn:sequenceFlow id="k6" sourceRef="sub" targetRef="e"/>
</bpmn:process><bpmn:error id="E" name="bad" errorCode="BAD"/></bpmn:definitions>"""


@pytest.mark.parametrize(
    ("element", "code", "waits"),
    [
        ("a", "BAD", {"ua", "b", "c"}),  # its own event
        ("a", "OTHER", None),  # another code
        ("b", "BAD", None),  # an event on a parallel branch is not its own
        ("c", "ANY", {"a", "b", "us"}),  # an event around its subprocess, for every code
    ],
)
def test_an_error_is_caught_around_its_step_only(element: str, code: str, waits: set[str] | None) -> None:
    tokens = Tokens.at_start(parse(xml.parse(PARALLEL.encode()), "p"), lambda *_: None, {})
    token = next(each.id for each in tokens.waiting if each.element == element)
    assert tokens.fail(token, code) is (waits is not None)
    assert {each.element for each in tokens.waiting} == (waits or {"a", "b", "c"})


@pytest.mark.parametrize("name", ["starter", "starter_unit", "case_number", "all_units", "a-b", "", "ก" * 101])
def test_names_of_the_system_are_not_written(worker: Caller, name: str) -> None:
    case = worker.opens()
    [step] = worker.fetches()
    before = worker.asks(f"/process-instance/{case}/variables").json
    done = {"workerId": "w1", "variables": {name: {"value": "x"}}}
    assert worker.sends(f"/external-task/{step['id']}/complete", done).status_code == 400
    assert worker.asks(f"/process-instance/{case}/variables").json == before


def test_a_suspended_case_gives_no_work_and_takes_none(desk: Desk, worker: Caller) -> None:
    case, admin = worker.opens(), desk.office.person("admin")
    [step] = worker.fetches(lock=1_000)
    desk.does(lambda ctx: cases.suspend(ctx, case, admin, "ตรวจสอบ"))
    assert worker.sends(f"/external-task/{step['id']}/complete", {"workerId": "w1"}).status_code == 409
    desk.office.clock.forward(seconds=2)
    assert worker.fetches() == []
    desk.does(lambda ctx: cases.resume(ctx, case, admin))
    assert [each["id"] for each in worker.fetches()] == [step["id"]]


def test_filters_of_a_topic(worker: Caller) -> None:
    first, second = worker.opens(kind="one"), worker.opens(kind="two")
    assert worker.fetches(processDefinitionKey="other") == []
    assert worker.fetches(tenantIdIn=["t"]) == []
    assert worker.fetches(topic="number-case") == []
    [step] = worker.fetches(processVariables={"kind": "two"})
    assert step["processInstanceId"] == second
    [step] = worker.fetches(processDefinitionKeyIn=["outside"], businessKey=None)
    assert step["processInstanceId"] == first
    wrong = {"workerId": "w", "maxTasks": 1, "topics": [{"topicName": TOPIC, "lockDuration": 1, "colour": "red"}]}
    assert worker.sends("/external-task/fetchAndLock", wrong).status_code == 400


def test_two_workers_never_get_the_same_step(desk: Desk) -> None:
    office = desk.office
    wanted = [external.Subscription(TOPIC, external.LONGEST_LOCK)]
    for _ in range(20):
        office.start("outside", "it", {"partner": "ก"})
    got: dict[str, list[str]] = {"w1": [], "w2": [], "w3": []}

    def work(name: str) -> None:
        for _ in range(10):
            with office.database.write() as db:
                rows = external.fetch_and_lock(office.context(db), name, wanted, 2)
                got[name] += [row.id for row in rows]

    threads = [threading.Thread(target=work, args=(name,)) for name in got]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everything = [step for steps in got.values() for step in steps]
    assert len(everything) == len(set(everything)) == 20


def test_people_are_no_workers(desk: Desk) -> None:
    answer = desk.caller("it").sends("/external-task/fetchAndLock", {"workerId": "w", "maxTasks": 1, "topics": []})
    assert (answer.status_code, answer.json["type"]) == (403, "AuthorizationException")


def test_a_handler_of_ours_is_never_given_away(office: Office) -> None:
    office.start("external_link", "it")
    with office.database.write() as db:
        served = [external.Subscription(name, external.LONGEST_LOCK) for name in office.engine.topics.names]
        assert external.fetch_and_lock(office.context(db), "w", served, 100) == []
