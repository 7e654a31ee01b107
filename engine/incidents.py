"""What needs an operator: a failed handler, a case that stands still, a task for nobody.

An incident is a row until it is resolved; it never loses a person's work. Retrying a
failed handler is a button or a command.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from engine.audit import SYSTEM
from engine.context import Context
from engine.tables import cases, incidents, jobs
from engine.tables.base import new_id


def raise_for_case(ctx: Context, case_id: str, kind: str, message: str, element: str | None = None) -> None:
    """Report that a case needs an operator."""
    _add(ctx, case_id, None, element, kind, message)


def raise_for_job(ctx: Context, case_id: str | None, job_id: str, element: str | None, kind: str, message: str) -> None:
    """Report that a job fails; one open incident per job, with its newest message."""
    open_one = (incidents.c.job_id == job_id) & incidents.c.resolved_at.is_(None)
    changed = ctx.db.execute(update(incidents).where(open_one).values(message=message, at=ctx.now))
    if changed.rowcount == 0:
        _add(ctx, case_id, job_id, element, kind, message)


def resolve(ctx: Context, job_id: str, person: str = SYSTEM) -> None:
    """The job has succeeded or is no longer needed: close its incident."""
    mine = (incidents.c.job_id == job_id) & incidents.c.resolved_at.is_(None)
    ctx.db.execute(update(incidents).where(mine).values(resolved_at=ctx.now, resolved_by=person))


def resolve_for_case(ctx: Context, case_id: str, person: str) -> None:
    """The case is over; only a message that cannot be sent still needs somebody."""
    mine = (incidents.c.case_id == case_id) & (incidents.c.kind != "send") & incidents.c.resolved_at.is_(None)
    ctx.db.execute(update(incidents).where(mine).values(resolved_at=ctx.now, resolved_by=person))


def resolve_for_element(ctx: Context, case_id: str, kind: str, element: str) -> None:
    """What was wrong at an element of a case has been put right."""
    mine = (incidents.c.case_id == case_id) & (incidents.c.kind == kind) & (incidents.c.element == element)
    still = mine & incidents.c.resolved_at.is_(None)
    ctx.db.execute(update(incidents).where(still).values(resolved_at=ctx.now, resolved_by=SYSTEM))


def resolve_for_tokens(ctx: Context, case_id: str, tokens: Iterable[str]) -> None:
    """The waits these incidents belong to are gone."""
    waited = select(jobs.c.id).where(jobs.c.case_id == case_id, jobs.c.token.in_(list(tokens)))
    for key in ctx.db.execute(waited).scalars().all():
        resolve(ctx, key)


def open_incidents(ctx: Context, case_id: str | None = None) -> list[Row[Any]]:
    """Unresolved incidents with their case and job, oldest first."""
    query = (
        select(
            incidents,
            cases.c.number.label("case_number"),
            cases.c.title,
            jobs.c.topic,
            jobs.c.attempts,
            jobs.c.status.label("job_status"),
            jobs.c.due_at,
            jobs.c.error,
        )
        .outerjoin(cases, cases.c.id == incidents.c.case_id)
        .outerjoin(jobs, jobs.c.id == incidents.c.job_id)
        .where(incidents.c.resolved_at.is_(None))
        .order_by(incidents.c.at)
    )
    return list(ctx.db.execute(query.where(incidents.c.case_id == case_id) if case_id else query))


# Built once: building a statement costs several times what running it does.
_COUNT_OPEN = select(func.count()).select_from(incidents).where(incidents.c.resolved_at.is_(None))


def count_open(ctx: Context) -> int:
    """How many incidents wait for an operator."""
    return int(ctx.db.execute(_COUNT_OPEN).scalar_one())


def _add(ctx: Context, case_id: str | None, job_id: str | None, element: str | None, kind: str, message: str) -> None:
    ctx.db.execute(
        insert(incidents),
        {
            "id": new_id(),
            "case_id": case_id,
            "job_id": job_id,
            "element": element,
            "kind": kind,
            "message": message[:2_000],
            "at": ctx.now,
        },
    )
