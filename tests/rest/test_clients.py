"""The three public clients of Camunda 7, unmodified, against a running server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.rest.conftest import CLIENT, TOPIC, House

LONGEST_SECONDS = 90


def run(*command: str, folder: Path = CLIENT) -> Any:
    """What a program prints last, as JSON."""
    quiet: dict[str, Any] = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL}
    done = subprocess.run(command, cwd=folder, check=False, timeout=LONGEST_SECONDS, **quiet)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def incidents(house: House, case: str) -> list[str]:
    return [each["incidentMessage"] for each in house.asks("admin", f"/incident?processInstanceId={case}")]


def test_the_javascript_client(house: House, npm: Path) -> None:
    names = ("complete", "retry", "incident", "reject", "twice", "unlock")
    cases = {name: house.opens(scenario=name) for name in names}
    seen = run("node", "worker.mjs", house.url, "worker", house.token("worker"), TOPIC, "8", folder=npm)
    assert [note for note in seen if "error" in note] == []
    by = {name: [note for note in seen if note["scenario"] == name] for name in cases}
    assert {name: len(notes) for name, notes in by.items()} == {**dict.fromkeys(names, 1), "retry": 2, "unlock": 2}
    [done] = by["complete"]
    assert (done["question"], done["retries"], done["properties"]["register"]) == ("ตรวจสอบ ก", None, "ทะเบียนคู่ค้า")
    data = house.data(cases["complete"])
    expected = {"text": "ผ่าน ✓", "whole": 42, "long": 2**40, "double": 1.5, "flag": True, "nothing": None,
                "day": "2026-11-23T09:05:14.242+07:00"}  # fmt: skip
    assert {name: data[name] for name in expected} == expected
    assert json.loads(data["list"]) == {"a": ["ก", 1]}
    assert by["retry"][1]["retries"] == 2
    assert (by["twice"][0]["foreign"], by["twice"][0]["again"]) == (400, 404)
    waiting = {name: house.waits_at(case) for name, case in cases.items()}
    assert waiting == {name: ["confirm"] for name in cases} | {"incident": [], "reject": ["repair"]}
    assert house.data(cases["reject"])["why"] == "ไม่พบ"
    assert incidents(house, cases["incident"]) == ["พัง"]


def test_the_python_client(house: House) -> None:
    worker = str(CLIENT / "python3_worker.py")
    told = run(sys.executable, worker, house.url, "worker", house.token("worker"), TOPIC)
    cases, seen = told["cases"], told["seen"]
    retried = [each for each in seen if each["case"] == cases["retry"]]
    assert [each["retries"] for each in retried] == [None, 2]
    assert {each["property"] for each in seen} == {"ทะเบียนคู่ค้า"}
    waiting = {name: house.waits_at(case) for name, case in cases.items()}
    assert waiting == {name: ["confirm"] for name in cases} | {"incident": [], "reject": ["repair"]}
    data = house.data(cases["complete"])
    assert (data["text"], data["whole"], json.loads(data["list"])) == ("ผ่าน ✓", 42, {"a": [1]})
    assert "local" not in data
    assert incidents(house, cases["incident"]) == ["พัง"]
    assert cases["retry"] in told["listed"]
    assert told["variable"]
    assert (told["failed"], told["bearer"]) == (1, True)
    assert "400" in told["refusal"]


def test_the_typed_client(house: House) -> None:
    worker = str(CLIENT / "typed_worker.py")
    person = ("it", house.token("it"))
    told = run(sys.executable, worker, house.url, "worker", house.token("worker"), TOPIC, *person)
    cases = told["cases"]
    assert (told["again"], told["refused"], told["cancel"]) == (404, 400, 403)
    assert (told["instances"], told["tasks"], told["task"]) == ([str(UUID(cases["complete"]))], 1, "confirm")
    assert (told["unknown"], told["links"], told["kept"]) == (None, ["it_dept"], 80)
    assert told["message"][0]["execution"]["processInstanceId"] == UUID(cases["complete"]).hex
    assert (told["past"], told["over"], told["state"]) == (["completed"], ["COMPLETED"], "ACTIVE")
    assert told["values"]["why"] == "ไม่พบ"
    assert told["posted"] == len(told["values"])
    assert (told["incident"], told["details"]) == (["failedExternalTask", "พัง"], "trace")
