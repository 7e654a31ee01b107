"""The append-only trail: who did what, when, on which case (policy of the manual, L187).

Every act has a tag `subject:action`. Events of a case form a hash chain whose head stands
on the case row, so that a changed, missing or inserted event is found by `verify`.
Values that people entered are not copied here, only field names and a digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import Connection, insert, select

from engine.calendar import iso
from engine.context import Context
from engine.database.statements import Unread
from engine.tables import audit, cases

SYSTEM = "system"


class Tag(StrEnum):
    """Every auditable act."""

    CASE_START = "case:start"
    CASE_END = "case:end"
    CASE_CANCEL = "case:cancel"
    CASE_INCIDENT = "case:incident"
    CASE_MOVE = "case:move"
    CASE_MOVE_UNDONE = "case:move_undone"
    CASE_STEP_BACK = "case:step_back"
    CASE_SUSPEND = "case:suspend"
    CASE_RESUME = "case:resume"
    MESSAGE_RECEIVED = "message:received"
    TASK_CLAIM = "task:claim"
    TASK_RELEASE = "task:release"
    TASK_DONE = "task:done"
    TASK_REFUSED = "task:refused"
    HANDLER_DONE = "handler:done"
    HANDLER_FAILED = "handler:failed"
    JOB_RETRY = "job:retry"
    TIMER_FIRED = "timer:fired"
    DOCUMENT_ADD = "document:add"
    COMMENT_ADD = "comment:add"
    MESSAGE_READ = "message:read"
    DEPLOY = "definition:deploy"
    PUBLISH = "definition:publish"
    ROLL_BACK = "definition:roll_back"
    LOGIN = "account:login"
    LOGIN_REFUSED = "account:login_refused"
    LOGOUT = "account:logout"
    KEY_ADD = "account:key_add"
    KEY_REVOKE = "account:key_revoke"
    EXPORT = "registry:export"


_APPEND = Unread(insert(audit))


def digest(value: Any) -> str:
    """SHA-256 of a JSON value in canonical form."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


def record(
    ctx: Context,
    tag: Tag,
    person: str,
    detail: Mapping[str, Any],
    *,
    case: str | None = None,
    element: str | None = None,
    previous: str = "",
) -> str:
    """Append one event and return its digest, the new head of the case's chain."""
    body = dict(detail)
    link = _link(previous, ctx.now, tag, person, element, body)
    _APPEND.send(
        ctx.db,
        {
            "case_id": case,
            "at": ctx.now,
            "tag": str(tag),
            "person": person,
            "element": element,
            "detail": body,
            "digest": link,
        },
    )
    return link


def verify(db: Connection, case: str) -> int | None:
    """Id of the first event of a case that does not fit the chain, 0 for a wrong head, None when sound."""
    previous = ""
    rows = db.execute(select(audit).where(audit.c.case_id == case).order_by(audit.c.id))
    for row in rows:
        expected = _link(previous, row.at, row.tag, row.person, row.element, row.detail)
        if row.digest != expected:
            return int(row.id)
        previous = row.digest
    head = db.execute(select(cases.c.audit_head).where(cases.c.id == case)).scalar()
    return None if head == previous else 0


def _link(previous: str, at: datetime, tag: str, person: str, element: str | None, detail: Mapping[str, Any]) -> str:
    return digest([previous, iso(at), str(tag), person, element, detail])
