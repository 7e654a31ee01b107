"""Cases and all that belongs to one: tasks, jobs, incidents, audit, documents, comments."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, Text

from engine.columns import Json, Moment
from engine.tables.base import id_column, metadata, reference

cases = Table(
    "cases",
    metadata,
    id_column(),
    Column("number", String(40), nullable=False, unique=True),
    reference("definition_id", "definitions", nullable=False, index=True),
    Column("process", String(100), nullable=False),
    Column("title", String(500), nullable=False, default=""),
    Column("status", String(20), nullable=False),
    Column("outcome", String(100)),
    Column("business_key", String(200)),
    Column("started_at", Moment, nullable=False),
    Column("started_by", String(60), nullable=False),
    Column("ended_at", Moment),
    Column("version", Integer, nullable=False, default=1),
    Column("data", Json, nullable=False),
    Column("state", Text, nullable=False),
    Column("audit_head", String(64), nullable=False, default=""),
    Index("ix_cases_status_process", "status", "process", "started_at"),
)
Index(
    "ix_cases_business_key",
    cases.c.business_key,
    sqlite_where=cases.c.business_key.is_not(None),
    postgresql_where=cases.c.business_key.is_not(None),
)
tasks = Table(
    "tasks",
    metadata,
    id_column(),
    reference("case_id", "cases", nullable=False),
    Column("token", String(32), nullable=False),
    Column("element", String(100), nullable=False),
    Column("name", String(500), nullable=False),
    Column("step", String(20)),
    Column("role", String(60)),
    Column("item", String(200)),
    Column("status", String(12), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment),
    Column("claimed_by", String(60)),
    Column("claimed_at", Moment),
    Column("done_by", String(60)),
    Column("done_at", Moment),
    Column("answers", Json),
    Column("candidates", Json),  # who was asked; None where a release before 0004 opened it beside ours
    Index("ix_tasks_case_id_status_token", "case_id", "status", "token"),
)
candidates = Table(  # what the worklist looks up: the candidates of open tasks
    "candidates",
    metadata,
    Column("candidate", String(70), primary_key=True),
    reference("task_id", "tasks", primary_key=True),
    sqlite_with_rowid=False,
)
participants = Table(
    "participants",
    metadata,
    Column("candidate", String(70), primary_key=True),
    reference("case_id", "cases", primary_key=True),
    Index("ix_participants_case_id", "case_id"),
    sqlite_with_rowid=False,
)
drafts = Table(
    "drafts",
    metadata,
    reference("task_id", "tasks", primary_key=True),
    Column("person", String(60), primary_key=True),
    Column("answers", Json, nullable=False),
    Column("at", Moment, nullable=False),
)
jobs = Table(
    "jobs",
    metadata,
    id_column(),
    reference("case_id", "cases", index=True),
    Column("kind", String(12), nullable=False),
    Column("token", String(32)),
    Column("element", String(100)),
    Column("topic", String(100)),
    Column("due_at", Moment, nullable=False),
    Column("priority", Integer, nullable=False, default=0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("status", String(12), nullable=False),
    Column("error", Text),
    Column("detail", Json),
    Column("lock_owner", String(100)),
    Column("lock_until", Moment),
    Index("ix_jobs_status_due_at", "status", "due_at"),
    Index("ix_jobs_topic_status", "topic", "status"),
)
incidents = Table(
    "incidents",
    metadata,
    id_column(),
    reference("case_id", "cases", index=True),
    Column("job_id", String(32), index=True),
    Column("element", String(100)),
    Column("kind", String(20), nullable=False),
    Column("message", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("resolved_at", Moment, index=True),
    Column("resolved_by", String(60)),
)
counters = Table(
    "counters",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("value", Integer, nullable=False),
)
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    reference("case_id", "cases"),
    Column("at", Moment, nullable=False),
    Column("tag", String(60), nullable=False),
    Column("person", String(60), nullable=False),
    Column("element", String(100)),
    Column("detail", Json, nullable=False),
    Column("digest", String(64), nullable=False),
    Index("ix_audit_case_id", "case_id", "id"),
)
documents = Table(
    "documents",
    metadata,
    id_column(),
    reference("case_id", "cases", nullable=False, index=True),
    Column("name", String(255), nullable=False),
    Column("type", String(100), nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("classification", String(20), nullable=False, default=""),
    Column("element", String(100)),
    Column("by", String(60), nullable=False),
    Column("at", Moment, nullable=False),
)
inbox = Table(
    "inbox",
    metadata,
    id_column(),
    reference("case_id", "cases", nullable=False),
    Column("name", String(100), nullable=False),
    Column("payload", Json, nullable=False),
    Column("at", Moment, nullable=False),
    Column("taken_at", Moment),
    Index("ix_inbox_case_id_name", "case_id", "name"),
)
moves = Table(
    "moves",
    metadata,
    id_column(),
    reference("case_id", "cases", nullable=False, index=True),
    Column("kind", String(12), nullable=False),
    reference("definition_before", "definitions", nullable=False),
    reference("definition_after", "definitions", nullable=False),
    Column("state_before", Text, nullable=False),
    Column("tokens", Json, nullable=False),
    Column("version_after", Integer, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("by", String(60), nullable=False),
    Column("at", Moment, nullable=False),
    Column("undone_at", Moment),
)
comments = Table(
    "comments",
    metadata,
    id_column(),
    reference("case_id", "cases", nullable=False, index=True),
    Column("element", String(100)),
    Column("by", String(60), nullable=False),
    Column("at", Moment, nullable=False),
    Column("text", Text, nullable=False),
)
