"""Accounts, groups, who is a member of which and when, who is logged in, and tokens of programs."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Integer, String, Table

from engine.columns import Moment
from engine.tables.base import id_column, metadata, reference

people = Table(
    "people",
    metadata,
    id_column(),
    Column("username", String(60), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("position", String(200), nullable=False, default=""),
    Column("email", String(200), nullable=False, default=""),
    Column("password", String(200), nullable=False),
    Column("active", Boolean, nullable=False, default=True),
    Column("operator", Boolean, nullable=False, default=False),
    Column("failures", Integer, nullable=False, default=0),
    Column("locked_until", Moment),
)
groups = Table(
    "groups",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("parent", String(60), ForeignKey("groups.id")),
    Column("email", String(200), nullable=False, default=""),
)
memberships = Table(
    "memberships",
    metadata,
    id_column(),
    reference("person_id", "people", nullable=False, index=True),
    Column("group_id", String(60), ForeignKey("groups.id"), nullable=False, index=True),
    Column("head", Boolean, nullable=False, default=False),
    Column("since", Date),
    Column("until", Date),
)
sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    reference("person_id", "people", nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
)
access_tokens = Table(
    "access_tokens",
    metadata,
    id_column(),
    reference("person_id", "people", nullable=False, index=True),
    Column("name", String(100), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("last_used_at", Moment),
)
