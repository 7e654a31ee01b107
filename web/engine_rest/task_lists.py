"""Lists of user tasks, and a task as Camunda's clients read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, false, func, or_, select

from engine.access import seen_by
from engine.case import RUNNING
from engine.context import Context
from engine.errors import NotFound
from engine.tables import candidates, cases, definitions, tasks
from web.engine_rest.given import filters, flag, page, text, texts
from web.engine_rest.values import definition_id, milliseconds, moment, own_id
from web.request import me

OPEN = frozenset(
    "processInstanceId processInstanceIdIn processInstanceBusinessKey processInstanceBusinessKeyIn "
    "processDefinitionId processDefinitionKey processDefinitionKeyIn taskDefinitionKey taskDefinitionKeyIn taskId "
    "taskIdIn name nameLike assignee assigneeIn candidateGroup candidateGroups candidateUser assigned unassigned "
    "active tenantIdIn withoutTenantId".split()
)
PAST = frozenset(
    "taskId processInstanceId processInstanceBusinessKey processInstanceBusinessKeyIn processDefinitionId "
    "processDefinitionKey taskDefinitionKey taskDefinitionKeyIn taskName taskNameLike taskAssignee assigned unassigned "
    "finished unfinished processFinished processUnfinished tenantIdIn withoutTenantId".split()
)
ORDERS = {
    "created": tasks.c.created_at, "startTime": tasks.c.created_at, "endTime": tasks.c.done_at,
    "due": tasks.c.due_at, "dueDate": tasks.c.due_at, "name": tasks.c.name, "taskName": tasks.c.name,
    "assignee": tasks.c.claimed_by, "id": tasks.c.id, "taskId": tasks.c.id, "processInstanceId": tasks.c.case_id,
    "instanceId": tasks.c.case_id, "taskDefinitionKey": tasks.c.element,
}  # fmt: skip
EQUAL = {
    "processInstanceBusinessKey": cases.c.business_key, "processInstanceBusinessKeyIn": cases.c.business_key,
    "processDefinitionKey": cases.c.process, "processDefinitionKeyIn": cases.c.process,
    "taskDefinitionKey": tasks.c.element, "taskDefinitionKeyIn": tasks.c.element, "name": tasks.c.name,
    "taskName": tasks.c.name, "assignee": tasks.c.claimed_by, "assigneeIn": tasks.c.claimed_by,
    "taskAssignee": tasks.c.claimed_by,
}  # fmt: skip
OWN = {
    "taskId": tasks.c.id, "taskIdIn": tasks.c.id, "processInstanceId": tasks.c.case_id,
    "processInstanceIdIn": tasks.c.case_id, "processDefinitionId": cases.c.definition_id,
}  # fmt: skip
FLAGS: Mapping[str, ColumnElement[bool]] = {
    "assigned": tasks.c.claimed_by.is_not(None), "unassigned": tasks.c.claimed_by.is_(None),
    "finished": tasks.c.status != "open", "unfinished": tasks.c.status == "open",
    "processFinished": cases.c.ended_at.is_not(None), "processUnfinished": cases.c.ended_at.is_(None),
    "active": cases.c.status == RUNNING,
}  # fmt: skip


def find(ctx: Context, key: str) -> Row[Any]:
    """An open task that this account may do or see, with its case; raises `NotFound`."""
    row = ctx.db.execute(_mine().where(tasks.c.id == own_id(key))).one_or_none()
    if row is None:
        raise NotFound(what="task", key=key)
    return row


def open_page(ctx: Context) -> list[dict[str, Any]]:
    """One page of open tasks, by the filters of the request."""
    return [dto(ctx, row) for row in _page(ctx, _mine().where(*_conditions(filters(OPEN))))]


def count_open(ctx: Context) -> int:
    """How many open tasks there are, by the filters of the request."""
    found = _mine().where(*_conditions(filters(OPEN))).subquery()
    return int(ctx.db.execute(select(func.count()).select_from(found)).scalar_one())


def historic_page(ctx: Context) -> list[dict[str, Any]]:
    """One page of tasks, open or over, by the filters of the request."""
    query = _with_case().where(*seen_by(me()), *_conditions(filters(PAST)))
    return [_historic(row) for row in _page(ctx, query)]


def _mine() -> Select[Any]:
    held = exists().where(candidates.c.task_id == tasks.c.id, candidates.c.candidate.in_(sorted(me().candidates)))
    seen = select(cases.c.id).where(*seen_by(me()))
    return _with_case().where(tasks.c.status == "open", or_(held, tasks.c.case_id.in_(seen)))


def _with_case() -> Select[Any]:
    c, d = cases.c, definitions.c
    columns = (c.process, c.definition_id, c.business_key, c.status.label("case_status"), d.version)
    joined = tasks.join(cases, c.id == tasks.c.case_id).join(definitions, d.id == c.definition_id)
    return select(tasks, *columns).select_from(joined)


def _page(ctx: Context, query: Select[Any]) -> list[Row[Any]]:
    part = page(tuple(ORDERS))
    by = ORDERS.get(part.by, tasks.c.created_at)
    query = query.order_by(by.desc() if part.down else by.asc(), tasks.c.id)
    return list(ctx.db.execute(query.limit(part.most).offset(part.first)))


def _conditions(wanted: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [false()] if "tenantIdIn" in wanted else []
    found += [column.in_(texts(wanted, name)) for name, column in EQUAL.items() if name in wanted]
    found += [column.in_([own_id(k) for k in texts(wanted, name)]) for name, column in OWN.items() if name in wanted]
    found += [which for name, which in FLAGS.items() if flag(wanted, name)]
    found += [tasks.c.name.like(text(wanted, name)) for name in ("nameLike", "taskNameLike") if name in wanted]
    groups = texts(wanted, "candidateGroup") + texts(wanted, "candidateGroups")
    if groups:
        found.append(_free_for(groups))
    if "candidateUser" in wanted:
        found.append(_free_for(sorted(me().candidates)) if wanted["candidateUser"] == me().username else false())
    return found


def _free_for(groups: tuple[str, ...] | list[str]) -> ColumnElement[bool]:
    asked = exists().where(candidates.c.task_id == tasks.c.id, candidates.c.candidate.in_(groups))
    return asked & tasks.c.claimed_by.is_(None)


def dto(ctx: Context, row: Row[Any]) -> dict[str, Any]:
    """An open task."""
    element = ctx.engine.library.get(ctx.db, row.definition_id).diagram.elements[row.element]
    ref = {"key": element.form, "binding": "deployment", "version": None} if element.form else None
    return {
        "id": row.id, "name": row.name, "assignee": row.claimed_by, "owner": None, "created": moment(row.created_at),
        "due": moment(row.due_at), "followUp": None, "lastUpdated": moment(row.claimed_at), "delegationState": None,
        "description": element.documentation or None, "executionId": row.id, "parentTaskId": None, "priority": 50,
        "processDefinitionId": definition_id(row.process, row.version, row.definition_id),
        "processInstanceId": row.case_id, "caseExecutionId": None, "caseDefinitionId": None, "caseInstanceId": None,
        "taskDefinitionKey": row.element, "suspended": row.case_status != RUNNING, "formKey": None,
        "camundaFormRef": ref, "tenantId": None, "taskState": "Created",
    }  # fmt: skip


def _historic(row: Row[Any]) -> dict[str, Any]:
    over = {"open": None, "done": "completed"}.get(row.status, "deleted")
    return {
        "id": row.id, "processDefinitionKey": row.process,
        "processDefinitionId": definition_id(row.process, row.version, row.definition_id),
        "processInstanceId": row.case_id, "rootProcessInstanceId": row.case_id, "executionId": row.id,
        "activityInstanceId": f"{row.element}:{row.token}", "caseDefinitionKey": None, "caseDefinitionId": None,
        "caseInstanceId": None, "caseExecutionId": None, "name": row.name, "description": None, "deleteReason": over,
        "owner": None, "assignee": row.claimed_by, "startTime": moment(row.created_at), "endTime": moment(row.done_at),
        "duration": milliseconds(row.created_at, row.done_at), "taskDefinitionKey": row.element, "priority": 50,
        "due": moment(row.due_at), "parentTaskId": None, "followUp": None, "tenantId": None, "removalTime": None,
    }  # fmt: skip
