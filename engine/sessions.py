"""Who is logged in: sessions kept on the server, known to the browser only by a random token.

The database holds the token's SHA-256, so that reading the table logs nobody in. A
session ends after 30 idle minutes, after 12 hours, at logout, or when the account closes.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, delete, insert, or_, select, update

from engine.context import Context
from engine.tables import people, sessions

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


def find(ctx: Context, token: str) -> Row[Any] | None:
    """The session of a token while it lasts and its account is active, else None."""
    query = (
        select(sessions)
        .join(people, people.c.id == sessions.c.person_id)
        .where(sessions.c.id == _hashed(token), people.c.active)
        .where(sessions.c.seen_at > ctx.now - IDLE, sessions.c.created_at > ctx.now - ABSOLUTE)
    )
    return ctx.db.execute(query).one_or_none()


def needs_touch(ctx: Context, row: Row[Any]) -> bool:
    """True when the session was last seen more than a minute ago; not every page view is a write."""
    return bool(ctx.now - row.seen_at > TOUCH_AFTER)


def touch(ctx: Context, row: Row[Any]) -> None:
    """The session is in use."""
    ctx.db.execute(update(sessions).where(sessions.c.id == row.id).values(seen_at=ctx.now))


def end(ctx: Context, token: str) -> None:
    """Close a session; its token is worth nothing from now on."""
    ctx.db.execute(delete(sessions).where(sessions.c.id == _hashed(token)))


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
