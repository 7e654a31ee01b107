"""The outbox of notices and who has confirmed them."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text

from engine.columns import Moment
from engine.tables.base import id_column, metadata, reference

messages = Table(
    "messages",
    metadata,
    id_column(),
    reference("case_id", "cases", index=True),
    Column("element", String(100)),
    Column("step", String(20)),
    Column("plan_row", String(20)),
    Column("role", String(60)),
    Column("candidate", String(70), index=True),
    Column("recipient", String(200), nullable=False),
    Column("email", String(200), nullable=False, default=""),
    Column("channel", String(200), nullable=False, default=""),
    Column("subject", String(300), nullable=False),
    Column("body", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("status", String(12), nullable=False, index=True),
    Column("sent_at", Moment),
    Column("error", Text),
)
receipts = Table(
    "receipts",
    metadata,
    reference("message_id", "messages", primary_key=True),
    Column("person", String(60), primary_key=True),
    Column("at", Moment, nullable=False),
    Index("ix_receipts_person_message_id", "person", "message_id"),
)
