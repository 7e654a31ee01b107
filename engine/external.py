"""Steps that outside programs do: fetched and locked over HTTP, completed, failed, given back.

An outside worker serves the jobs of topics that no handler serves. A lock is a promise for
some time: when it runs out the step may be fetched again, and what the slower worker brings
is refused. Locks are taken in the order case, job; fetching locks jobs only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, update

from engine import case as cases
from engine import incidents, variables
from engine import jobs as job_commands
from engine.audit import Tag
from engine.case import Case, text_value
from engine.context import Context
from engine.diagram import Element
from engine.errors import LockedByAnother, NotFound, WorkersOnly
from engine.people import Person
from engine.settle import Act, map_outputs, settle
from engine.tables import cases as cases_table
from engine.tables import jobs

WORKERS = "workers"  # the group whose members may serve topics
LONGEST_LOCK = timedelta(days=7)
MOST_TASKS = 1_000
LONGEST_MESSAGE = 2_000
LONGEST_TRACE = 4_000


@dataclass(frozen=True)
class Subscription:
    """What a worker asks for: a topic, for how long, and which cases only."""

    topic: str
    lock: timedelta
    processes: tuple[str, ...] = ()
    definitions: tuple[str, ...] = ()
    business_key: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


def may_work(person: Person) -> bool:
    """True for operators and members of the group of outside workers."""
    return person.operator or WORKERS in person.candidates


def workers_only(person: Person) -> None:
    """Raises `WorkersOnly` for everybody who may not serve topics."""
    if not may_work(person):
        raise WorkersOnly(person=person.username)


def waiting(ctx: Context, topic: str | None = None, case_id: str | None = None) -> list[Row[Any]]:
    """Every open step of outside topics with its case, oldest first."""
    query = _with_case().where(_outside(ctx)).order_by(jobs.c.due_at, jobs.c.id)
    query = query.where(jobs.c.topic == topic) if topic else query
    return list(ctx.db.execute(query.where(jobs.c.case_id == case_id) if case_id else query))


# --- fetching ------------------------------------------------------------------------------------


def waits(ctx: Context, wanted: Sequence[Subscription]) -> bool:
    """True when a step that somebody asks for can be locked now; only reads."""
    return any(_matching(ctx, subscription, 1, use_priority=False, lock=False) for subscription in wanted)


def fetch_and_lock(
    ctx: Context, worker: str, wanted: Sequence[Subscription], most: int, *, use_priority: bool = False
) -> list[Row[Any]]:
    """Lock up to `most` free steps for a worker; each row is the job with its case. Nobody else gets them meanwhile."""
    taken: list[Row[Any]] = []
    for subscription in wanted:
        left = min(most, MOST_TASKS) - len(taken)
        rows = _matching(ctx, subscription, left, use_priority=use_priority, lock=True) if left > 0 else []
        until = ctx.now + subscription.lock
        for row in rows:
            ctx.db.execute(update(jobs).where(jobs.c.id == row.id).values(lock_owner=worker, lock_until=until))
        taken += [find(ctx, row.id) for row in rows]
    return taken


def _matching(ctx: Context, wanted: Subscription, most: int, *, use_priority: bool, lock: bool) -> list[Row[Any]]:
    free = or_(jobs.c.lock_until.is_(None), jobs.c.lock_until <= ctx.now)
    ready = and_(_outside(ctx), jobs.c.topic == wanted.topic, jobs.c.status == job_commands.DUE, free)
    query = _with_case().where(ready, cases_table.c.status == cases.RUNNING, *_only(wanted))
    first = (jobs.c.priority.desc(),) if use_priority else ()
    query = query.order_by(*first, jobs.c.due_at, jobs.c.id)
    if not wanted.values:
        return list(ctx.db.execute(_locking(query.limit(most), lock=lock)))
    fitting = [row.id for row in ctx.db.execute(query.limit(MOST_TASKS)) if _fits(row, wanted.values)]
    return list(ctx.db.execute(_locking(query.where(jobs.c.id.in_(fitting)).limit(most), lock=lock)))


def _locking(query: Select[Any], *, lock: bool) -> Select[Any]:
    return query.with_for_update(of=jobs, skip_locked=True) if lock else query


def _outside(ctx: Context) -> ColumnElement[bool]:
    """Jobs that no handler of ours does."""
    return and_(jobs.c.kind == "topic", jobs.c.topic.is_not(None), jobs.c.topic.not_in(sorted(ctx.engine.topics.names)))


def _only(wanted: Subscription) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.processes:
        found.append(cases_table.c.process.in_(wanted.processes))
    if wanted.definitions:
        found.append(cases_table.c.definition_id.in_(wanted.definitions))
    if wanted.business_key is not None:
        found.append(cases_table.c.business_key == wanted.business_key)
    return found


def _fits(row: Row[Any], values: Mapping[str, Any]) -> bool:
    return all(row.data.get(name) == value for name, value in values.items())


def _with_case() -> Select[Any]:
    c = cases_table.c
    columns = (c.process, c.definition_id, c.business_key, c.data, c.number, c.status.label("case_status"))
    return select(jobs, *columns).join(cases_table, c.id == jobs.c.case_id)


def find(ctx: Context, job_id: str) -> Row[Any]:
    """An open step of an outside topic with its case; raises `NotFound` for an unknown or finished one."""
    row = ctx.db.execute(_with_case().where(jobs.c.id == job_id, _outside(ctx))).one_or_none()
    if row is None:
        raise NotFound(what="external task", key=job_id)
    return row


def inputs(ctx: Context, row: Row[Any]) -> dict[str, Any]:
    """The step's own input parameters, as the diagram says."""
    element = element_of(ctx, row)
    return {name: text_value(ctx, text, row.data) for name, text in element.inputs.items()}


def element_of(ctx: Context, row: Row[Any]) -> Element:
    """The step in its diagram."""
    return ctx.engine.library.get(ctx.db, row.definition_id).diagram.elements[row.element]


# --- what a worker does with a step ------------------------------------------------------------------


def complete(
    ctx: Context,
    job_id: str,
    worker: str,
    person: Person,
    given: Mapping[str, Any],
    local: Mapping[str, Any] | None = None,
) -> None:
    """The step is done: its results become case data as a handler's would, and the case moves on.

    `local` is seen by the step's output parameters only. Raises `NotFound`, `LockedByAnother`,
    `VariableRefused` or `CaseClosed`.
    """
    case, job = _mine(ctx, job_id, worker)
    _write(ctx, case, job, given, local or {})
    job_commands.finish(ctx, case, job, person.username)


def _write(ctx: Context, case: Case, job: Row[Any], given: Mapping[str, Any], local: Mapping[str, Any]) -> None:
    element = case.definition.diagram.elements[job.element]
    result = {**variables.accept(given), **(variables.accept(local) if element.outputs else {})}
    case.data.update(map_outputs(ctx, case, element, result))


def failure(
    ctx: Context,
    job_id: str,
    worker: str,
    person: Person,
    message: str,
    details: str = "",
    retries: int = 0,
    wait: timedelta = timedelta(),
) -> None:
    """A try has failed. With retries left the step can be fetched again after `wait`, else a person must retry it."""
    case, job = _mine(ctx, job_id, worker)
    left = max(retries, 0)
    values = {
        "attempts": job.attempts + 1,
        "error": (details or message)[-LONGEST_TRACE:],
        "detail": {"retries": left, "message": message[:LONGEST_MESSAGE]},
        "status": job_commands.DUE if left else job_commands.FAILED,
        "lock_owner": None,
        "lock_until": ctx.now + min(wait, LONGEST_LOCK) if left and wait else None,
    }
    ctx.db.execute(update(jobs).where(jobs.c.id == job.id).values(**values))
    if not left:
        incidents.raise_for_job(ctx, case.id, job.id, job.element, "handler", message)
    detail = {"job": job.id, "attempt": job.attempts + 1, "worker": worker, "retries": left}
    case.log(ctx, Tag.HANDLER_FAILED, person.username, detail, job.element)
    cases.store_head(ctx, case)


def bpmn_error(
    ctx: Context,
    job_id: str,
    worker: str,
    person: Person,
    code: str,
    message: str = "",
    given: Mapping[str, Any] | None = None,
) -> bool:
    """The step ends in an error of the diagram: True when an error event catches it, else a person must look."""
    case, job = _mine(ctx, job_id, worker)
    _write(ctx, case, job, given or {}, {})
    if case.tokens.fail(job.token, code):
        detail = {"job": job.id, "attempt": job.attempts + 1, "worker": worker, "code": code}
        settle(ctx, case, Act(Tag.HANDLER_FAILED, person.username, job.element, detail))
        return True
    uncaught = f"no error event catches {code}: {message}"
    failure(ctx, job_id, worker, person, uncaught[:LONGEST_MESSAGE])
    return False


def lock(ctx: Context, job_id: str, worker: str, duration: timedelta) -> None:
    """Lock a step that nobody else holds; raises `LockedByAnother`."""
    job = _locked(ctx, job_id)
    if job.lock_owner not in (None, worker) and job.lock_until is not None and job.lock_until > ctx.now:
        raise LockedByAnother(key=job_id, worker=worker, owner=job.lock_owner)
    _hold(ctx, job_id, worker, duration)


def extend_lock(ctx: Context, job_id: str, worker: str, duration: timedelta) -> None:
    """Hold a step for some time from now on; raises `LockedByAnother`."""
    _own(_locked(ctx, job_id), worker)
    _hold(ctx, job_id, worker, duration)


def _hold(ctx: Context, job_id: str, worker: str, duration: timedelta) -> None:
    until = ctx.now + duration
    ctx.db.execute(update(jobs).where(jobs.c.id == job_id).values(lock_owner=worker, lock_until=until))


def unlock(ctx: Context, job_id: str) -> None:
    """Give a step back, so that any worker can fetch it."""
    _locked(ctx, job_id)
    ctx.db.execute(update(jobs).where(jobs.c.id == job_id).values(lock_owner=None, lock_until=None))


def _mine(ctx: Context, job_id: str, worker: str) -> tuple[Case, Row[Any]]:
    """The locked case of a step that this worker holds, and its job."""
    case_id = find(ctx, job_id).case_id
    row = cases.lock_row(ctx, case_id)
    job = _own(_locked(ctx, job_id), worker)
    return cases.from_row(ctx, row), job


def _locked(ctx: Context, job_id: str) -> Row[Any]:
    query = select(jobs).where(jobs.c.id == job_id, _outside(ctx))
    job = ctx.db.execute(query.with_for_update()).one_or_none()
    if job is None:
        raise NotFound(what="external task", key=job_id)
    return job


def _own(job: Row[Any], worker: str) -> Row[Any]:
    if job.lock_owner != worker or job.status != job_commands.DUE:
        raise LockedByAnother(key=job.id, worker=worker, owner=job.lock_owner or "")
    return job
