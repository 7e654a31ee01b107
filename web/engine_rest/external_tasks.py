"""External tasks: outside programs fetch steps, hold them, and complete or fail them.

Long polling waits outside any transaction: a short read asks whether there is work, and
only then a write locks it. So many requests wait at most; one more is answered at once. A
worker that has hung up gets nothing.
"""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Collection
from datetime import timedelta
from time import monotonic
from typing import Any

from flask import Response, request
from sqlalchemy import Row

from engine import external, jobs
from engine.context import Context
from engine.external import Subscription
from web.engine_rest import door
from web.engine_rest.given import (
    MILLISECOND,
    InvalidRequest,
    body,
    duration,
    filters,
    flag,
    needed,
    number,
    page,
    record,
    records,
    text,
    texts,
)
from web.engine_rest.values import definition_id, moment, own_id, plain, plain_all, typed_all
from web.request import me, reading, writing

routes = door.blueprint("external_tasks")
LONGEST_WAIT_SECONDS = 20.0
POLL_SECONDS = 0.25
MOST_WAITING = 16  # half of the server's threads
LONGEST_MESSAGE = 100_000
IGNORED = frozenset("localVariables deserializeValues withoutTenantId includeExtensionProperties variables".split())
TOPIC = IGNORED | frozenset(
    "topicName lockDuration businessKey processDefinitionId processDefinitionIdIn processDefinitionKey "
    "processDefinitionKeyIn processDefinitionVersionTag processVariables tenantIdIn".split()
)
_waiting = threading.BoundedSemaphore(MOST_WAITING)


@routes.before_request
def only_workers() -> None:
    """Outside workers and operators."""
    external.workers_only(me())


# --- fetching -------------------------------------------------------------------------------------


@routes.post("/external-task/fetchAndLock")
def fetch_and_lock() -> Response:
    """Lock free steps for a worker, waiting some seconds for one where there is none."""
    given = body()
    topics = {needed(each, "topicName"): each for each in records(given, "topics")}
    patience = number(given, "asyncResponseTimeout", 0, 0, 10**9) * MILLISECOND
    fetch = _Fetch(given, topics)
    found = fetch.now()
    if not found and patience and _waiting.acquire(blocking=False):
        try:
            found = fetch.within(min(patience, timedelta(seconds=LONGEST_WAIT_SECONDS)).total_seconds())
        finally:
            _waiting.release()
    return door.reply(found)


class _Fetch:
    """One worker's question, asked until there is an answer."""

    def __init__(self, given: dict[str, Any], topics: dict[str, dict[str, Any]]) -> None:
        self._worker, self._topics = needed(given, "workerId", 100), topics
        self._most = number(given, "maxTasks", 1, 1, 10**6)
        self._use_priority = flag(given, "usePriority")
        self._wanted = [each for topic in topics.values() if (each := _subscription(topic)) is not None]

    def now(self) -> list[dict[str, Any]]:
        """The steps that can be locked at this moment."""
        with reading() as ctx:
            if not external.waits(ctx, self._wanted):
                return []
        with writing() as ctx:
            rows = external.fetch_and_lock(ctx, self._worker, self._wanted, self._most, use_priority=self._use_priority)
            return [_locked(ctx, row, self._topics[row.topic]) for row in rows]

    def within(self, seconds: float) -> list[dict[str, Any]]:
        """The steps that come free within some time."""
        until, pause = monotonic() + seconds, threading.Event()
        found: list[dict[str, Any]] = []
        while not found and (left := until - monotonic()) > 0:
            pause.wait(min(POLL_SECONDS, left))
            if _hung_up():
                break
            found = self.now()
        return found


def _hung_up() -> bool:
    """True when the worker has closed its connection: a step locked for it now would wait for nobody."""
    line = request.environ.get("gunicorn.socket")
    if line is None or not select.select([line], [], [], 0)[0]:
        return False
    try:
        return not line.recv(1, socket.MSG_PEEK)
    except (OSError, ValueError):  # ValueError: a TLS connection cannot be looked into
        return False


def _subscription(topic: dict[str, Any]) -> Subscription | None:
    """What a topic's entry asks for; None where it cannot match, since we have no tenants and no version tags."""
    unknown = sorted(name for name, value in topic.items() if name not in TOPIC and value not in (None, [], {}, ""))
    if unknown:
        raise InvalidRequest(reason=f"no such filter of a topic: {', '.join(unknown)[:200]}")
    processes = texts(topic, "processDefinitionKeyIn") + _one(topic, "processDefinitionKey")
    versions = texts(topic, "processDefinitionIdIn") + _one(topic, "processDefinitionId")
    values = {name: _value(name, each) for name, each in record(topic, "processVariables").items()}
    if texts(topic, "tenantIdIn") or text(topic, "processDefinitionVersionTag"):
        return None
    ids = tuple(own_id(each) for each in versions)
    key = text(topic, "businessKey") or None
    return Subscription(needed(topic, "topicName"), duration(topic, "lockDuration"), processes, ids, key, values)


def _one(topic: dict[str, Any], name: str) -> tuple[str, ...]:
    return (topic[name],) if text(topic, name) else ()


def _value(name: str, given: Any) -> Any:
    """A plain value, or a typed variable as some clients send it."""
    return plain(name, given) if isinstance(given, dict) and "value" in given else given


# --- what a worker does with a step -----------------------------------------------------------------


@routes.post("/external-task/<key>/complete")
def complete(key: str) -> Response:
    """The step is done, with its results."""
    given = body()
    worker, results = needed(given, "workerId", 100), plain_all(record(given, "variables"))
    local = plain_all(record(given, "localVariables"))
    with writing() as ctx:
        external.complete(ctx, own_id(key), worker, me(), results, local)
    return door.done()


@routes.post("/external-task/<key>/failure")
def failure(key: str) -> Response:
    """A try has failed; with no retries left an operator must look."""
    given = body()
    worker, message = needed(given, "workerId", 100), text(given, "errorMessage", LONGEST_MESSAGE) or "no message"
    wait = number(given, "retryTimeout", 0, 0, 10**12) * MILLISECOND
    retries, details = number(given, "retries", 0, -1, 10**6), text(given, "errorDetails", 10 * LONGEST_MESSAGE)
    with writing() as ctx:
        external.failure(ctx, own_id(key), worker, me(), message, details, retries, wait)
    return door.done()


@routes.post("/external-task/<key>/bpmnError")
def bpmn_error(key: str) -> Response:
    """The step ends in an error that the diagram knows."""
    given = body()
    worker, code = needed(given, "workerId", 100), needed(given, "errorCode")
    message, results = text(given, "errorMessage", LONGEST_MESSAGE), plain_all(record(given, "variables"))
    with writing() as ctx:
        external.bpmn_error(ctx, own_id(key), worker, me(), code, message, results)
    return door.done()


@routes.post("/external-task/<key>/lock")
def lock(key: str) -> Response:
    """Hold a free step."""
    given = body()
    worker, span = needed(given, "workerId", 100), duration(given, "lockDuration")
    with writing() as ctx:
        external.lock(ctx, own_id(key), worker, span)
    return door.done()


@routes.post("/external-task/<key>/extendLock")
def extend_lock(key: str) -> Response:
    """Hold a step for longer."""
    given = body()
    worker, span = needed(given, "workerId", 100), duration(given, "newDuration")
    with writing() as ctx:
        external.extend_lock(ctx, own_id(key), worker, span)
    return door.done()


@routes.post("/external-task/<key>/unlock")
def unlock(key: str) -> Response:
    """Give a step back."""
    with writing() as ctx:
        external.unlock(ctx, own_id(key))
    return door.done()


@routes.put("/external-task/<key>/retries")
def retries(key: str) -> Response:
    """Have a step that gave up tried again."""
    number(body(), "retries", 1, 1, 10**6)
    with writing() as ctx:
        jobs.retry(ctx, external.find(ctx, own_id(key)).id, me())
    return door.done()


# --- looking --------------------------------------------------------------------------------------


@routes.route("/external-task", methods=["GET", "POST"])
def index() -> Response:
    """Open steps of outside topics, the oldest first."""
    part = page()
    with reading() as ctx:
        rows = _open(ctx)[part.first : part.first + part.most]
        return door.reply([_dto(ctx, row) for row in rows])


@routes.route("/external-task/count", methods=["GET", "POST"])
def count() -> Response:
    """How many there are."""
    with reading() as ctx:
        return door.reply({"count": len(_open(ctx))})


def _open(ctx: Context) -> list[Row[Any]]:
    wanted = filters(("topicName", "processInstanceId", "workerId", "externalTaskId", "locked", "notLocked"))
    case = own_id(wanted["processInstanceId"]) if "processInstanceId" in wanted else None
    rows = external.waiting(ctx, text(wanted, "topicName") or None, case)
    return [row for row in rows if _matches(ctx, row, wanted)]


def _matches(ctx: Context, row: Row[Any], wanted: dict[str, Any]) -> bool:
    locked = row.lock_until is not None and row.lock_until > ctx.now
    return (
        wanted.get("workerId") in (None, row.lock_owner)
        and own_id(text(wanted, "externalTaskId") or row.id) == row.id
        and not (flag(wanted, "locked") and not locked)
        and not (flag(wanted, "notLocked") and locked)
    )


@routes.get("/external-task/<key>")
def show(key: str) -> Response:
    """One open step."""
    with reading() as ctx:
        return door.reply(_dto(ctx, external.find(ctx, own_id(key))))


@routes.get("/external-task/<key>/errorDetails")
def error_details(key: str) -> Response:
    """What a worker reported in full, 204 where nothing was."""
    with reading() as ctx:
        row = external.find(ctx, own_id(key))
    return Response(row.error, mimetype="text/plain") if row.error else door.done()


def _locked(ctx: Context, row: Row[Any], topic: dict[str, Any]) -> dict[str, Any]:
    """A step as it goes to its worker: with the variables asked for and the properties of the diagram."""
    local = external.inputs(ctx, row)
    known = local if flag(topic, "localVariables") else {**row.data, **local}
    names: Collection[str] = known if topic.get("variables") is None else texts(topic, "variables")
    properties = dict(external.element_of(ctx, row).properties) if flag(topic, "includeExtensionProperties") else {}
    variables = typed_all({name: value for name, value in known.items() if name in names})
    return {**_dto(ctx, row), "variables": variables, "extensionProperties": properties}


def _dto(ctx: Context, row: Row[Any]) -> dict[str, Any]:
    version = ctx.engine.library.get(ctx.db, row.definition_id).version
    tried = row.detail or {}
    return {
        "activityId": row.element, "activityInstanceId": f"{row.element}:{row.token}",
        "errorMessage": tried.get("message"), "errorDetails": row.error, "executionId": row.id, "id": row.id,
        "lockExpirationTime": moment(row.lock_until), "createTime": moment(row.due_at),
        "processDefinitionId": definition_id(row.process, version, row.definition_id),
        "processDefinitionKey": row.process, "processDefinitionVersionTag": None, "processInstanceId": row.case_id,
        "retries": 0 if row.status == jobs.FAILED else tried.get("retries") or None,
        "suspended": row.case_status == "suspended",
        "workerId": row.lock_owner, "topicName": row.topic, "tenantId": None, "priority": row.priority,
        "businessKey": row.business_key,
    }  # fmt: skip
