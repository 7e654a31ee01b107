"""The link registry and the history of every link."""

from __future__ import annotations

from sqlalchemy import Column, Date, Integer, String, Table, Text

from engine.columns import Json, Moment
from engine.tables.base import id_column, metadata, reference

links = Table(
    "links",
    metadata,
    id_column(),
    Column("number", String(40), nullable=False, unique=True),
    Column("direction", String(10), nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("partner", String(300), nullable=False),
    Column("dataset", String(500), nullable=False),
    Column("holder_unit", String(60)),
    Column("owner_unit", String(60)),
    Column("using_units", Json, nullable=False),
    Column("score", Integer),
    Column("starts_on", Date),
    Column("ends_on", Date, index=True),
    Column("review_on", Date),
    Column("live_on", Date),
    Column("ended_on", Date),
    Column("end_reason", String(10)),
    reference("case_id", "cases", index=True),
    Column("detail", Json, nullable=False),
    Column("updated_at", Moment, nullable=False),
)
link_reminders = Table(
    "link_reminders",
    metadata,
    reference("link_id", "links", primary_key=True),
    Column("ends_on", Date, primary_key=True),
    Column("days", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
)
link_history = Table(
    "link_history",
    metadata,
    id_column(),
    reference("link_id", "links", nullable=False, index=True),
    reference("case_id", "cases"),
    Column("at", Moment, nullable=False),
    Column("before", String(20)),
    Column("after", String(20), nullable=False),
    Column("by", String(60), nullable=False),
    Column("note", Text, nullable=False, default=""),
)
