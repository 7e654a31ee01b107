"""Deployments: what Camunda Modeler's Deploy button sends, and what was deployed so far.

Deploy checks and stores; nothing slow happens here, since the Modeler waits five seconds.
An unchanged file answers with the versions that are already there.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from flask import Response, request
from sqlalchemy import Row, func, select

from engine import definitions, versions
from engine.checks import Problem
from engine.context import Context
from engine.errors import DeploymentRefused, NotFound, OwnersOnly
from engine.tables import definitions as versions_table
from engine.tables import deployments
from web.engine_rest import door
from web.engine_rest.given import InvalidRequest, filters, page
from web.engine_rest.processes import definition_dto
from web.engine_rest.values import moment, own_id
from web.request import me, reading, site, writing

routes = door.blueprint("deployments")
FIELDS = frozenset(
    "deployment-name deployment-source deployment-activation-time enable-duplicate-filtering deploy-changed-only "
    "tenant-id".split()
)
MOST_FILES = 60
MOST_LINES = 30
NOTHING = {
    "deployedCaseDefinitions": None, "deployedDecisionDefinitions": None,
    "deployedDecisionRequirementsDefinitions": None,
}  # fmt: skip


class _Unchanged(Exception):
    """Everything that was sent is already in use; what the attempt wrote is taken back."""

    def __init__(self, ids: list[str]) -> None:
        super().__init__()
        self.ids = ids


@routes.post("/deployment/create")
def create() -> Response:
    """Deploy diagrams, forms and decision tables together, or none of them."""
    if not versions.may_own(me()):
        raise OwnersOnly(person=me().username)
    files, filtering = _files(), request.form.get("enable-duplicate-filtering") == "true"
    name = (_field("deployment-name") or PurePath(next(iter(files))).stem)[:200]
    try:
        with writing() as ctx:
            live = {row.id for row in definitions.all_live(ctx.db)}
            ids = definitions.deploy(
                ctx, files, me().username, name, _field("deployment-source")[:60], publish=site().settings.demo
            )
            if filtering:
                _take_back_unchanged(live, ids)
            return door.reply(_deployed(ctx, ids, files))
    except _Unchanged as unchanged:
        with reading() as ctx:
            return door.reply(_deployed(ctx, unchanged.ids, files))


def _take_back_unchanged(live: set[str], ids: list[str]) -> None:
    """Raises `_Unchanged` where every version was live before."""
    if ids and live.issuperset(ids):
        raise _Unchanged(ids)


def _field(name: str) -> str:
    return request.form.get(name, "").replace("\0", "").strip()


def _files() -> dict[str, bytes]:
    """The files of a multipart form by their bare names; raises `InvalidRequest`."""
    found: dict[str, bytes] = {}
    for part, file in request.files.items(multi=True):
        if part in FIELDS:
            continue
        name = PurePath((file.filename or part).replace("\\", "/")).name
        if name in found:
            raise InvalidRequest(reason=f"two files are named {name[:100]}")
        found[name] = file.stream.read()
    if not found:
        raise InvalidRequest(reason="No deployment resources contained in the form upload.")
    if len(found) > MOST_FILES:
        raise InvalidRequest(reason=f"more than {MOST_FILES} files")
    return found


def _deployed(ctx: Context, ids: list[str], files: dict[str, bytes]) -> dict[str, Any]:
    """The answer to a deployment; versions of the files that were sent come before those that only use them."""
    rows = [definitions.find(ctx.db, key) for key in ids]
    rows.sort(key=lambda row: row.file not in files)
    key = rows[0].deployment_id if rows else _newest(ctx)
    made = [definition_dto(row) for row in rows]
    return {**_dto(_deployment(ctx, key)), "deployedProcessDefinitions": {d["id"]: d for d in made} or None, **NOTHING}


def _newest(ctx: Context) -> str:
    query = select(deployments.c.id).where(deployments.c.by == me().username).order_by(deployments.c.at.desc())
    return str(ctx.db.execute(query.limit(1)).scalar_one())


# --- refusals -------------------------------------------------------------------------------------


def refuse_files(refusal: DeploymentRefused) -> Response:
    """400 with one numbered Thai line per problem: the Modeler shows the message and nothing else."""
    problems: list[Problem] = refusal.problems
    details: dict[str, Any] = {}
    for each in problems:
        details.setdefault(each.file, {"errors": [], "warnings": []})["errors"].append(_problem(each))
    return door.error(400, "ParseException", _sentences(problems), details=details)


def _sentences(problems: list[Problem]) -> str:
    lines = [f"ยังนำขึ้นใช้ไม่ได้ พบ {len(problems)} จุดที่ต้องแก้ไข"]
    lines += [f"{number}) {_where(each)}: {each.th}" for number, each in enumerate(problems[:MOST_LINES], 1)]
    return "\n".join(lines + ([f"และอีก {len(problems) - MOST_LINES} จุด"] if len(problems) > MOST_LINES else []))


def _where(each: Problem) -> str:
    line = f" บรรทัด {each.line}" if each.line else ""
    return f"{each.file}{line}" + (f" ({each.element})" if each.element else "")


def _problem(each: Problem) -> dict[str, Any]:
    """Camunda's ProblemDto with our code, and both sentences."""
    ids = [each.element] if each.element else []
    return {
        "message": each.th, "messageEn": each.en, "code": each.code, "line": each.line, "column": 0,
        "mainElementId": each.element, "elementIds": ids,
    }  # fmt: skip


routes.register_error_handler(DeploymentRefused, refuse_files)


# --- what was deployed ----------------------------------------------------------------------------


@routes.get("/deployment")
def index() -> Response:
    """Deployments, the newest first."""
    part = page(("deploymentTime", "name", "id"))
    columns = {"deploymentTime": deployments.c.at, "name": deployments.c.name, "id": deployments.c.id}
    by = columns.get(part.by, deployments.c.at)
    order = by.desc() if part.down or not part.by else by.asc()
    query = select(deployments).where(*_filters()).order_by(order, deployments.c.id)
    with reading() as ctx:
        rows = ctx.db.execute(query.limit(part.most).offset(part.first)).all()
    return door.reply([_dto(row) for row in rows])


@routes.get("/deployment/count")
def count() -> Response:
    """How many deployments there are."""
    with reading() as ctx:
        found = ctx.db.execute(select(func.count()).select_from(deployments).where(*_filters())).scalar_one()
    return door.reply({"count": found})


def _filters() -> list[Any]:
    wanted = filters(("id", "name", "nameLike", "source", "withoutTenantId"))
    found = [deployments.c[name] == wanted[name] for name in ("name", "source") if name in wanted]
    found += [deployments.c.id == own_id(wanted["id"])] if "id" in wanted else []
    return found + ([deployments.c.name.like(wanted["nameLike"])] if "nameLike" in wanted else [])


@routes.get("/deployment/<key>")
def show(key: str) -> Response:
    """One deployment."""
    with reading() as ctx:
        return door.reply(_dto(_deployment(ctx, own_id(key))))


@routes.get("/deployment/<key>/resources")
def resources(key: str) -> Response:
    """The files of its versions."""
    deployment = own_id(key)
    with reading() as ctx:
        row = _deployment(ctx, deployment)
        query = select(versions_table.c.id).where(versions_table.c.deployment_id == deployment)
        names = {name for each in ctx.db.execute(query).scalars() for name in definitions.files_of(ctx.db, each)}
    return door.reply([{"id": f"{row.id}/{name}", "name": name, "deploymentId": row.id} for name in sorted(names)])


def _deployment(ctx: Context, key: str) -> Row[Any]:
    row = ctx.db.execute(select(deployments).where(deployments.c.id == key)).one_or_none()
    if row is None:
        raise NotFound(what="deployment", key=key)
    return row


def _dto(row: Row[Any]) -> dict[str, Any]:
    link = {"method": "GET", "href": f"{request.url_root.rstrip('/')}{door.PREFIX}/deployment/{row.id}", "rel": "self"}
    return {
        "links": [link], "id": row.id, "name": row.name, "source": row.source or None,
        "deploymentTime": moment(row.at), "tenantId": None,
    }  # fmt: skip
