"""The database schema, one table per noun. SQLite and PostgreSQL alike.

Ids are random hex strings, moments are UTC, text is Thai as written. Everything that
waits (tasks, jobs) is an indexed row: nobody loads a case to find out what to do.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from engine.columns import Json, Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[str]:
    return Column("id", String(32), primary_key=True)


def _ref(name: str, target: str, **options: Any) -> Column[str]:
    return Column(name, String(32), ForeignKey(f"{target}.id"), **options)


# --- people ------------------------------------------------------------------------------------

people = Table(
    "people",
    metadata,
    _id(),
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
    _id(),
    _ref("person_id", "people", nullable=False, index=True),
    Column("group_id", String(60), ForeignKey("groups.id"), nullable=False, index=True),
    Column("head", Boolean, nullable=False, default=False),
    Column("since", Date),
    Column("until", Date),
)
sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    _ref("person_id", "people", nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
)

# --- definitions ---------------------------------------------------------------------------------

deployments = Table(
    "deployments",
    metadata,
    _id(),
    Column("name", String(200), nullable=False),
    Column("source", String(60), nullable=False, default=""),
    Column("at", Moment, nullable=False),
    Column("by", String(60), nullable=False),
    Column("note", Text, nullable=False, default=""),
)
definitions = Table(
    "definitions",
    metadata,
    _id(),
    _ref("deployment_id", "deployments", nullable=False),
    Column("process", String(100), nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", String(300), nullable=False),
    Column("file", String(200), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("live", Boolean, nullable=False, default=False, index=True),
    Column("at", Moment, nullable=False),
    UniqueConstraint("process", "version"),
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
    _ref("definition_id", "definitions", primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("file", String(200), nullable=False),
    Column("digest", String(64), ForeignKey("resources.digest"), nullable=False),
)

# --- cases ---------------------------------------------------------------------------------------

cases = Table(
    "cases",
    metadata,
    _id(),
    Column("number", String(40), nullable=False, unique=True),
    _ref("definition_id", "definitions", nullable=False, index=True),
    Column("process", String(100), nullable=False),
    Column("title", String(500), nullable=False, default=""),
    Column("status", String(20), nullable=False),
    Column("outcome", String(100)),
    Column("business_key", String(200), index=True),
    Column("started_at", Moment, nullable=False),
    Column("started_by", String(60), nullable=False),
    Column("ended_at", Moment),
    Column("version", Integer, nullable=False, default=1),
    Column("data", Json, nullable=False),
    Column("state", Json, nullable=False),
    Column("audit_head", String(64), nullable=False, default=""),
    Index("ix_cases_status_process", "status", "process", "started_at"),
)
tasks = Table(
    "tasks",
    metadata,
    _id(),
    _ref("case_id", "cases", nullable=False),
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
    Index("ix_tasks_case_id_status", "case_id", "status"),
    Index("ix_tasks_token_status", "token", "status"),
    Index("ix_tasks_claimed_by_status", "claimed_by", "status"),
    Index("ix_tasks_status_due_at", "status", "due_at"),
)
candidates = Table(
    "candidates",
    metadata,
    Column("candidate", String(70), primary_key=True),
    _ref("task_id", "tasks", primary_key=True),
    Index("ix_candidates_task_id", "task_id"),
)
participants = Table(
    "participants",
    metadata,
    Column("candidate", String(70), primary_key=True),
    _ref("case_id", "cases", primary_key=True),
    Index("ix_participants_case_id", "case_id"),
)
drafts = Table(
    "drafts",
    metadata,
    _ref("task_id", "tasks", primary_key=True),
    Column("person", String(60), primary_key=True),
    Column("answers", Json, nullable=False),
    Column("at", Moment, nullable=False),
)
jobs = Table(
    "jobs",
    metadata,
    _id(),
    _ref("case_id", "cases", index=True),
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
    _id(),
    _ref("case_id", "cases", index=True),
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
    _ref("case_id", "cases"),
    Column("at", Moment, nullable=False),
    Column("tag", String(60), nullable=False),
    Column("person", String(60), nullable=False),
    Column("element", String(100)),
    Column("detail", Json, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Index("ix_audit_case_id", "case_id", "id"),
)
documents = Table(
    "documents",
    metadata,
    _id(),
    _ref("case_id", "cases", nullable=False, index=True),
    Column("name", String(255), nullable=False),
    Column("type", String(100), nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("classification", String(20), nullable=False, default=""),
    Column("element", String(100)),
    Column("by", String(60), nullable=False),
    Column("at", Moment, nullable=False),
)
comments = Table(
    "comments",
    metadata,
    _id(),
    _ref("case_id", "cases", nullable=False, index=True),
    Column("element", String(100)),
    Column("by", String(60), nullable=False),
    Column("at", Moment, nullable=False),
    Column("text", Text, nullable=False),
)

# --- messages: the outbox -------------------------------------------------------------------------

messages = Table(
    "messages",
    metadata,
    _id(),
    _ref("case_id", "cases", index=True),
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
    _ref("message_id", "messages", primary_key=True),
    Column("person", String(60), primary_key=True),
    Column("at", Moment, nullable=False),
)

# --- the link registry ------------------------------------------------------------------------------

links = Table(
    "links",
    metadata,
    _id(),
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
    _ref("case_id", "cases", index=True),
    Column("detail", Json, nullable=False),
    Column("updated_at", Moment, nullable=False),
)
link_history = Table(
    "link_history",
    metadata,
    _id(),
    _ref("link_id", "links", nullable=False, index=True),
    _ref("case_id", "cases"),
    Column("at", Moment, nullable=False),
    Column("before", String(20)),
    Column("after", String(20), nullable=False),
    Column("by", String(60), nullable=False),
    Column("note", Text, nullable=False, default=""),
)
