"""Process instances: cases that somebody may see, running or over, and their data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from flask import Response, send_file
from sqlalchemy import ColumnElement, Row, Select, false, func, or_, select

from engine import cases as commands
from engine import documents
from engine.access import seen_by
from engine.case import CANCELLED, DONE, RUNNING, SUSPENDED
from engine.context import Context
from engine.errors import NotFound, OperatorsOnly
from engine.tables import cases as table
from engine.tables import definitions, jobs, tasks
from web.engine_rest import door
from web.engine_rest.given import InvalidRequest, filters, flag, page, records, texts
from web.engine_rest.processes import instance_dto
from web.engine_rest.values import definition_id, milliseconds, moment, own_id, plain, typed, typed_all
from web.request import me, reading, writing

routes = door.blueprint("instances")
FILTERS = frozenset(
    "processInstanceIds processInstanceIdIn processInstanceId processDefinitionKey processDefinitionKeyIn "
    "processDefinitionId businessKey processInstanceBusinessKey businessKeyLike businessKeyIn active suspended "
    "variables tenantIdIn withoutTenantId processDefinitionWithoutTenantId finished unfinished completed "
    "externallyTerminated startedBy rootProcessInstances leafProcessInstances".split()
)
ORDERS = {
    "instanceId": table.c.id, "definitionId": table.c.definition_id, "definitionKey": table.c.process,
    "businessKey": table.c.business_key, "startTime": table.c.started_at, "endTime": table.c.ended_at,
}  # fmt: skip
OPEN = (RUNNING, SUSPENDED)
STATES = {RUNNING: "ACTIVE", SUSPENDED: "SUSPENDED", DONE: "COMPLETED", CANCELLED: "EXTERNALLY_TERMINATED"}
CANCEL_REASON = "ยกเลิกผ่าน /engine-rest"
COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {"eq": lambda a, b: a == b, "neq": lambda a, b: a != b}


# --- running cases --------------------------------------------------------------------------------


@routes.route("/process-instance", methods=["GET", "POST"])
def index() -> Response:
    """Cases that are not over."""
    with reading() as ctx:
        return door.reply([_instance(row) for row in _page(ctx, table.c.status.in_(OPEN))])


@routes.route("/process-instance/count", methods=["GET", "POST"])
def count() -> Response:
    """How many there are."""
    with reading() as ctx:
        return door.reply({"count": _count(ctx, table.c.status.in_(OPEN))})


@routes.get("/process-instance/<key>")
def show(key: str) -> Response:
    """One case that is not over."""
    with reading() as ctx:
        row = find(ctx, key)
        if row.status not in OPEN:
            raise NotFound(what="process instance", key=key)
        return door.reply(_instance(row))


@routes.delete("/process-instance/<key>")
def cancel(key: str) -> Response:
    """An operator stops a case."""
    if not me().operator:
        raise OperatorsOnly(person=me().username)
    with writing() as ctx:
        commands.cancel(ctx, find(ctx, key).id, me(), CANCEL_REASON)
    return door.done()


@routes.get("/process-instance/<key>/variables")
def variables(key: str) -> Response:
    """The data of a case."""
    with reading() as ctx:
        return door.reply(typed_all(find(ctx, key).data))


@routes.get("/process-instance/<key>/variables/<name>")
def variable(key: str, name: str) -> Response:
    """One value."""
    with reading() as ctx:
        return door.reply(typed(_value(find(ctx, key), name)))


@routes.get("/process-instance/<key>/variables/<name>/data")
@routes.get("/execution/<key>/localVariables/<name>/data")
def content(key: str, name: str) -> Response:
    """The bytes of a value: those of an attachment of the case where it names one, else its text."""
    with reading() as ctx:
        row = find(ctx, key)
        value = _value(row, name)
        attached = next((each for each in documents.of_case(ctx, row.id) if each.id == value), None)
        if attached is None:
            shown = value if isinstance(value, str) else orjson.dumps(value).decode()
            return Response(shown, mimetype="text/plain")
        _, place = documents.find(ctx, attached.id)
    return send_file(place.absolute(), mimetype=attached.type, as_attachment=True, download_name=attached.name)


def find(ctx: Context, key: str) -> Row[Any]:
    """A case by its id, or by an execution's: that of the task or the job that waits there; raises `NotFound`."""
    own = own_id(key)
    waits = [select(each.c.case_id).where(each.c.id == own) for each in (tasks, jobs)]
    named = or_(table.c.id == own, *(table.c.id.in_(case) for case in waits))
    row = ctx.db.execute(_with_version().where(named, *seen_by(me()))).one_or_none()
    if row is None:
        raise NotFound(what="process instance", key=key)
    return row


def _value(row: Row[Any], name: str) -> Any:
    if name not in row.data:
        raise NotFound(what="variable", key=name)
    return row.data[name]


# --- every case -----------------------------------------------------------------------------------


@routes.route("/history/process-instance", methods=["GET", "POST"])
def history() -> Response:
    """Cases, running or over."""
    with reading() as ctx:
        return door.reply([_historic(row) for row in _page(ctx)])


@routes.route("/history/process-instance/count", methods=["GET", "POST"])
def history_count() -> Response:
    """How many there are."""
    with reading() as ctx:
        return door.reply({"count": _count(ctx)})


@routes.get("/history/process-instance/<key>")
def history_of(key: str) -> Response:
    """One case, running or over."""
    with reading() as ctx:
        return door.reply(_historic(find(ctx, key)))


@routes.route("/variable-instance", methods=["GET", "POST"])
def variable_instances() -> Response:
    """Values of cases that are not over."""
    return _variable_instances(table.c.status.in_(OPEN))


@routes.route("/history/variable-instance", methods=["GET", "POST"])
def history_variable_instances() -> Response:
    """Values of all cases."""
    return _variable_instances()


def _variable_instances(*only: ColumnElement[bool]) -> Response:
    wanted, part = filters(("processInstanceId", "processInstanceIdIn", "variableName", "variableNameIn")), page()
    ids = [own_id(key) for name in ("processInstanceId", "processInstanceIdIn") for key in texts(wanted, name)]
    names = texts(wanted, "variableName") + texts(wanted, "variableNameIn")
    query = _with_version().where(*seen_by(me()), *only, *([table.c.id.in_(ids)] if ids else []))
    with reading() as ctx:
        rows = ctx.db.execute(query.order_by(table.c.started_at, table.c.id).limit(part.first + part.most)).all()
    found = [_variable(row, name) for row in rows for name in sorted(row.data) if not names or name in names]
    return door.reply(found[part.first : part.first + part.most])


def _variable(row: Row[Any], name: str) -> dict[str, Any]:
    version = definition_id(row.process, row.number_of_version, row.definition_id)
    return {
        **typed(row.data[name]), "id": f"{row.id}:{name}", "name": name, "processDefinitionId": version,
        "processDefinitionKey": row.process, "processInstanceId": row.id, "executionId": row.id, "taskId": None,
        "activityInstanceId": row.id, "caseInstanceId": None, "caseExecutionId": None, "tenantId": None,
        "errorMessage": None, "state": "CREATED",
    }  # fmt: skip


# --- queries --------------------------------------------------------------------------------------


def _with_version() -> Select[Any]:
    named = (definitions.c.version.label("number_of_version"), definitions.c.name.label("process_name"))
    return select(table, *named).join(definitions, definitions.c.id == table.c.definition_id)


def _page(ctx: Context, *only: ColumnElement[bool]) -> list[Row[Any]]:
    part, wanted = page((*ORDERS, "tenantId", "definitionName", "definitionVersion", "duration")), filters(FILTERS)
    by = ORDERS.get(part.by, table.c.started_at)
    query = _with_version().where(*only, *_conditions(wanted))
    query = query.order_by(by.desc() if part.down else by.asc(), table.c.id)
    matches = _by_values(wanted)
    if matches is None:
        return list(ctx.db.execute(query.limit(part.most).offset(part.first)))
    return [row for row in ctx.db.execute(query) if matches(row.data)][part.first : part.first + part.most]


def _count(ctx: Context, *only: ColumnElement[bool]) -> int:
    wanted = filters(FILTERS)
    matches, which = _by_values(wanted), (*only, *_conditions(wanted))
    if matches is None:
        return int(ctx.db.execute(select(func.count()).select_from(table).where(*which)).scalar_one())
    return sum(matches(data) for data in ctx.db.execute(select(table.c.data).where(*which)).scalars())


def _conditions(wanted: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    found = [*seen_by(me()), *([false()] if "tenantIdIn" in wanted else [])]
    for name in ("processInstanceIds", "processInstanceIdIn", "processInstanceId"):
        found += [table.c.id.in_([own_id(key) for key in texts(wanted, name)])] if name in wanted else []
    columns = {
        "processDefinitionKey": table.c.process, "processDefinitionKeyIn": table.c.process,
        "businessKey": table.c.business_key, "processInstanceBusinessKey": table.c.business_key,
        "businessKeyIn": table.c.business_key, "startedBy": table.c.started_by,
    }  # fmt: skip
    found += [column.in_(texts(wanted, name)) for name, column in columns.items() if name in wanted]
    if "processDefinitionId" in wanted:
        found.append(table.c.definition_id == own_id(str(wanted["processDefinitionId"])))
    if "businessKeyLike" in wanted:
        found.append(table.c.business_key.like(str(wanted["businessKeyLike"])))
    return found + [table.c.status.in_(states) for name, states in _STATES.items() if flag(wanted, name)]


_STATES = {
    "active": (RUNNING,), "suspended": (SUSPENDED,), "finished": (DONE, CANCELLED), "unfinished": OPEN,
    "completed": (DONE,), "externallyTerminated": (CANCELLED,),
}  # fmt: skip


def _by_values(wanted: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], bool] | None:
    """A test of case data, None where no variables are asked for; raises `InvalidRequest`."""
    given = wanted.get("variables")
    if not given:
        return None
    asked = [_spelled(each) for each in given.split(",")] if isinstance(given, str) else records(wanted, "variables")
    tests = [(str(each.get("name")), _comparison(each), plain("value", {"value": each.get("value")})) for each in asked]
    return lambda data: all(name in data and holds(data[name], value) for name, holds, value in tests)


def _spelled(text: str) -> dict[str, str]:
    """`name_eq_value`."""
    name, _, rest = text.partition("_eq_") if "_eq_" in text else text.partition("_neq_")
    return {"name": name, "operator": "eq" if "_eq_" in text else "neq", "value": rest}


def _comparison(asked: Mapping[str, Any]) -> Callable[[Any, Any], bool]:
    if asked.get("operator") not in COMPARISONS:
        raise InvalidRequest(reason=f"variables can be compared by {', '.join(COMPARISONS)}")
    return COMPARISONS[str(asked["operator"])]


def _instance(row: Row[Any]) -> dict[str, Any]:
    version = definition_id(row.process, row.number_of_version, row.definition_id)
    ended, suspended = row.status not in OPEN, row.status == SUSPENDED
    return instance_dto(row.id, version, row.process, row.business_key, ended=ended, suspended=suspended)


def _historic(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id, "rootProcessInstanceId": row.id, "superProcessInstanceId": None, "superCaseInstanceId": None,
        "caseInstanceId": None, "processDefinitionName": row.process_name, "processDefinitionKey": row.process,
        "processDefinitionVersion": row.number_of_version,
        "processDefinitionId": definition_id(row.process, row.number_of_version, row.definition_id),
        "businessKey": row.business_key, "startTime": moment(row.started_at), "endTime": moment(row.ended_at),
        "removalTime": None, "durationInMillis": milliseconds(row.started_at, row.ended_at),
        "startUserId": row.started_by, "startActivityId": None, "deleteReason": None, "tenantId": None,
        "state": STATES[row.status],
    }  # fmt: skip
