"""What is done once a day: agreements that end, drafts and sessions nobody needs any more."""

from __future__ import annotations

from sqlalchemy import delete, select

from engine import expiry, sessions
from engine.context import Context
from engine.tables import drafts, tasks


def daily(ctx: Context) -> None:
    """Do the day's work; doing it twice does nothing the second time."""
    expiry.watch(ctx)
    sessions.clear(ctx)
    over = select(tasks.c.id).where(tasks.c.status != "open")
    ctx.db.execute(delete(drafts).where(drafts.c.task_id.in_(over)))
