"""Versions of processes as they are run: parsed once, shared by all cases and threads, changed by nobody."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Connection, select

from engine import decisions, diagram, spiff, xml
from engine.diagram import Diagram
from engine.errors import NotFound
from engine.tables import definition_resources, definitions, resources
from forms import schema

CACHE_SIZE = 200
Pool: TypeAlias = dict[tuple[str, str], tuple[str, bytes]]  # (kind, key): (file, content)


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
        try:
            self._known.move_to_end(key)
            return self._known[key]
        except KeyError:  # never loaded, or just dropped
            pass
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
    files = {part: content for part, (_, content) in parts_of(db, key).items()}
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


def parts_of(db: Connection, definition: str) -> Pool:
    """The stored files of a definition by kind and key."""
    r = definition_resources
    query = select(r.c.kind, r.c.key, r.c.file, resources.c.content).join_from(r, resources)
    rows = db.execute(query.where(r.c.definition_id == definition))
    return {(row.kind, row.key): (row.file, row.content) for row in rows}
