"""Immutable versions of processes: a diagram with its forms and decision tables.

A deployment stores every file once by its digest. A case keeps the version it started
with; the newest published version is live. Parsed definitions are shared by all threads.
"""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from engine import audit, checks, decisions, diagram, spiff, xml
from engine.context import Context
from engine.diagram import Diagram
from engine.errors import DeploymentRefused, NotFound
from engine.tables import definition_resources, definitions, deployments, resources
from forms import schema

CACHE_SIZE = 200


@dataclass(frozen=True)
class Definition:
    """One version, parsed. `content` is the diagram file as deployed."""

    id: str
    process: str
    version: int
    name: str
    content: bytes
    diagram: Diagram
    spec: spiff.Spec
    forms: Mapping[str, schema.Form]
    decisions: Mapping[str, decisions.Decision]

    def form(self, element: str) -> schema.Form | None:
        """The form of a user task, None where a task needs no answers."""
        return self.forms.get(self.diagram.elements[element].form or "")


class Library:
    """Parsed definitions by id, the least used dropped first."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Definition] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, db: Connection, key: str) -> Definition:
        """The definition of an id; raises `NotFound`."""
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
                return known
        loaded = _load(db, key)
        with self._lock:
            self._known[key] = loaded
            while len(self._known) > CACHE_SIZE:
                self._known.popitem(last=False)
        return loaded


def _load(db: Connection, key: str) -> Definition:
    row = db.execute(select(definitions).where(definitions.c.id == key)).one_or_none()
    if row is None:
        raise NotFound(what="definition", key=key)
    query = select(definition_resources.c.kind, definition_resources.c.key, resources.c.content).join_from(
        definition_resources, resources
    )
    parts = db.execute(query.where(definition_resources.c.definition_id == key)).all()
    files = {(part.kind, part.key): part.content for part in parts}
    return build(row, files)


def build(row: Any, files: Mapping[tuple[str, str], bytes]) -> Definition:
    """Parse the stored parts of a definition."""
    content = files["diagram", row.process]
    root = xml.parse(content)
    return Definition(
        id=row.id,
        process=row.process,
        version=row.version,
        name=row.name,
        content=content,
        diagram=diagram.read(root),
        spec=spiff.parse(root, row.process),
        forms={k: schema.read(c) for (kind, k), c in files.items() if kind == "form"},
        decisions={k: decisions.read(c)[k] for (kind, k), c in files.items() if kind == "decision"},
    )


def deploy(
    ctx: Context, files: Mapping[str, bytes], person: str, name: str, source: str = "", note: str = ""
) -> list[str]:
    """Check and store files as new live versions; returns ids of the diagrams' definitions.

    An unchanged diagram with unchanged forms and tables keeps its version. Nothing is
    stored when one file is refused: raises `DeploymentRefused` with every problem.
    """
    known = _latest_resources(ctx.db)
    problems = [p for p in checks.check(files, ctx.engine.topics.names, known) if p.level == "error"]
    if problems:
        raise DeploymentRefused(problems)
    deployment = uuid.uuid4().hex
    ctx.db.execute(
        insert(deployments),
        {
            "id": deployment,
            "name": name,
            "source": source,
            "at": ctx.now,
            "by": person,
            "note": note,
        },
    )
    pool = {**known, **keyed(files)}
    diagrams = {file: content for file, content in files.items() if file.endswith(".bpmn")}
    ids = [_store(ctx, deployment, file, content, pool) for file, content in diagrams.items()]
    audit.record(ctx, audit.Tag.DEPLOY, person, {"deployment": deployment, "files": sorted(files)})
    return ids


def keyed(files: Mapping[str, bytes]) -> dict[tuple[str, str], tuple[str, bytes]]:
    """Forms by form id and decision tables by decision id."""
    found: dict[tuple[str, str], tuple[str, bytes]] = {}
    for file, content in files.items():
        if file.endswith(".form"):
            found["form", schema.read(content).id] = (file, content)
        elif file.endswith(".dmn"):
            found.update({("decision", key): (file, content) for key in decisions.read(content)})
    return found


def _latest_resources(db: Connection) -> dict[tuple[str, str], tuple[str, bytes]]:
    """The newest stored form and decision of every key, for diagrams deployed without theirs."""
    r = definition_resources
    query = (
        select(r.c.kind, r.c.key, r.c.file, resources.c.content)
        .join_from(r, resources)
        .join(definitions, definitions.c.id == r.c.definition_id)
        .where(r.c.kind != "diagram")
        .order_by(definitions.c.at)
    )
    return {(row.kind, row.key): (row.file, row.content) for row in db.execute(query)}


def _store(
    ctx: Context, deployment: str, file: str, content: bytes, pool: Mapping[tuple[str, str], tuple[str, bytes]]
) -> str:
    drawn = diagram.read(xml.parse(content))
    parts = {("diagram", drawn.process): (PurePath(file).name, content)}
    parts |= {key: pool[key] for key in _wanted(drawn)}
    digest = hashlib.sha256(b"".join(sorted(hashlib.sha256(c).digest() for _, c in parts.values()))).hexdigest()
    latest = live(ctx.db, drawn.process)
    if latest is not None and latest.digest == digest:
        return str(latest.id)
    key = uuid.uuid4().hex
    newest = ctx.db.execute(
        select(func.max(definitions.c.version)).where(definitions.c.process == drawn.process)
    ).scalar()
    ctx.db.execute(update(definitions).where(definitions.c.process == drawn.process).values(live=False))
    ctx.db.execute(
        insert(definitions),
        {
            "id": key,
            "deployment_id": deployment,
            "process": drawn.process,
            "version": (newest or 0) + 1,
            "name": drawn.name,
            "file": PurePath(file).name,
            "digest": digest,
            "live": True,
            "at": ctx.now,
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


def _store_parts(db: Connection, definition: str, parts: Mapping[tuple[str, str], tuple[str, bytes]]) -> None:
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


def live(db: Connection, process: str) -> Row[Any] | None:
    """The row of the version that new cases of a process get, or None."""
    return db.execute(select(definitions).where(definitions.c.process == process, definitions.c.live)).one_or_none()


def all_live(db: Connection) -> list[Row[Any]]:
    """Rows of every live definition by process."""
    return list(db.execute(select(definitions).where(definitions.c.live).order_by(definitions.c.name)))
