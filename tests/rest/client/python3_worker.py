"""camunda-external-task-client-python3, unmodified: starts cases, does their steps, prints what happened as JSON.

python python3_worker.py BASE_URL USER TOKEN TOPIC
"""

from __future__ import annotations

import json
import sys
from typing import Any

from camunda.client.engine_client import EngineClient
from camunda.external_task.external_task_worker import ExternalTaskWorker
from camunda.process_definition.process_definition_client import ProcessDefinitionClient

base, username, token, topic = sys.argv[1:]
CREDENTIALS = {"auth_basic": {"username": username, "password": token}}
CONFIG = {**CREDENTIALS, "maxTasks": 1, "lockDuration": 20_000, "asyncResponseTimeout": 5_000, "retryTimeout": 50}
SCENARIOS = ("complete", "retry", "incident", "reject")
seen: list[dict[str, Any]] = []


def work(task: Any) -> Any:
    """One step."""
    scenario = task.get_variable("scenario")
    note = {"case": task.get_process_instance_id(), "retries": task._context["retries"]}
    seen.append({**note, "property": task.get_extension_property("register")})
    if scenario == "reject":
        return task.bpmn_error("REJECTED", "ไม่พบ", {"why": "ไม่พบ"})
    if scenario == "incident":
        return task.failure("พัง", "trace", max_retries=0, retry_timeout=0)
    if scenario == "retry" and sum(each["case"] == note["case"] for each in seen) == 1:
        return task.failure("ทะเบียนไม่ตอบ", "trace", max_retries=2, retry_timeout=50)
    return task.complete({"text": "ผ่าน ✓", "whole": 42, "list": {"value": '{"a": [1]}', "type": "Json"}}, {"local": 1})


engine = EngineClient(base, config=CREDENTIALS)
processes = ProcessDefinitionClient(base, config=CREDENTIALS)
cases = {}
for scenario in SCENARIOS:
    given = {"partner": "ก", "scenario": scenario}
    cases[scenario] = engine.start_process("outside", given, tenant_id=None, business_key=f"py3-{scenario}")["id"]
given = {"partner": "ข", "scenario": "complete"}
cases["by_version"] = processes.start_process_by_version("outside", None, given)["id"]

worker = ExternalTaskWorker("py3", base, CONFIG)
for _ in range(len(cases) + 1):  # one of them twice
    worker.fetch_and_execute(topic, work)
listed = engine.get_process_instance("outside", ["scenario_eq_retry"])
variable = engine.get_process_instance_variable(cases["complete"], "text")
failed = engine.get_jobs(0, 10, with_failure=True, process_instance_id=cases["incident"])
try:
    engine.correlate_message("letter", business_key="nobody")
    refusal = ""
except Exception as error:
    refusal = str(error)
bearer = EngineClient(base, config={"auth_bearer": {"access_token": token}}).get_process_instance("outside")
sys.stdout.write(json.dumps({
    "cases": cases, "seen": seen, "listed": [each["id"] for each in listed], "variable": variable,
    "failed": len(failed), "refusal": refusal, "bearer": len(bearer) > 0,
}))  # fmt: skip
