"""Tasks, cases, messages and the rest, with the rights of the account; on both databases."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from engine import sessions
from tests.rest.conftest import Caller, Desk
from web.request import TOKEN, WHO


def variables(**values: Any) -> dict[str, Any]:
    return {"variables": {name: {"value": value} for name, value in values.items()}}


@pytest.fixture
def case(worker: Caller) -> str:
    """A case that waits for a person."""
    made = worker.opens()
    [step] = worker.fetches()
    assert worker.sends(f"/external-task/{step['id']}/complete", {"workerId": "w1"}).status_code == 204
    return made


@pytest.fixture
def it(desk: Desk) -> Caller:
    """Somebody of the lane."""
    return desk.caller("it")


def test_a_task_is_found_claimed_and_done(desk: Desk, it: Caller, case: str) -> None:
    [task] = it.asks("/task", processInstanceId=case).json
    assert (task["taskDefinitionKey"], task["assignee"], task["tenantId"]) == ("confirm", None, None)
    assert task["camundaFormRef"] == {"key": "outside", "binding": "deployment", "version": None}
    path = f"/task/{task['id']}"
    assert it.sends("/task/count", {"candidateGroup": "it_dept", "processInstanceId": case}).json == {"count": 1}
    assert it.asks(f"{path}/identity-links").json == [{"userId": None, "groupId": "it_dept", "type": "candidate"}]
    assert it.sends(f"{path}/claim", {"userId": "vc"}).status_code == 403
    assert it.sends(f"{path}/claim", {"userId": "it"}).status_code == 204
    assert it.asks("/task", assignee="it", processInstanceId=case).json[0]["assignee"] == "it"
    assert it.asks("/task", unassigned="true", processInstanceId=case).json == []
    assert it.sends(f"{path}/unclaim").status_code == 204
    assert it.sends(f"{path}/assignee", {"userId": "it"}).status_code == 204
    assert it.sends(f"{path}/submit-form", variables(partner="ค", rating=90)).status_code == 204
    assert it.asks(path).status_code == 404
    [past] = it.sends("/history/task", {"processInstanceId": case, "finished": True}).json
    assert (past["assignee"], past["deleteReason"]) == ("it", "completed")
    assert [task.element for task in desk.office.open(case)] == []


def test_a_form_refuses_here_as_in_the_browser(it: Caller, case: str) -> None:
    [task] = it.asks("/task", processInstanceId=case).json
    answer = it.sends(f"/task/{task['id']}/complete", variables(partner="", rating=500))
    assert (answer.status_code, answer.json["type"]) == (400, "FormFieldValidationException")
    assert set(answer.json["details"]) == {"partner_field", "rating_field"}
    assert it.asks("/task", processInstanceId=case).json[0]["id"] == task["id"]


def test_values_are_kept_for_the_task_until_it_is_done(it: Caller, worker: Caller, case: str) -> None:
    path = f"/task/{it.asks('/task', processInstanceId=case).json[0]['id']}"
    assert it.sends(f"{path}/variables/rating", {"value": 70, "type": "Integer"}, "PUT").status_code == 204
    assert it.sends(f"{path}/variables/note", {"value": "x"}, "PUT").status_code == 204
    assert it.sends(f"{path}/variables/note", None, "DELETE").status_code == 204
    assert it.asks(f"{path}/variables/rating").json == {"type": "Integer", "value": 70, "valueInfo": {}}
    assert it.asks(f"{path}/variables/note").status_code == 404
    assert "rating" not in worker.asks(f"/process-instance/{case}/variables").json
    assert it.asks(f"{path}/form-variables").json["partner"]["value"] == "ก"
    assert it.asks(f"{path}/deployed-form").json["id"] == "outside"
    assert it.asks(f"{path}/form").json["camundaFormRef"]["key"] == "outside"
    done = it.sends(f"{path}/complete", {**variables(partner="ค"), "withVariablesInReturn": True})
    assert (done.status_code, done.json["rating"]["value"]) == (200, 70)


def test_what_somebody_may_not_see_does_not_exist(desk: Desk, it: Caller, case: str) -> None:
    [task] = it.asks("/task", processInstanceId=case).json
    legal = desk.caller("vc")
    assert legal.asks("/task", processInstanceId=case).json == []
    for path in (f"/task/{task['id']}", f"/process-instance/{case}", f"/process-instance/{case}/variables",
                 f"/history/process-instance/{case}"):  # fmt: skip
        assert legal.asks(path).status_code == 404, path
    assert legal.sends(f"/task/{task['id']}/complete", {}).status_code == 404
    assert legal.asks("/variable-instance", processInstanceIdIn=case).json == []
    director = desk.caller("worker")  # started it, so it may see it but not do it
    assert director.asks(f"/task/{task['id']}").status_code == 200
    assert director.sends(f"/task/{task['id']}/complete", variables(partner="x")).status_code == 403


def test_a_message_reaches_its_case(desk: Desk, it: Caller, worker: Caller, case: str) -> None:
    number = desk.office.row(case).number
    message = {"messageName": "letter", "processVariables": {"letter_no": {"value": "กค 5/2570"}}}
    assert it.sends("/message", {**message, "businessKey": number}).status_code == 403
    answer = worker.sends("/message", {**message, "businessKey": "nobody"})
    assert (answer.status_code, answer.json["type"]) == (400, "RestException")
    assert worker.sends("/message", {**message, "correlationKeys": {"colour": {"value": 1}}}).status_code == 400
    [task] = it.asks("/task", processInstanceId=case).json
    assert it.sends(f"/task/{task['id']}/complete", variables(partner="ค")).status_code == 204
    key = {"correlationKeys": {"case_number": {"value": number, "type": "String"}}}
    [result] = worker.sends("/message", {**message, **key, "resultEnabled": True}).json
    assert result["execution"]["processInstanceId"] == case
    assert desk.office.row(case).status == "done"
    historic = worker.asks(f"/history/process-instance/{case}").json
    assert (historic["state"], historic["startUserId"]) == ("COMPLETED", "worker")
    assert worker.asks(f"/process-instance/{case}").status_code == 404


def test_cases_are_listed_counted_and_cancelled(desk: Desk, worker: Caller, case: str) -> None:
    admin = desk.caller("admin")
    assert [row["id"] for row in worker.asks("/process-instance", processDefinitionKey="outside").json] == [case]
    assert worker.asks("/process-instance/count", variables="partner_eq_ก").json == {"count": 1}
    assert worker.asks("/process-instance/count", variables="partner_neq_ก").json == {"count": 0}
    assert worker.asks("/process-instance", colour="red").status_code == 400
    assert worker.asks("/process-instance", maxResults=0).json == []
    values = worker.asks("/variable-instance", processInstanceIdIn=case, variableName="partner").json
    assert [(each["name"], each["value"], each["type"]) for each in values] == [("partner", "ก", "String")]
    [task] = worker.asks("/task", processInstanceId=case).json
    for key in (case, task["executionId"]):
        assert worker.asks(f"/execution/{key}/localVariables/partner/data").text == "ก"
    assert worker.sends(f"/process-instance/{case}", None, "DELETE").status_code == 403
    assert admin.sends(f"/process-instance/{case}", None, "DELETE").status_code == 204
    [past] = admin.sends("/history/process-instance", {"processInstanceIds": [case], "finished": True}).json
    assert past["state"] == "EXTERNALLY_TERMINATED"


def test_a_decision_is_evaluated(it: Caller) -> None:
    given = {"requester_kind": "internal", "data_category": "general", "personal_data": "no", "in_catalog": "yes"}
    path = "/decision-definition/key/approval_authority/evaluate"
    answer = it.sends(path, variables(**given, request_kind="information"))
    assert answer.status_code == 200, answer.text
    assert set(answer.json[0]) == {"needs_dgc", "approver", "legal_opinion", "basis"}
    assert answer.json[0]["approver"]["type"] == "String"
    assert it.sends("/decision-definition/key/nothing/evaluate", {}).status_code == 404


def test_only_programs_write_past_a_form(it: Caller) -> None:
    assert it.sends("/process-definition/key/outside/start", variables(score=1)).status_code == 403
    assert it.sends("/process-definition/key/outside/start", {}).status_code == 200


BODIES = (
    b"{", b"[]", b'"x"', b'{"userId": "\\u0000"}', b'{"userId": "\\ud800"}', b'{"userId": 1}',
    b'{"userId": NaN}', b"\xff",
)  # fmt: skip


def test_a_request_that_is_none_is_refused(desk: Desk, it: Caller, case: str) -> None:
    [task] = it.asks("/task", processInstanceId=case).json
    for body in BODIES:
        path = f"/engine-rest/task/{task['id']}/claim"
        answer: Any = desk.app.test_client().post(path, data=body, headers=it.headers)
        assert (answer.status_code, answer.json["type"]) == (400, "InvalidRequestException"), body
    for path in ("/task/%00", "/task?assignee=%00", "/task?firstResult=x", "/task?sortBy=colour"):
        assert it.asks(path).status_code == 400, path


def test_every_route_asks_who_it_is(desk: Desk) -> None:
    stranger = desk.app.test_client()
    rules = [rule for rule in desk.app.url_map.iter_rules() if rule.rule.startswith("/engine-rest")]
    assert len(rules) > 60
    for rule in rules:
        path = re.sub("<[^>]+>", "0", rule.rule)
        for method in (rule.methods or set()) - {"OPTIONS"}:
            answer = stranger.open(path, method=method, data=b"{")
            assert (answer.status_code, answer.mimetype) == (401, "application/json"), (method, path)
        preflight = stranger.open(path, method="OPTIONS", headers={"Origin": "null"})
        assert (preflight.status_code, preflight.headers["Access-Control-Allow-Origin"]) == (204, "*")


def logged_in(desk: Desk, username: str) -> FlaskClient:
    """Somebody's browser."""
    person = desk.office.person(username)
    browser = desk.app.test_client()
    token = desk.does(lambda ctx: sessions.start(ctx, person.id))
    with browser.session_transaction() as cookie:
        cookie[TOKEN], cookie[WHO] = token, person.id
    return browser


def test_a_cookie_opens_nothing(desk: Desk) -> None:
    browser = logged_in(desk, "admin")
    assert browser.get("/cases").status_code == 200
    assert browser.get("/engine-rest/task").status_code == 401
    assert browser.post("/engine-rest/message", json={"messageName": "letter"}).status_code == 401


def test_a_token_is_shown_once_and_revoked(desk: Desk) -> None:
    browser = logged_in(desk, "process-owner")
    page = browser.get("/account/tokens").text
    csrf = page.split('name="csrf-token" content="')[1].split('"')[0]
    assert browser.post("/account/tokens", data={"name": "", "csrf_token": csrf}).status_code == 422
    made = browser.post("/account/tokens", data={"name": "Modeler ที่โต๊ะ", "csrf_token": csrf}).text
    secret = made.split("<pre>")[1].split("</pre>")[0]
    program = Caller(desk.app, {"Authorization": f"Bearer {secret}"})
    assert program.asks("/deployment").status_code == 200
    page = browser.get("/account/tokens").text
    assert secret not in page
    assert "ใช้ล่าสุด" in page
    assert desk.office.query("SELECT count(*) AS n FROM access_tokens WHERE digest = :s", s=secret)[0].n == 0
    revoke = page.split('action="/account/tokens/')[1].split('"')[0]
    stranger = desk.caller("it")
    assert browser.post(f"/account/tokens/{'0' * 32}/revoke", data={"csrf_token": csrf}).status_code == 404
    assert browser.post(f"/account/tokens/{revoke}", data={"csrf_token": csrf}).status_code == 303
    assert program.asks("/deployment").status_code == 401
    assert stranger.asks("/deployment").status_code == 200
