"""Due work: timers, failed handlers that try again, messages that leave the house, the daily watch.

Each due row is signed, then done in a transaction of its own with the case it belongs to:
the job's effect, its deletion and the case's advance commit together, so a worker that is
killed leaves the row due. Its signature tells the next worker that a try was used up, so
that a row which kills its workers ends as an incident. Sending mail stands outside any
transaction, under a lease, and is at-least-once with the message's id as Message-ID.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, func, or_, select, true, update

from engine import case as cases
from engine import housekeeping, incidents, messages
from engine.audit import SYSTEM, Tag
from engine.calendar import Cycle, next_morning
from engine.context import Context, Engine
from engine.database import Database
from engine.database.statements import upsert
from engine.errors import Busy, NotFound, PrasanError, WorkerDied
from engine.people import Person
from engine.settle import RETRY_AFTER, Act, perform, settle
from engine.tables import cases as cases_table
from engine.tables import jobs
from engine.tables import messages as outbox
from engine.tables.base import new_id

DUE, FAILED = "due", "failed"
SEND_BACK_OFF = tuple(timedelta(seconds=10 * 2**n) for n in range(13))  # 10 s doubling to 12 hours
SIGNED = timedelta(seconds=2)  # from its signature until the worker has locked the row, it is nobody else's
SEND_LEASE = timedelta(minutes=2)  # longer than a mail server is waited for
WATCH = "watch"  # kind and id of the one row that watches agreements every morning
UNSIGNED: dict[str, None] = {"lock_owner": None, "lock_until": None}
WATCH_RETRY = timedelta(hours=1)
Send = Callable[[Row[Any]], None]


class Outcome(Enum):
    """What became of an attempt: signed, something was done, nothing is due, or its case is being worked on."""

    SIGNED = "signed"
    TOUCHED = "touched"
    NOTHING = "nothing"
    ELSEWHERE = "elsewhere"


@dataclass
class _Attempt:
    """One due row under work; `signed` is its id once `owner` stands on it, `message` is what is to be sent."""

    job: Row[Any] | None = None
    message: Row[Any] | None = None
    owner: str = field(default_factory=new_id)
    signed: str = ""

    @property
    def mine(self) -> ColumnElement[bool]:
        """The row as long as nobody else has signed it."""
        return and_(jobs.c.id == self.signed, jobs.c.lock_owner == self.owner)


def run_due(engine: Engine, database: Database, send: Send | None = None, limit: int = 100) -> int:
    """Do what is due, oldest first within a priority; returns how many jobs were touched."""
    seen: set[str] = set()
    count = 0
    due = next_due(engine, database, mail=send is not None)
    while due is not None and due <= engine.clock.now() and count < limit:
        outcome = _attempt(engine, database, jobs.c.id.not_in(seen) if seen else true(), send, seen)
        if outcome is Outcome.NOTHING:
            break
        count += outcome is Outcome.TOUCHED
    return count


def run_one(engine: Engine, database: Database, job_id: str, send: Send | None = None) -> Outcome:
    """Do one row if it is still due."""
    return _attempt(engine, database, jobs.c.id == job_id, send, set())


def next_due(engine: Engine, database: Database, *, mail: bool) -> datetime | None:
    """When the next row is due that can be done here, None when nothing waits."""
    with database.read() as db:
        return db.execute(select(func.min(jobs.c.due_at)).where(_ours(engine, mail=mail))).scalar()


def _attempt(
    engine: Engine, database: Database, which: ColumnElement[bool], send: Send | None, seen: set[str]
) -> Outcome:
    attempt = _Attempt()
    try:
        with database.write() as db:
            outcome = _begin(engine.context(db), attempt, which, mail=send is not None)
        if outcome is Outcome.SIGNED:
            with database.write() as db:
                outcome = _begin(engine.context(db), attempt, attempt.mine, mail=False)
        if attempt.message is not None and send is not None:
            send(attempt.message)
            with database.write() as db:
                _sent(engine.context(db), attempt)
    except Busy:
        outcome = Outcome.ELSEWHERE
    except Exception as error:  # a handler or a mail server may raise anything
        if attempt.job is None:
            raise
        outcome = Outcome.TOUCHED
        with database.write() as db:
            fail(engine.context(db), attempt.job.id, error)
    if outcome is Outcome.ELSEWHERE and attempt.signed:
        with database.write() as db:
            _free(engine.context(db), attempt)
    if attempt.job is not None:
        seen.add(attempt.job.id)
    return outcome


def _begin(ctx: Context, attempt: _Attempt, which: ColumnElement[bool], *, mail: bool) -> Outcome:
    """Lock the next due row and do it. Waiting for its case could deadlock with who waits for this row.

    What is signed is waited for: PostgreSQL may have another worker hold it, who only looked and did not want it.
    """
    ready = and_(_ours(ctx.engine, mail=mail, owner=attempt.owner), jobs.c.due_at <= ctx.now, which)
    query = select(jobs).where(ready).order_by(jobs.c.priority.desc(), jobs.c.due_at).limit(1)
    attempt.job = job = ctx.db.execute(query.with_for_update(skip_locked=not attempt.signed)).one_or_none()
    if job is None:
        return Outcome.NOTHING
    if job.kind == "send":
        _lease(ctx, attempt, job)
    elif not attempt.signed:
        return _sign(ctx, attempt, job)
    elif job.kind == WATCH:
        housekeeping.daily(ctx)
        _tomorrow(ctx)
    else:
        row = cases.try_lock_row(ctx, job.case_id)
        if row is None or row.status == cases.SUSPENDED:
            return Outcome.ELSEWHERE
        _advance(ctx, job, row)
    return Outcome.TOUCHED


def _sign(ctx: Context, attempt: _Attempt, job: Row[Any]) -> Outcome:
    """Put a name to the row before it is done. A name found there is of a worker that died at it: a try is over."""
    died = job.lock_owner is not None
    if died and _again(job.kind, job.attempts + 1) is None:
        fail(ctx, job.id, WorkerDied())
        return Outcome.TOUCHED
    signed = {"lock_owner": attempt.owner, "lock_until": ctx.now + SIGNED, "attempts": job.attempts + died}
    ctx.db.execute(update(jobs).where(jobs.c.id == job.id).values(**signed))
    attempt.signed = job.id
    return Outcome.SIGNED


def _free(ctx: Context, attempt: _Attempt) -> None:
    """The row was not tried after all."""
    ctx.db.execute(update(jobs).where(attempt.mine).values(**UNSIGNED))


def _ours(engine: Engine, *, mail: bool, owner: str = "") -> ColumnElement[bool]:
    """Rows that wait for a worker of ours: not for an outside one, not under a lease, not of a suspended case."""
    served = or_(jobs.c.topic.is_(None), jobs.c.topic.in_(sorted(engine.topics.names)))
    kinds = ["timer", "topic", WATCH, *(["send"] if mail else [])]
    held = select(cases_table.c.id).where(cases_table.c.status == cases.SUSPENDED)
    awake = or_(jobs.c.kind.in_(["send", WATCH]), jobs.c.case_id.not_in(held))
    free = or_(jobs.c.lock_until.is_(None), jobs.c.lock_until <= engine.clock.now(), jobs.c.lock_owner == owner)
    return and_(jobs.c.status == DUE, jobs.c.kind.in_(kinds), served, free, awake)


def _advance(ctx: Context, job: Row[Any], row: Row[Any]) -> None:
    if row.status != cases.RUNNING:
        _drop(ctx, job.id)
        return
    case = cases.from_row(ctx, row)
    (_fire if job.kind == "timer" else _handle)(ctx, case, job)


def _drop(ctx: Context, job_id: str) -> None:
    incidents.resolve(ctx, job_id)
    ctx.db.execute(delete(jobs).where(jobs.c.id == job_id))


# --- timers -----------------------------------------------------------------------------------


def _fire(ctx: Context, case: cases.Case, job: Row[Any]) -> None:
    case.tokens.fire(job.token)
    if not _rearm(ctx, job):
        _drop(ctx, job.id)
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
    ctx.db.execute(update(jobs).where(jobs.c.id == job.id).values(due_at=following, detail=detail, **UNSIGNED))
    return True


# --- handlers ---------------------------------------------------------------------------------


def _handle(ctx: Context, case: cases.Case, job: Row[Any]) -> None:
    element = case.definition.diagram.elements[job.element]
    with ctx.db.begin_nested():
        result = perform(ctx, case, element, SYSTEM)
    case.data.update(result)
    finish(ctx, case, job, SYSTEM)


def finish(ctx: Context, case: cases.Case, job: Row[Any], person: str) -> None:
    """The step of a job is done: its row goes, its incident closes, the case moves on."""
    case.tokens.complete(job.token)
    _drop(ctx, job.id)
    settle(ctx, case, Act(Tag.HANDLER_DONE, person, job.element, {"job": job.id, "attempts": job.attempts + 1}))


def fail(ctx: Context, job_id: str, error: Exception) -> None:
    """Note a failed try: later again after 30 s, 5 min, 1 h, then an incident that waits for a person."""
    job = _with_case(ctx, job_id)
    if job is None:
        return
    attempts = job.attempts + 1
    again = _again(job.kind, attempts)
    ctx.db.execute(
        update(jobs)
        .where(jobs.c.id == job_id)
        .values(
            attempts=attempts,
            status=FAILED if again is None else DUE,
            due_at=ctx.now + (again or timedelta()),
            error="".join(traceback.format_exception(error))[-4_000:],
            **UNSIGNED,
        )
    )
    message = error.en if isinstance(error, PrasanError) else f"{type(error).__name__}: {error}"
    if job.kind == "send" and again is None:
        messages.mark(ctx, job.detail["message"], messages.FAILED, message)
    kind = "handler" if job.kind == "topic" else job.kind
    incidents.raise_for_job(ctx, job.case_id, job_id, job.element, kind, message)


def _again(kind: str, attempts: int) -> timedelta | None:
    """How long to wait after so many failed tries, None when a person must look; the watch never ends."""
    waits = {"send": SEND_BACK_OFF, WATCH: (WATCH_RETRY,) * attempts}.get(kind, RETRY_AFTER)
    return waits[attempts - 1] if attempts <= len(waits) else None


def _with_case(ctx: Context, job_id: str) -> Row[Any] | None:
    """The job, locked after its case as everybody does, or None when it is gone."""
    case_id = ctx.db.execute(select(jobs.c.case_id).where(jobs.c.id == job_id)).scalar()
    if case_id is not None:
        cases.lock_unread(ctx, case_id)
    return ctx.db.execute(select(jobs).where(jobs.c.id == job_id).with_for_update()).one_or_none()


def retry(ctx: Context, job_id: str, person: Person) -> None:
    """An operator has the job tried again at once; raises `NotFound`."""
    job = _with_case(ctx, job_id)
    if job is None:
        raise NotFound(what="job", key=job_id)
    ctx.db.execute(update(jobs).where(jobs.c.id == job_id).values(status=DUE, due_at=ctx.now, attempts=0, **UNSIGNED))
    if job.case_id is not None:
        case_row = cases.lock_row(ctx, job.case_id)
        if case_row.status == cases.RUNNING:
            case = cases.from_row(ctx, case_row)
            case.log(ctx, Tag.JOB_RETRY, person.username, {"job": job_id}, job.element)
            cases.store_head(ctx, case)


# --- mail -------------------------------------------------------------------------------------


def _lease(ctx: Context, attempt: _Attempt, job: Row[Any]) -> None:
    """Nobody else sends this message for a while; a worker that dies meanwhile is followed by another."""
    message = ctx.db.execute(select(outbox).where(outbox.c.id == job.detail["message"])).one()
    if message.status == messages.SENT:
        _drop(ctx, job.id)
        return
    attempt.message = message
    values = {"lock_owner": attempt.owner, "lock_until": ctx.now + SEND_LEASE}
    ctx.db.execute(update(jobs).where(jobs.c.id == job.id).values(**values))


def _sent(ctx: Context, attempt: _Attempt) -> None:
    """The mail server has the message; a crash before this repeats it with the same Message-ID."""
    if attempt.job is not None and attempt.message is not None:
        messages.mark(ctx, attempt.message.id, messages.SENT)
        _drop(ctx, attempt.job.id)


# --- the daily watch --------------------------------------------------------------------------


def begin_watch(ctx: Context) -> None:
    """Have agreements watched every morning from now on; done before, this changes nothing."""
    row = {"id": WATCH, "kind": WATCH, "due_at": ctx.now, "priority": 0, "attempts": 0, "status": DUE}
    ctx.db.execute(upsert(ctx.db, jobs).values(**row).on_conflict_do_nothing(index_elements=["id"]))


def _tomorrow(ctx: Context) -> None:
    incidents.resolve(ctx, WATCH)
    values = {"due_at": next_morning(ctx.now), "attempts": 0, "error": None, **UNSIGNED}
    ctx.db.execute(update(jobs).where(jobs.c.id == WATCH).values(**values))
