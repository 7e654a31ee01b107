"""The database schema, one table per noun. SQLite and PostgreSQL alike.

Ids are 32 hex digits, moments are UTC, text is Thai as written. Everything that
waits (tasks, jobs) is an indexed row: nobody loads a case to find out what to do.
"""

from __future__ import annotations

from engine.tables.base import metadata
from engine.tables.cases import (
    audit,
    candidates,
    cases,
    comments,
    counters,
    documents,
    drafts,
    inbox,
    incidents,
    jobs,
    moves,
    participants,
    tasks,
)
from engine.tables.definitions import definition_resources, definitions, deployments, resources, trials
from engine.tables.links import link_history, link_reminders, links
from engine.tables.messages import messages, receipts
from engine.tables.people import access_tokens, groups, memberships, people, sessions

__all__ = [
    "access_tokens",
    "audit",
    "candidates",
    "cases",
    "comments",
    "counters",
    "definition_resources",
    "definitions",
    "deployments",
    "documents",
    "drafts",
    "groups",
    "inbox",
    "incidents",
    "jobs",
    "link_history",
    "link_reminders",
    "links",
    "memberships",
    "messages",
    "metadata",
    "moves",
    "participants",
    "people",
    "receipts",
    "resources",
    "sessions",
    "tasks",
    "trials",
]
