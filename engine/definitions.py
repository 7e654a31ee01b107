"""Immutable versions of processes: a diagram with its forms and decision tables.

A deployment stores every file once by its digest and makes candidates; publishing makes
one version of a process live. A case keeps the version it started with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, insert, select, update

from engine import audit, checks, decisions, diagram, numbering, xml
from engine.checks import Problem
from engine.context import Context
from engine.diagram import Diagram
from engine.errors import DeploymentRefused, NotFound, PublishedAlone
from engine.library import Definition, Pool, build, parts_of
from engine.people import Person
from engine.tables import definition_resources, definitions, deployments, resources
from engine.tables.base import new_id
from forms import schema


def deploy(
    ctx: Context,
    files: Mapping[str, bytes],
    person: str,
    name: str,
    source: str = "",
    note: str = "",
    *,
    publish: bool = True,
) -> list[str]:
    """Check and store files as new versions; returns ids of the diagrams' definitions.

    With `publish` they are live at once, unless two people must publish and this is one of
    them; else they are candidates. A form or table that comes alone makes a new version of
    every live diagram that uses it; unchanged parts make none. Nothing is stored when one
    file is refused: raises `DeploymentRefused` with every problem.
    """
    _one_after_another(ctx)
    known = stored(ctx.db)
    whole, warnings = _checked(ctx, files, known)
    deployment = new_id()
    row = {"id": deployment, "name": name, "source": source, "at": ctx.now, "by": person, "note": note}
    ctx.db.execute(insert(deployments), row)
    pool = {**known, **keyed(whole)}
    diagrams = {file: content for file, content in whole.items() if file.endswith(".bpmn")}
    ids = [_store(ctx, deployment, file, content, pool, warnings) for file, content in diagrams.items()]
    audit.record(ctx, audit.Tag.DEPLOY, person, {"deployment": deployment, "files": sorted(files), "definitions": ids})
    if publish and (person == audit.SYSTEM or not ctx.engine.two_person_publish):
        for key in ids:
            _make_live(ctx, find(ctx.db, key), person)
    return ids


def drafted(ctx: Context, files: Mapping[str, bytes]) -> list[Definition]:
    """The versions that accepted files would make, without storing anything; version 0."""
    whole = {**_redrawn(ctx.db, files), **files}
    pool = {**stored(ctx.db), **keyed(whole)}
    return [_draft(content, pool) for file, content in whole.items() if file.endswith(".bpmn")]


def _draft(content: bytes, pool: Pool) -> Definition:
    drawn = diagram.read(xml.parse(content))
    parts = {("diagram", drawn.process): content} | {key: pool[key][1] for key in _wanted(drawn)}
    return build(_Draft("", drawn.process, 0, drawn.name), parts)


class _Draft(NamedTuple):
    id: str
    process: str
    version: int
    name: str


def _one_after_another(ctx: Context) -> None:
    """Deployments and publications wait for each other: this counter's row is their lock, held to the end."""
    numbering.next_value(ctx, "deployments")


def _checked(ctx: Context, files: Mapping[str, bytes], known: Pool) -> tuple[dict[str, bytes], list[Problem]]:
    """The files with the live diagrams that their forms and tables change, and the warnings about them."""
    warnings = _accepted(ctx, files, known)
    redrawn = _redrawn(ctx.db, files)
    whole = {**redrawn, **files}
    return whole, _accepted(ctx, whole, known) if redrawn else warnings


def _accepted(ctx: Context, files: Mapping[str, bytes], known: Pool) -> list[Problem]:
    """The warnings about files; raises `DeploymentRefused` with the errors."""
    problems = checks.check(files, ctx.engine.topics.names, known)
    errors = [each for each in problems if each.level == "error"]
    if errors:
        raise DeploymentRefused(errors)
    return problems


def _redrawn(db: Connection, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Live diagrams that are not among the files but use a form or a decision that is."""
    changed = set(keyed(files))
    drawn = {diagram.read(xml.parse(content)).process for file, content in files.items() if file.endswith(".bpmn")}
    found: dict[str, bytes] = {}
    for row in all_live(db):
        parts = parts_of(db, row.id)
        if row.process not in drawn and changed & parts.keys():
            name = row.file if row.file not in files else f"{row.process}.bpmn"
            found[name] = parts["diagram", row.process][1]
    return found


def keyed(files: Mapping[str, bytes]) -> Pool:
    """Forms by form id and decision tables by decision id."""
    found: Pool = {}
    for file, content in files.items():
        if file.endswith(".form"):
            found["form", schema.read(content).id] = (file, content)
        elif file.endswith(".dmn"):
            found.update({("decision", key): (file, content) for key in decisions.read(content)})
    return found


def stored(db: Connection) -> Pool:
    """The stored form and decision of every key, for diagrams without theirs: the live one, else the newest."""
    r = definition_resources
    query = (
        select(r.c.kind, r.c.key, r.c.file, resources.c.content)
        .join_from(r, resources)
        .join(definitions, definitions.c.id == r.c.definition_id)
        .where(r.c.kind != "diagram")
        .order_by(definitions.c.live, definitions.c.at, definitions.c.version)
    )
    return {(row.kind, row.key): (row.file, row.content) for row in db.execute(query)}


def _store(ctx: Context, deployment: str, file: str, content: bytes, pool: Pool, problems: Iterable[Problem]) -> str:
    """Store one diagram with its parts as the next version; the newest or the live one stays when nothing changed."""
    drawn = diagram.read(xml.parse(content))
    parts = {("diagram", drawn.process): (PurePath(file).name, content)}
    parts |= {key: pool[key] for key in _wanted(drawn)}
    digest = hashlib.sha256(b"".join(sorted(hashlib.sha256(c).digest() for _, c in parts.values()))).hexdigest()
    newest = _newest(ctx.db, drawn.process)
    for known in (newest, live(ctx.db, drawn.process)):
        if known is not None and known.digest == digest:
            return str(known.id)
    key = new_id()
    names = {name for name, _ in parts.values()}
    ctx.db.execute(
        insert(definitions),
        {
            "id": key,
            "deployment_id": deployment,
            "process": drawn.process,
            "version": (newest.version if newest is not None else 0) + 1,
            "name": drawn.name,
            "file": PurePath(file).name,
            "digest": digest,
            "live": False,
            "at": ctx.now,
            "warnings": [asdict(each) for each in problems if PurePath(each.file).name in names],
        },
    )
    _store_parts(ctx.db, key, parts)
    return key


def _wanted(drawn: Diagram) -> list[tuple[str, str]]:
    forms = {("form", e.form) for e in drawn.elements.values() if e.form}
    tables = {
        ("decision", e.attributes["decisionRef"]) for e in drawn.elements.values() if "decisionRef" in e.attributes
    }
    return sorted(forms | tables)


def _store_parts(db: Connection, definition: str, parts: Pool) -> None:
    digests = {part: hashlib.sha256(content).hexdigest() for part, (_, content) in parts.items()}
    stored = set(db.execute(select(resources.c.digest).where(resources.c.digest.in_(digests.values()))).scalars())
    fresh = {digests[part]: content for part, (_, content) in parts.items() if digests[part] not in stored}
    if fresh:
        db.execute(insert(resources), [{"digest": d, "content": c} for d, c in fresh.items()])
    db.execute(
        insert(definition_resources),
        [
            {
                "definition_id": definition,
                "kind": kind,
                "key": key,
                "file": PurePath(file).name,
                "digest": digests[kind, key],
            }
            for (kind, key), (file, _) in parts.items()
        ],
    )


def _newest(db: Connection, process: str) -> Row[Any] | None:
    query = select(definitions).where(definitions.c.process == process).order_by(definitions.c.version.desc())
    return db.execute(query.limit(1)).one_or_none()


def files_of(db: Connection, definition: str) -> dict[str, bytes]:
    """The files of a definition by name, as they were deployed."""
    return dict(sorted(parts_of(db, definition).values()))


# --- publishing ---------------------------------------------------------------------------------


def publish(ctx: Context, definition_id: str, person: Person) -> Row[Any]:
    """Make a version the one that new cases get, older versions too; running cases keep theirs.

    Raises `NotFound`, or `PublishedAlone` where two people must publish a version for the first time.
    """
    _one_after_another(ctx)
    row = find(ctx.db, definition_id)
    if ctx.engine.two_person_publish and row.published_at is None and row.by == person.username:
        raise PublishedAlone(person=person.username)
    _make_live(ctx, row, person.username)
    return row


def roll_back(ctx: Context, process: str, person: Person) -> Row[Any]:
    """Publish the version that was live before the present one; raises `NotFound` where there was none."""
    _one_after_another(ctx)
    d = definitions
    query = select(d.c.id).where(d.c.process == process, d.c.published_at.is_not(None), ~d.c.live)
    before = ctx.db.execute(query.order_by(d.c.published_at.desc(), d.c.version.desc()).limit(1)).scalar()
    return publish(ctx, before or "", person)


def _make_live(ctx: Context, row: Row[Any], person: str) -> None:
    before = live(ctx.db, row.process)
    if before is not None and before.id == row.id:
        return
    ctx.db.execute(update(definitions).where(definitions.c.process == row.process).values(live=False))
    values = {"live": True, "published_at": _after_the_last(ctx, row.process), "published_by": person}
    ctx.db.execute(update(definitions).where(definitions.c.id == row.id).values(**values))
    detail = {"process": row.process, "version": row.version, "before": before.version if before is not None else None}
    back = before is not None and before.version > row.version
    audit.record(ctx, audit.Tag.ROLL_BACK if back else audit.Tag.PUBLISH, person, {"definition": row.id, **detail})


def _after_the_last(ctx: Context, process: str) -> datetime:
    """Now, or just after the last publication where the clock went back: their order says what was live before."""
    of_process = definitions.c.process == process
    last = ctx.db.execute(select(func.max(definitions.c.published_at)).where(of_process)).scalar()
    return ctx.now if last is None else max(ctx.now, last + timedelta(microseconds=1))


def find(db: Connection, definition_id: str) -> Row[Any]:
    """The row of a version with who deployed it (`by`) and why (`note`); raises `NotFound`."""
    query = select(definitions, deployments.c.by, deployments.c.note, deployments.c.source)
    row = db.execute(query.join_from(definitions, deployments).where(definitions.c.id == definition_id)).one_or_none()
    if row is None:
        raise NotFound(what="definition", key=definition_id)
    return row


def live(db: Connection, process: str) -> Row[Any] | None:
    """The row of the version that new cases of a process get, or None."""
    return db.execute(select(definitions).where(definitions.c.process == process, definitions.c.live)).one_or_none()


def all_live(db: Connection) -> list[Row[Any]]:
    """Rows of every live definition by process."""
    return list(db.execute(select(definitions).where(definitions.c.live).order_by(definitions.c.name)))
