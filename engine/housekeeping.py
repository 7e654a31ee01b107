"""What is done once a day: agreements that end, drafts, sessions and trials nobody needs, how full the tables are."""

from __future__ import annotations

from sqlalchemy import delete, select

from engine import expiry, sessions, trials
from engine.context import Context
from engine.tables import drafts, tasks


def daily(ctx: Context) -> None:
    """Do the day's work; doing it twice does nothing the second time."""
    expiry.watch(ctx)
    sessions.clear(ctx)
    trials.clear(ctx)
    over = select(tasks.c.id).where(tasks.c.status != "open")
    ctx.db.execute(delete(drafts).where(drafts.c.task_id.in_(over)))
    _learn_sizes(ctx)


def _learn_sizes(ctx: Context) -> None:
    """Let SQLite choose indexes by how full tables are; PostgreSQL does this by itself."""
    if ctx.db.dialect.name == "sqlite":
        ctx.db.exec_driver_sql("PRAGMA analysis_limit = 1000")
        ctx.db.exec_driver_sql("ANALYZE")
