"""Trials as they are kept: who tries which version, and everything done in it so far, in order.

The acts are enough to play a trial again (see sandbox), so any process of any machine can
go on with it. There are few at a time, each lives for an hour; what is gone is gone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update

from engine.context import Context
from engine.errors import Busy, SandboxGone
from engine.tables import definitions, trials
from engine.tables.base import new_id

MOST = 8
LIFETIME = timedelta(hours=1)
Act = dict[str, Any]  # {"do": place, "answers": {…}} or {"wait": days}


class Trial(NamedTuple):
    """One trial."""

    id: str
    owner: str
    definition: str
    process: str
    version: int
    unit: str | None
    acts: list[Act]
    begun_at: datetime


def start(ctx: Context, owner: str, definition: str, unit: str | None) -> str:
    """Write down a trial of a version as somebody of a unit; the oldest make room. Returns its id."""
    clear(ctx)
    newest = select(trials.c.id).order_by(trials.c.begun_at.desc(), trials.c.id).limit(MOST - 1)
    ctx.db.execute(delete(trials).where(trials.c.id.not_in(newest)))
    row = {"id": new_id(), "owner": owner, "definition_id": definition, "unit": unit}
    ctx.db.execute(insert(trials), {**row, "acts": [], "begun_at": ctx.now})
    return row["id"] or ""


def find(ctx: Context, key: str, owner: str) -> Trial:
    """Somebody's own trial; raises `SandboxGone`."""
    d = definitions.c
    columns = (trials.c.id, trials.c.owner, d.id, d.process, d.version, trials.c.unit, trials.c.acts, trials.c.begun_at)
    mine = (trials.c.id == key) & (trials.c.owner == owner) & (trials.c.begun_at >= ctx.now - LIFETIME)
    row = ctx.db.execute(select(*columns).join_from(trials, definitions).where(mine)).one_or_none()
    if row is None:
        raise SandboxGone
    return Trial(*row)


def note(ctx: Context, trial: Trial, act: Act) -> None:
    """Write down what was done in a trial; raises `Busy` when something else was done meanwhile."""
    unchanged = (trials.c.id == trial.id) & (trials.c.acts == trial.acts)
    if ctx.db.execute(update(trials).where(unchanged).values(acts=[*trial.acts, act])).rowcount == 0:
        raise Busy


def end(ctx: Context, key: str, owner: str) -> None:
    """Throw a trial away; one that is gone already is no fault."""
    ctx.db.execute(delete(trials).where(trials.c.id == key, trials.c.owner == owner))


def clear(ctx: Context) -> None:
    """Throw away what is older than an hour."""
    ctx.db.execute(delete(trials).where(trials.c.begun_at < ctx.now - LIFETIME))
