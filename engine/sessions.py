"""Who is logged in: sessions kept on the server, known to the browser only by a random token.

The database holds the token's SHA-256, so that reading the table logs nobody in. A
session ends after 30 idle minutes, after 12 hours, at logout, or when the account closes.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, or_, update

from engine import people
from engine.context import Context
from engine.database.statements import Query
from engine.people import Person
from engine.tables import people as people_table
from engine.tables import sessions

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
TOUCH_AFTER = timedelta(minutes=1)


def start(ctx: Context, person_id: str) -> str:
    """Open a session and return its token (256 random bits); sessions that are over are cleared away."""
    clear(ctx)
    token = secrets.token_urlsafe(32)
    ctx.db.execute(
        insert(sessions),
        {
            "id": _hashed(token),
            "person_id": person_id,
            "created_at": ctx.now,
            "seen_at": ctx.now,
        },
    )
    return token


def clear(ctx: Context) -> None:
    """Forget sessions that are over."""
    over = or_(sessions.c.seen_at <= ctx.now - IDLE, sessions.c.created_at <= ctx.now - ABSOLUTE)
    ctx.db.execute(delete(sessions).where(over))


# Built once: building a statement costs several times what running it does.
_FIND = Query(
    people.WITH_GROUPS.add_columns(sessions.c.id.label("session"), sessions.c.seen_at)
    .join(sessions, sessions.c.person_id == people_table.c.id)
    .where(sessions.c.id == bindparam("session"))
    .where(sessions.c.seen_at > bindparam("idle"), sessions.c.created_at > bindparam("oldest"))
)


def find(ctx: Context, token: str) -> tuple[Person, Row[Any]] | None:
    """Who is logged in by a token, with the session's row (session, seen_at); None when it or the account is over."""
    which = {"session": _hashed(token), "idle": ctx.now - IDLE, "oldest": ctx.now - ABSOLUTE}
    rows = _FIND.rows(ctx.db, {**which, **people.on(ctx)})
    person = people.first(rows)
    return (person, rows[0]) if person else None


def needs_touch(now: datetime, row: Row[Any]) -> bool:
    """True when the session was last seen more than a minute ago; not every page view is a write."""
    return bool(now - row.seen_at > TOUCH_AFTER)


def touch(ctx: Context, row: Row[Any]) -> None:
    """The session is in use."""
    ctx.db.execute(update(sessions).where(sessions.c.id == row.session).values(seen_at=ctx.now))


def end(ctx: Context, token: str) -> None:
    """Close a session; its token is worth nothing from now on."""
    ctx.db.execute(delete(sessions).where(sessions.c.id == _hashed(token)))


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
