"""Comments on a case: what those who are consulted (C) and those who work on it write to each other."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, bindparam, insert, select

from engine.audit import Tag
from engine.case import lock, store_head
from engine.context import Context
from engine.errors import CommentRefused
from engine.people import Person
from engine.tables import comments
from engine.tables.base import new_id

LONGEST = 5_000


def add(ctx: Context, case_id: str, person: Person, text: str, element: str | None = None) -> None:
    """Add a comment of at most 5,000 characters to a running case; raises `CommentRefused`, `CaseClosed`."""
    clean = text.strip()
    if not clean or len(clean) > LONGEST:
        raise CommentRefused
    case = lock(ctx, case_id)
    key = new_id()
    ctx.db.execute(
        insert(comments),
        {
            "id": key,
            "case_id": case_id,
            "element": element,
            "by": person.username,
            "at": ctx.now,
            "text": clean,
        },
    )
    case.log(ctx, Tag.COMMENT_ADD, person.username, {"comment": key}, element)
    store_head(ctx, case)


_OF_CASE = select(comments).where(comments.c.case_id == bindparam("case")).order_by(comments.c.at, comments.c.id)


def of_case(ctx: Context, case_id: str) -> list[Row[Any]]:
    """A case's comments, oldest first."""
    return list(ctx.db.execute(_OF_CASE, {"case": case_id}))
