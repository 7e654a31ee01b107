"""What operators look at, incidents and jobs, and decision tables for trying out."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy import ColumnElement, Row, Select, func, select

from engine import definitions
from engine import jobs as commands
from engine.access import seen_by
from engine.errors import EngineFault, NotFound, OperatorsOnly
from engine.tables import cases, incidents, jobs
from engine.tables import definitions as versions
from web.engine_rest import door
from web.engine_rest.given import body, filters, flag, number, page, record, text, texts
from web.engine_rest.values import definition_id, moment, own_id, plain_all, typed_all
from web.request import me, reading, writing

routes = door.blueprint("upkeep")
KINDS = {"handler": "failedExternalTask", "topic": "failedExternalTask", "timer": "failedJob", "send": "failedJob"}
INCIDENTS = ("incidentId", "incidentType", "processInstanceId", "processDefinitionId", "activityId", "configuration")
JOBS = (
    "jobId", "processInstanceId", "processDefinitionKey", "activityId", "failedActivityId", "withException", "timers",
    "tenantIdIn",
)  # fmt: skip


@routes.route("/incident", methods=["GET", "POST"])
def index() -> Response:
    """Open incidents of cases that this account may see."""
    part = page(("incidentId", "incidentTimestamp", "incidentType"))
    query = _incidents().order_by(incidents.c.at, incidents.c.id).limit(part.most).offset(part.first)
    with reading() as ctx:
        return door.reply([_incident(row) for row in ctx.db.execute(query)])


@routes.get("/incident/count")
def count() -> Response:
    """How many there are."""
    with reading() as ctx:
        found = ctx.db.execute(select(func.count()).select_from(_incidents().subquery())).scalar_one()
    return door.reply({"count": found})


@routes.get("/incident/<key>")
def show(key: str) -> Response:
    """One open incident."""
    with reading() as ctx:
        row = ctx.db.execute(_incidents().where(incidents.c.id == own_id(key))).one_or_none()
    if row is None:
        raise NotFound(what="incident", key=key)
    return door.reply(_incident(row))


def _incidents() -> Select[Any]:
    wanted = filters(INCIDENTS)
    own = {"incidentId": incidents.c.id, "processInstanceId": incidents.c.case_id, "configuration": incidents.c.job_id}
    found: list[ColumnElement[bool]] = [own[name] == own_id(text(wanted, name)) for name in own if name in wanted]
    if "processDefinitionId" in wanted:
        found.append(cases.c.definition_id == own_id(text(wanted, "processDefinitionId")))
    if "activityId" in wanted:
        found.append(incidents.c.element == text(wanted, "activityId"))
    if "incidentType" in wanted:
        asked = text(wanted, "incidentType")
        found.append(incidents.c.kind.in_([kind for kind, shown in KINDS.items() if shown == asked] or [asked]))
    columns = (cases.c.process, cases.c.definition_id, versions.c.version)
    joined = incidents.join(cases, cases.c.id == incidents.c.case_id)
    joined = joined.join(versions, versions.c.id == cases.c.definition_id)
    query = select(incidents, *columns).select_from(joined)
    return query.where(incidents.c.resolved_at.is_(None), *seen_by(me()), *found)


def _incident(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id, "processDefinitionId": definition_id(row.process, row.version, row.definition_id),
        "processInstanceId": row.case_id, "executionId": row.job_id or row.case_id, "incidentTimestamp": moment(row.at),
        "incidentType": KINDS.get(row.kind, row.kind), "activityId": row.element, "failedActivityId": row.element,
        "causeIncidentId": row.id, "rootCauseIncidentId": row.id, "configuration": row.job_id, "tenantId": None,
        "incidentMessage": row.message, "jobDefinitionId": None, "annotation": None,
    }  # fmt: skip


# --- jobs -----------------------------------------------------------------------------------------


@routes.route("/job", methods=["GET", "POST"])
def list_jobs() -> Response:
    """Timers and automatic steps that wait, of cases that this account may see."""
    orders = {"jobDueDate": jobs.c.due_at, "jobId": jobs.c.id, "jobPriority": jobs.c.priority}
    part = page(tuple(orders))
    by = orders.get(part.by, jobs.c.due_at)
    query = _jobs().order_by(by.desc() if part.down else by.asc(), jobs.c.id).limit(part.most).offset(part.first)
    with reading() as ctx:
        return door.reply([_job(row) for row in ctx.db.execute(query)])


@routes.get("/job/<key>")
def show_job(key: str) -> Response:
    """One of them."""
    with reading() as ctx:
        row = ctx.db.execute(_jobs().where(jobs.c.id == own_id(key))).one_or_none()
    if row is None:
        raise NotFound(what="job", key=key)
    return door.reply(_job(row))


@routes.put("/job/<key>/retries")
def retry(key: str) -> Response:
    """An operator has a failed step tried again."""
    if not me().operator:
        raise OperatorsOnly(person=me().username)
    number(body(), "retries", 1, 1, 10**6)
    with writing() as ctx:
        commands.retry(ctx, own_id(key), me())
    return door.done()


def _jobs() -> Select[Any]:
    wanted = filters(JOBS)
    same = {"processDefinitionKey": cases.c.process, "activityId": jobs.c.element, "failedActivityId": jobs.c.element}
    own = {"jobId": jobs.c.id, "processInstanceId": jobs.c.case_id}
    found: list[ColumnElement[bool]] = [own[name] == own_id(text(wanted, name)) for name in own if name in wanted]
    found += [column == text(wanted, name) for name, column in same.items() if name in wanted]
    found += [jobs.c.error.is_not(None)] if flag(wanted, "withException") else []
    found += [jobs.c.kind == "timer"] if flag(wanted, "timers") else []
    found += [jobs.c.id.is_(None)] if texts(wanted, "tenantIdIn") else []
    columns = (cases.c.process, cases.c.definition_id, cases.c.status.label("case_status"), versions.c.version)
    joined = jobs.join(cases, cases.c.id == jobs.c.case_id).join(versions, versions.c.id == cases.c.definition_id)
    return select(jobs, *columns).select_from(joined).where(*seen_by(me()), *found)


def _job(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id, "jobDefinitionId": None, "processInstanceId": row.case_id,
        "processDefinitionId": definition_id(row.process, row.version, row.definition_id),
        "processDefinitionKey": row.process, "executionId": row.id, "exceptionMessage": row.error,
        "failedActivityId": row.element if row.error else None, "retries": 0 if row.status == commands.FAILED else 1,
        "dueDate": moment(row.due_at), "suspended": row.case_status == "suspended", "priority": row.priority,
        "tenantId": None, "createTime": None,
    }  # fmt: skip


# --- decisions ------------------------------------------------------------------------------------


@routes.post("/decision-definition/key/<decision>/evaluate")
@routes.post("/decision-definition/key/<decision>/tenant-id/<tenant>/evaluate")
def evaluate(decision: str, **_: str) -> Response:
    """Ask a decision table of a live version; a list of rows, as C7 answers."""
    data = plain_all(record(body(), "variables"))
    with reading() as ctx:
        live = sorted(definitions.all_live(ctx.db), key=lambda row: row.at, reverse=True)
        tables = (ctx.engine.library.get(ctx.db, row.id).decisions for row in live)
        table = next((each[decision] for each in tables if decision in each), None)
        if table is None:
            raise NotFound(what="decision definition", key=decision)
        result = table.evaluate(data, ctx.now)
    rows = result if isinstance(result, list) else [] if result is None else [result]
    return door.reply([typed_all(row if isinstance(row, dict) else {table.outputs[0]: row}) for row in rows])


def refuse_evaluation(fault: EngineFault) -> Response:
    """A table that contradicts itself for these values."""
    return door.error(400, "RestException", f"{fault.en} / {fault.thai}")


routes.register_error_handler(EngineFault, refuse_evaluation)
