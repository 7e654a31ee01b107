"""Due work: timers, failed handlers that try again, messages that leave the house.

`run_due` does each due row in a transaction of its own, with the case it belongs to: the
job's effect, its deletion and the case's advance commit together. Sending mail stands
outside any transaction and is at-least-once, with the message's id as Message-ID.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, delete, or_, select, update

from engine import case as cases
from engine import incidents, messages
from engine.audit import SYSTEM, Tag
from engine.calendar import Cycle
from engine.context import Context, Engine
from engine.database import Database
from engine.errors import NotFound, PrasanError
from engine.people import Person
from engine.settle import RETRY_AFTER, Act, perform, settle
from engine.tables import cases as cases_table
from engine.tables import jobs
from engine.tables import messages as outbox

DUE, FAILED = "due", "failed"
SEND_BACK_OFF = tuple(timedelta(seconds=10 * 2**n) for n in range(13))  # 10 s doubling to 12 hours
Send = Callable[[Row[Any]], None]


def run_due(engine: Engine, database: Database, send: Send | None = None, limit: int = 100) -> int:
    """Do what is due, oldest first within a priority; returns how many jobs were touched."""
    done, seen = 0, set[str]()
    while done < limit:
        with database.read() as db:
            row = _next(engine.context(db), seen, mail=send is not None)
        if row is None:
            return done
        seen.add(row.id)
        _run(engine, database, row, send)
        done += 1
    return done


def _next(ctx: Context, seen: set[str], *, mail: bool) -> Row[Any] | None:
    served = or_(jobs.c.topic.is_(None), jobs.c.topic.in_(ctx.engine.topics.names))
    kinds = ["timer", "topic", "send"] if mail else ["timer", "topic"]
    held = select(cases_table.c.id).where(cases_table.c.status == cases.SUSPENDED)
    awake = or_(jobs.c.kind == "send", jobs.c.case_id.not_in(held))
    ready = (jobs.c.status == DUE, jobs.c.due_at <= ctx.now, jobs.c.kind.in_(kinds), served, awake)
    query = select(jobs).where(*ready, jobs.c.id.not_in(seen))
    return ctx.db.execute(query.order_by(jobs.c.priority.desc(), jobs.c.due_at).limit(1)).one_or_none()


def _run(engine: Engine, database: Database, row: Row[Any], send: Send | None) -> None:
    try:
        if row.kind == "send":
            _send(engine, database, row, send)
            return
        with database.write() as db:
            (_fire if row.kind == "timer" else _handle)(engine.context(db), row.id)
    except Exception as error:  # a handler or a mail server may raise anything
        with database.write() as db:
            fail(engine.context(db), row.id, error)


def _locked(ctx: Context, job_id: str) -> Row[Any] | None:
    """The job, still due, locked; None when somebody else has done it."""
    query = select(jobs).where(jobs.c.id == job_id, jobs.c.status == DUE, jobs.c.due_at <= ctx.now)
    return ctx.db.execute(query.with_for_update(skip_locked=True)).one_or_none()


def _fire(ctx: Context, job_id: str) -> None:
    job = _locked(ctx, job_id)
    if job is None:
        return
    case = cases.lock(ctx, job.case_id)
    case.tokens.fire(job.token)
    if not _rearm(ctx, job):
        ctx.db.execute(delete(jobs).where(jobs.c.id == job.id))
    settle(ctx, case, Act(Tag.TIMER_FIRED, SYSTEM, job.element, {"due": job.due_at.isoformat()}))


def _rearm(ctx: Context, job: Row[Any]) -> bool:
    """Set the next firing of a cycle; overdue firings fold into the one just done."""
    if not job.detail or job.detail.get("left") == 0:
        return False
    cycle, left = Cycle.parse(job.detail["cycle"]), job.detail["left"]
    following = cycle.every.after(job.due_at)
    while following <= ctx.now and left != 0:
        following, left = cycle.every.after(following), left if left is None else left - 1
    detail = {**job.detail, "left": left if left is None else max(left - 1, 0)}
    ctx.db.execute(update(jobs).where(jobs.c.id == job.id).values(due_at=following, detail=detail))
    return True


def _handle(ctx: Context, job_id: str) -> None:
    job = _locked(ctx, job_id)
    if job is None:
        return
    case = cases.lock(ctx, job.case_id)
    element = case.definition.diagram.elements[job.element]
    with ctx.db.begin_nested():
        result = perform(ctx, case, element, SYSTEM)
    case.data.update(result)
    finish(ctx, case, job, SYSTEM)


def finish(ctx: Context, case: cases.Case, job: Row[Any], person: str) -> None:
    """The step of a job is done: its row goes, its incident closes, the case moves on."""
    case.tokens.complete(job.token)
    incidents.resolve(ctx, job.id)
    ctx.db.execute(delete(jobs).where(jobs.c.id == job.id))
    settle(ctx, case, Act(Tag.HANDLER_DONE, person, job.element, {"job": job.id, "attempts": job.attempts + 1}))


def fail(ctx: Context, job_id: str, error: Exception) -> None:
    """Note a failed try: later again after 30 s, 5 min, 1 h, then an incident that waits for a person."""
    job = ctx.db.execute(select(jobs).where(jobs.c.id == job_id).with_for_update()).one_or_none()
    if job is None:
        return
    attempts, waits = job.attempts + 1, SEND_BACK_OFF if job.kind == "send" else RETRY_AFTER
    over = attempts > len(waits)
    due = ctx.now if over else ctx.now + waits[attempts - 1]
    trace = "".join(traceback.format_exception(error))[-4_000:]
    ctx.db.execute(
        update(jobs)
        .where(jobs.c.id == job_id)
        .values(
            attempts=attempts,
            status=FAILED if over else DUE,
            due_at=due,
            error=trace,
        )
    )
    message = error.en if isinstance(error, PrasanError) else f"{type(error).__name__}: {error}"
    kind = "handler" if job.kind == "topic" else job.kind
    incidents.raise_for_job(ctx, job.case_id, job_id, job.element, kind, message)


def retry(ctx: Context, job_id: str, person: Person) -> None:
    """An operator has the job tried again at once; raises `NotFound`."""
    job = ctx.db.execute(select(jobs).where(jobs.c.id == job_id)).one_or_none()
    if job is None:
        raise NotFound(what="job", key=job_id)
    ctx.db.execute(update(jobs).where(jobs.c.id == job_id).values(status=DUE, due_at=ctx.now, attempts=0))
    if job.case_id is not None:
        case_row = cases.lock_row(ctx, job.case_id)
        if case_row.status == cases.RUNNING:
            case = cases.from_row(ctx, case_row)
            case.log(ctx, Tag.JOB_RETRY, person.username, {"job": job_id}, job.element)
            cases.store_head(ctx, case)


def _send(engine: Engine, database: Database, row: Row[Any], send: Send | None) -> None:
    """Hand a message to the mail server, then note it; a crash between repeats the same Message-ID."""
    with database.read() as db:
        message = db.execute(select(outbox).where(outbox.c.id == row.detail["message"])).one()
    if send is not None and message.status != messages.SENT:
        send(message)
    with database.write() as db:
        ctx = engine.context(db)
        messages.mark(ctx, message.id, messages.SENT)
        incidents.resolve(ctx, row.id)
        db.execute(delete(jobs).where(jobs.c.id == row.id))
