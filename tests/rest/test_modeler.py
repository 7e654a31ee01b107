"""Camunda Modeler's calls, replayed byte for byte: connect, Deploy, Deploy again, Start; and who may not."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping

import pytest

from engine import demo
from tests.rest.conftest import FILES, Answer, House, basic

CREATE = "/engine-rest/deployment/create"
BOUNDARY = "----WebKitFormBoundaryT9cN4z6bGm2yPqXr"
MODELER = {
    "Origin": "file://", "Accept": "application/json", "Accept-Encoding": "gzip, deflate", "Accept-Language": "th",
    "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "empty",
    "User-Agent": "camunda-modeler/5.49.0",
}  # fmt: skip
DIAGRAM, FORM = "ตรวจสอบคู่ค้า (ปรับปรุง).bpmn", "แบบฟอร์มคู่ค้า.form"
LONGEST_SECONDS = 5.0


def multipart(name: str, files: Mapping[str, bytes]) -> bytes:
    """What the Modeler's renderer (Chromium) sends: the fields, then every file under its own name."""
    fields = {"deployment-name": name, "deployment-source": "Camunda Modeler", "enable-duplicate-filtering": "true"}
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    for number, (file, content) in enumerate(files.items()):
        kind = "application/octet-stream" if number else "text/xml"
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{file}"; filename="{file}"\r\n'
        parts.append(f"{head}Content-Type: {kind}\r\n\r\n".encode() + content + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def deploy(house: House, files: Mapping[str, bytes], credentials: Mapping[str, str] | None = None) -> Answer:
    headers = {**MODELER, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    headers |= credentials or basic("process-owner", house.token("process-owner"))
    begin = time.monotonic()
    answer = house.calls("POST", CREATE, multipart("ตรวจสอบคู่ค้า", files), headers)
    assert time.monotonic() - begin < LONGEST_SECONDS
    return answer


def drawn(what: str) -> dict[str, bytes]:
    """The outside process under Thai file names, with another name of its first event."""
    diagram = FILES["outside.bpmn"].decode().replace('name="เปิดเรื่อง"', f'name="{what}"')
    return {DIAGRAM: diagram.encode(), FORM: FILES["outside.form"]}


@pytest.mark.parametrize("origin", ["file://", "null"])
def test_the_connection_is_checked_without_and_with_credentials(house: House, origin: str) -> None:
    check = "/engine-rest/deployment?maxResults=0"
    answer = house.calls("GET", check, None, {**MODELER, "Origin": origin})
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (401, "*")
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert set(answer.json) >= {"type", "message", "code"}
    token = house.token("process-owner")
    for credentials in (basic("process-owner", token), {"Authorization": f"Bearer {token}"}):
        answer = house.calls("GET", check, None, {**MODELER, "Origin": origin, **credentials})
        assert (answer.status, answer.json, answer.headers["access-control-allow-origin"]) == (200, [], "*")
    answer = house.calls("GET", "/engine-rest/version", None, {**MODELER, **basic("process-owner", token)})
    assert answer.json == {"version": "7.24.0"}


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        (CREATE, "authorization"),
        ("/engine-rest/process-definition/outside:1:abc/start", "authorization, content-type"),
        ("/.well-known/camunda-automation-platform/webapps", "authorization"),
    ],
)
@pytest.mark.parametrize("origin", ["file://", "null"])
def test_preflights_are_answered(house: House, path: str, asked: str, origin: str) -> None:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": asked}
    answer = house.calls("OPTIONS", path, None, headers)
    assert answer.status in (200, 204)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert set(asked.split(", ")) <= set(answer.headers["access-control-allow-headers"].split(", "))


def test_deploy_start_and_deploy_again(house: House) -> None:
    first = deploy(house, drawn("เริ่มเรื่อง"))
    assert first.status == 200, first.raw.decode()
    [(key, made)] = first.json["deployedProcessDefinitions"].items()
    assert (made["id"], made["key"], made["resource"]) == (key, "outside", DIAGRAM)
    assert made["deploymentId"] == first.json["id"]
    assert first.json["source"] == "Camunda Modeler"
    assert first.json["deploymentTime"].endswith("+0700")
    files = house.server.query("SELECT file FROM definition_resources WHERE definition_id = ?", key[-32:])
    assert sorted(row["file"] for row in files) == sorted([DIAGRAM, FORM])

    start = f"/process-definition/{key}/start"
    case = house.sends("process-owner", start, {"businessKey": "กข 1/2570", "variables": None}).json
    assert (case["definitionId"], case["businessKey"]) == (key, "กข 1/2570")

    same = deploy(house, drawn("เริ่มเรื่อง")).json
    assert (same["id"], list(same["deployedProcessDefinitions"])) == (first.json["id"], [key])
    second = deploy(house, drawn("เริ่มตรวจสอบ")).json["deployedProcessDefinitions"]
    assert [each["version"] for each in second.values()] == [made["version"] + 1]
    assert house.asks("admin", f"/process-instance/{case['id']}")["definitionId"] == key
    refused = house.sends("process-owner", start, {})
    assert (refused.status, refused.json["type"]) == (400, "RestException")
    found = house.asks("process-owner", "/process-definition?key=outside&latestVersion=true")
    assert [each["id"] for each in found] == list(second)
    xml = house.asks("process-owner", f"/process-definition/{found[0]['id']}/xml")["bpmn20Xml"]
    assert "เริ่มตรวจสอบ" in xml


def test_start_of_an_unknown_version_is_not_found(house: House) -> None:
    answer = house.sends("process-owner", "/process-definition/outside:9:0/start", {})
    assert (answer.status, answer.json["type"]) == (404, "RestException")
    assert house.sends("worker", "/process-definition/key/nothing/start", {}).status == 404


def test_a_refusal_is_a_numbered_list_in_thai(house: House) -> None:
    broken = drawn("เปิดเรื่อง")[DIAGRAM].decode().replace('topic="look-up-partner"', 'topic="scor-partner"')
    broken = broken.replace("served.by", "served").replace('formRef="outside"', 'formRef="missing"')
    before = house.asks("process-owner", "/deployment/count")
    answer = deploy(house, {DIAGRAM: broken.encode()})
    assert (answer.status, answer.json["type"]) == (400, "ParseException")
    lines = answer.json["message"].splitlines()
    assert lines[0].startswith("ยังนำขึ้นใช้ไม่ได้ พบ ")
    assert any(line.startswith("1) ") and DIAGRAM in line for line in lines)
    errors = answer.json["details"][DIAGRAM]["errors"]
    [topic] = [each for each in errors if each["code"] == "unknown-topic"]
    assert topic["elementIds"] == ["look_up"]
    assert topic["line"] > 0
    assert "scor-partner" in answer.json["message"]
    assert house.asks("process-owner", "/deployment/count") == before


def test_a_file_that_is_no_diagram_and_no_file_at_all(house: House) -> None:
    answer = deploy(house, {"ภาพ.bpmn": b"\x89PNG not xml"})
    assert (answer.status, answer.json["type"]) == (400, "ParseException")
    answer = deploy(house, {})
    assert (answer.status, answer.json["type"]) == (400, "InvalidRequestException")


def test_who_may_deploy(house: House) -> None:
    token = house.token("process-owner")
    for wrong in (basic("process-owner", "wrong"), basic("it", token), {"Authorization": "Bearer prasan_x"}):
        assert deploy(house, drawn("x"), wrong).status == 401
    answer = deploy(house, drawn("x"), basic("it", house.token("it")))
    assert (answer.status, answer.json["type"]) == (403, "AuthorizationException")
    password = basic("process-owner", demo.PASSWORD)  # in the demonstration only
    assert deploy(house, drawn("เปิดเรื่องใหม่"), password).status == 200


def test_a_browser_cannot_be_made_to_deploy(house: House) -> None:
    headers = basic("process-owner", house.token("process-owner")) | {"Sec-Fetch-Mode": "navigate"}
    assert deploy(house, drawn("x"), headers).status == 403
    answer = house.calls("GET", "/engine-rest/deployment", None, {"Sec-Fetch-Mode": "navigate"})
    assert answer.status == 401
    assert "www-authenticate" not in answer.headers


def test_a_big_upload_is_refused_before_it_is_read(house: House) -> None:
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Content-Length": str(50 * 2**20)}
    headers |= basic("process-owner", house.token("process-owner"))
    begin = time.monotonic()
    answer = house.calls("POST", CREATE, multipart("x", {"x.bpmn": b""}), headers)
    assert (answer.status, answer.json["type"]) == (413, "RestException")
    assert time.monotonic() - begin < 2


def test_the_links_of_the_success_message(house: House) -> None:
    answer = house.calls("GET", "/.well-known/camunda-automation-platform/webapps", None, MODELER)
    assert answer.json["cockpitUrl"] == f"{house.server.url}/studio/"
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/engine-rest/nothing", "/engine-rest/task/0/nothing"])
def test_unknown_addresses_answer_in_camundas_shape(house: House, path: str) -> None:
    answer = house.calls("GET", path, None, MODELER)
    assert (answer.status, set(answer.json)) == (404, {"type", "message", "code"})
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_deployment_is_never_deleted(house: House) -> None:
    key = house.asks("process-owner", "/deployment")[0]["id"]
    answer = house.sends("admin", f"/deployment/{key}", {}, "DELETE")
    assert (answer.status, answer.json["type"]) == (405, "RestException")


def test_two_owners_deploy_at_once(house: House) -> None:
    before = house.asks("admin", "/process-definition?key=outside&sortBy=version&sortOrder=desc")[0]["version"]
    answers: list[Answer] = []
    people = [("process-owner", "ฉบับของคนแรก"), ("admin", "ฉบับของคนที่สอง")]
    secrets = {who: basic(who, house.token(who)) for who, _ in people}

    def press(who: str, what: str) -> None:
        answers.append(deploy(house, drawn(what), secrets[who]))

    threads = [threading.Thread(target=press, args=each) for each in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = [next(iter(json.loads(answer.raw)["deployedProcessDefinitions"].values())) for answer in answers]
    assert sorted(each["version"] for each in made) == [before + 1, before + 2]
    kept = house.asks("admin", "/process-definition?key=outside&sortBy=version&sortOrder=asc")
    names = [house.asks("admin", f"/process-definition/{each['id']}/xml")["bpmn20Xml"] for each in kept[-2:]]
    assert sorted(what for _, what in people if any(what in name for name in names)) == sorted(w for _, w in people)
    assert house.asks("admin", "/process-definition/key/outside")["version"] == before + 2
