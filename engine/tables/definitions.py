"""Deployments, definitions (versions of a process), the files they are made of, and trials of them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from engine.columns import Json, Moment
from engine.tables.base import id_column, metadata, reference

deployments = Table(
    "deployments",
    metadata,
    id_column(),
    Column("name", String(200), nullable=False),
    Column("source", String(60), nullable=False, default=""),
    Column("at", Moment, nullable=False),
    Column("by", String(60), nullable=False),
    Column("note", Text, nullable=False, default=""),
)
definitions = Table(
    "definitions",
    metadata,
    id_column(),
    reference("deployment_id", "deployments", nullable=False),
    Column("process", String(100), nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", String(300), nullable=False),
    Column("file", String(200), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("live", Boolean, nullable=False, default=False, index=True),
    Column("at", Moment, nullable=False),
    Column("published_at", Moment),
    Column("published_by", String(60)),
    Column("warnings", Json, nullable=False, default=list),
    UniqueConstraint("process", "version"),
)
Index(
    "uq_definitions_live_process",
    definitions.c.process,
    unique=True,
    sqlite_where=definitions.c.live,
    postgresql_where=definitions.c.live,
)
resources = Table(
    "resources",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
definition_resources = Table(
    "definition_resources",
    metadata,
    reference("definition_id", "definitions", primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("file", String(200), nullable=False),
    Column("digest", String(64), ForeignKey("resources.digest"), nullable=False),
)
trials = Table(
    "trials",
    metadata,
    id_column(),
    Column("owner", String(60), nullable=False),
    reference("definition_id", "definitions", nullable=False),
    Column("unit", String(60)),
    Column("acts", Json, nullable=False),
    Column("begun_at", Moment, nullable=False),
)
