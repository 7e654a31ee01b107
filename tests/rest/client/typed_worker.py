"""camunda-client, unmodified (strict about every field): cases, tasks, steps and history, printed as JSON.

python typed_worker.py BASE_URL WORKER TOKEN TOPIC PERSON TOKEN
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import timedelta
from typing import Any

import httpx
from camunda_client.clients.dto import AuthData
from camunda_client.clients.engine.client import CamundaEngineClient
from camunda_client.clients.engine.dto import GetTaskVariableDTO, UpdateTaskVariableDTO
from camunda_client.clients.engine.schemas import (
    GetHistoryTasksFilterSchema,
    GetTasksFilterSchema,
    ProcessInstanceQuerySchema,
    SendCorrelationMessageSchema,
)
from camunda_client.clients.engine.schemas.body import HistoricProcessInstanceFilterSchema, VariableInstanceFilterSchema
from camunda_client.clients.engine.schemas.query import VariableInstanceFilterParamsSchema
from camunda_client.clients.external_task.client import ExternalTaskClient
from camunda_client.clients.external_task.dto import ExternalTaskConfig
from camunda_client.clients.schemas import PaginationParams
from camunda_client.exceptions import CamundaClientError
from camunda_client.utils import deserialize
from camunda_client.worker import ExternalTaskWorker

base, username, token, topic, somebody, password = sys.argv[1:]
QUICK = ExternalTaskConfig(max_tasks=2, async_response_timeout=timedelta(seconds=5), retry_timeout=timedelta())
SCENARIOS = ("complete", "fail", "reject")
found: dict[str, Any] = {}


async def main() -> None:
    """Everything the client offers that we serve: steps as a worker, tasks as a person, then what became of it."""
    transport = httpx.AsyncHTTPTransport()
    mine = AuthData(username, token)
    engine = CamundaEngineClient(f"{base}/", mine, transport)
    person = CamundaEngineClient(f"{base}/", AuthData(somebody, password), transport)
    cases = {}
    for scenario in SCENARIOS:
        given = {"partner": deserialize("ก"), "scenario": deserialize(scenario)}
        cases[scenario] = (await engine.start_process("outside", f"typed-{scenario}", given)).id
    found["cases"] = {name: str(each) for name, each in cases.items()}
    await do_steps(ExternalTaskClient("typed", f"{base}/", mine, transport, QUICK))
    await do_task(person, cases["complete"])
    message = SendCorrelationMessageSchema(message_name="letter", business_key="typed-complete", result_enabled=True)
    found["message"] = await engine.send_correlation_message(message)
    await look_back(engine, cases)


async def do_steps(client: Any) -> None:
    """Three steps: one completed, one failed, one rejected."""
    worker, done = ExternalTaskWorker(client, timedelta(milliseconds=50)), 0
    async with asyncio.timeout(60), worker, worker.subscribe(topic) as consumer:
        async for context in consumer:
            async with context as task:
                await client.extend_lock(task.id)
                await do_step(client, context, task)
            done += 1
            if done == len(SCENARIOS):
                worker._closing.set()


async def do_step(client: Any, context: Any, task: Any) -> None:
    """One step."""
    scenario = task.parsed_variables["scenario"]
    if scenario == "reject":
        await context.bpmn_error("REJECTED", "ไม่พบ", {"why": deserialize("ไม่พบ")})
    elif scenario == "fail":
        await context.fail("พัง", retries=0, error_details="trace")
    else:
        await context.complete({"list": deserialize({"a": [1]}), "whole": deserialize(7)})
        found["again"] = await status(client.complete(task.id))


async def do_task(person: Any, case: Any) -> None:
    """A person's task, from the list to the end."""
    query = ProcessInstanceQuerySchema(process_definition_key="outside", business_key="typed-complete")
    found["instances"] = [str(each.id) for each in await person.get_process_instances(query)]
    mine = GetTasksFilterSchema(process_instance_id=case, candidate_group="it_dept")
    [task] = await person.get_tasks(mine, PaginationParams(limit=10, offset=0))
    found["tasks"] = (await person.get_tasks_count(mine)).count
    found["task"] = (await person.get_task(task.id)).task_definition_key
    found["unknown"] = await person.get_task(case)
    found["links"] = [link.group_id for link in await person.get_identity_links(task.id)]
    await person.claim_task(task.id, somebody)
    await person.unclaim_task(task.id)
    await person.set_assignee_task(task.id, somebody)
    rating = {"task_id": task.id, "variable_name": "rating"}
    await person.update_task_variable(UpdateTaskVariableDTO(**rating, variable=deserialize(80)))
    found["kept"] = (await person.get_task_variable(GetTaskVariableDTO(**rating))).value
    found["refused"] = await status(person.submit_task_form(task.id, {"rating": deserialize(500)}))
    await person.submit_task_form(task.id, {"partner": deserialize("ค")})


async def look_back(engine: Any, cases: dict[str, Any]) -> None:
    """Histories, variables, incidents."""
    past = await engine.get_history_tasks(GetHistoryTasksFilterSchema(process_instance_id=cases["complete"]))
    found["past"] = [each.delete_reason for each in past]
    over = await engine.get_history_process_instances(HistoricProcessInstanceFilterSchema(finished=True))
    found["over"] = [each.state.value for each in over if each.id == cases["complete"]]
    found["state"] = (await engine.get_history_process_instance(cases["reject"])).state.value
    wanted = VariableInstanceFilterParamsSchema(process_instance_id_in=[cases["reject"]], deserialize_values=False)
    found["values"] = {each.name: each.value for each in await engine.get_variable_instances(wanted)}
    posted = VariableInstanceFilterSchema(process_instance_id_in=[cases["reject"]])
    found["posted"] = len(await engine.get_variable_instances_post(posted))
    [incident] = [each for each in await engine.get_incidents() if each.process_instance_id == cases["fail"]]
    found["incident"] = [incident.incident_type, incident.incident_message]
    found["details"] = await engine.get_external_task_error_details(incident.configuration)
    found["cancel"] = await status(engine.delete_process(str(cases["reject"])))


async def status(act: Any) -> int:
    """The status of a refusal, 204 where there was none."""
    try:
        await act
    except CamundaClientError as error:
        return int(error.status_code)
    return 204


asyncio.run(main())
sys.stdout.write(json.dumps(found))
