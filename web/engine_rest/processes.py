"""Process definitions: the versions that were published, their diagrams, and opening cases with them."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from sqlalchemy import ColumnElement, Row, false, func, select

from engine import cases, definitions, external, versions
from engine.case import RUNNING
from engine.context import Context
from engine.errors import NotFound, NotPublished, WorkersOnly
from engine.people import Person
from engine.tables import definitions as table
from web.engine_rest import door
from web.engine_rest.given import InvalidRequest, body, filters, flag, page, record, text, texts
from web.engine_rest.values import definition_id, own_id, plain_all, typed_all
from web.request import me, reading, writing

routes = door.blueprint("processes")
FILTERS = frozenset(
    "key keysIn keyLike name nameLike version latestVersion versionTag versionTagLike processDefinitionId "
    "processDefinitionIdIn deploymentId active suspended tenantIdIn withoutTenantId startableInTasklist".split()
)
ORDERS = {"key": table.c.process, "name": table.c.name, "version": table.c.version, "id": table.c.id}


@routes.get("/process-definition")
def index() -> Response:
    """Versions, by process and number."""
    part = page((*ORDERS, "deploymentId", "category", "tenantId", "versionTag"))
    by = ORDERS.get(part.by)
    order = () if by is None else (by.desc() if part.down else by.asc(),)
    query = select(table).where(*_filters()).order_by(*order, table.c.process, table.c.version)
    with reading() as ctx:
        rows = ctx.db.execute(query.limit(part.most).offset(part.first)).all()
    return door.reply([definition_dto(row) for row in rows])


@routes.get("/process-definition/count")
def count() -> Response:
    """How many versions there are."""
    with reading() as ctx:
        found = ctx.db.execute(select(func.count()).select_from(table).where(*_filters())).scalar_one()
    return door.reply({"count": found})


def _filters() -> list[ColumnElement[bool]]:
    wanted = filters(FILTERS)
    none = flag(wanted, "suspended") or {"versionTag", "versionTagLike", "tenantIdIn"} & wanted.keys()
    found: list[ColumnElement[bool]] = [false()] if none else []
    equal = {"key": table.c.process, "name": table.c.name}
    found += [column == wanted[name] for name, column in equal.items() if name in wanted]
    like = {"keyLike": table.c.process, "nameLike": table.c.name}
    found += [column.like(wanted[name]) for name, column in like.items() if name in wanted]
    several = {"keysIn": table.c.process, "version": table.c.version}
    found += [column.in_(_whole(name, texts(wanted, name))) for name, column in several.items() if name in wanted]
    own = {"processDefinitionId": table.c.id, "processDefinitionIdIn": table.c.id}
    own["deploymentId"] = table.c.deployment_id
    found += [column.in_([own_id(k) for k in texts(wanted, name)]) for name, column in own.items() if name in wanted]
    return found + ([table.c.live] if flag(wanted, "latestVersion") else [])


def _whole(name: str, values: tuple[str, ...]) -> list[Any]:
    if name != "version":
        return list(values)
    if not all(value.isascii() and value.isdecimal() and len(value) < 9 for value in values):
        raise InvalidRequest(reason="version must be a whole number")
    return [int(value) for value in values]


@routes.get("/process-definition/<key>")
def show(key: str) -> Response:
    """One version by its id."""
    with reading() as ctx:
        return door.reply(definition_dto(definitions.find(ctx.db, own_id(key))))


@routes.get("/process-definition/key/<process>")
@routes.get("/process-definition/key/<process>/tenant-id/<tenant>")
def show_live(process: str, **_: str) -> Response:
    """The live version of a process."""
    with reading() as ctx:
        return door.reply(definition_dto(_live(ctx, process)))


@routes.get("/process-definition/<key>/xml")
def xml(key: str) -> Response:
    """The diagram of a version."""
    with reading() as ctx:
        return _xml(ctx, definitions.find(ctx.db, own_id(key)))


@routes.get("/process-definition/key/<process>/xml")
def xml_of_live(process: str) -> Response:
    """The diagram of the live version."""
    with reading() as ctx:
        return _xml(ctx, _live(ctx, process))


def _xml(ctx: Context, row: Row[Any]) -> Response:
    content = ctx.engine.library.get(ctx.db, row.id).content.decode("utf-8", "replace")
    return door.reply({"id": definition_id(row.process, row.version, row.id), "bpmn20Xml": content})


def _live(ctx: Context, process: str) -> Row[Any]:
    row = definitions.live(ctx.db, process)
    if row is None:
        raise NotFound(what="process definition", key=process)
    return row


# --- opening a case -------------------------------------------------------------------------------


@routes.post("/process-definition/<key>/start")
def start(key: str) -> Response:
    """Open a case of a version, which must be the live one."""
    with writing() as ctx:
        row = definitions.find(ctx.db, own_id(key))
        if not row.live:
            raise NotPublished(process=row.process, version=row.version)
        return _start(ctx, row.process)


@routes.post("/process-definition/key/<process>/start")
@routes.post("/process-definition/key/<process>/tenant-id/<tenant>/start")
def start_live(process: str, **_: str) -> Response:
    """Open a case of the live version; there are no tenants, any of them is the house."""
    with writing() as ctx:
        return _start(ctx, process)


def _start(ctx: Context, process: str) -> Response:
    given = body()
    if given.get("startInstructions"):
        raise InvalidRequest(reason="a case begins at its start event")
    variables = plain_all(record(given, "variables"))
    if variables:
        technical(me())
    key = text(given, "businessKey") or None
    case = cases.start(ctx, process, me(), variables, key)
    version = definition_id(case.process, case.definition.version, case.definition.id)
    made = instance_dto(case.id, version, case.process, key, ended=case.status != RUNNING)
    return door.reply({**made, **({"variables": typed_all(case.data)} if flag(given, "withVariablesInReturn") else {})})


def technical(person: Person) -> None:
    """Values are written past a form only by workers and process owners; raises `WorkersOnly`."""
    if not (external.may_work(person) or versions.may_own(person)):
        raise WorkersOnly(person=person.username)


def instance_dto(
    key: str, definition: str, process: str, business_key: str | None, *, ended: bool, suspended: bool = False
) -> dict[str, Any]:
    """A case as a process instance."""
    href = f"{request.url_root.rstrip('/')}{door.PREFIX}/process-instance/{key}"
    return {
        "links": [{"method": "GET", "href": href, "rel": "self"}], "id": key, "definitionId": definition,
        "definitionKey": process, "businessKey": business_key, "caseInstanceId": None, "ended": ended,
        "suspended": suspended, "tenantId": None,
    }  # fmt: skip


def definition_dto(row: Row[Any]) -> dict[str, Any]:
    """A version as a process definition."""
    return {
        "id": definition_id(row.process, row.version, row.id), "key": row.process, "category": None,
        "description": None, "name": row.name, "version": row.version, "resource": row.file,
        "deploymentId": row.deployment_id, "diagram": None, "suspended": False, "tenantId": None, "versionTag": None,
        "historyTimeToLive": None, "startableInTasklist": True,
    }  # fmt: skip
