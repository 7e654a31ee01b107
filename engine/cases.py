"""What happens to a case as a whole: somebody starts it, an operator cancels it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from engine import incidents, instances, people, state
from engine.audit import Tag
from engine.calendar import today
from engine.case import CANCELLED, RUNNING, SUSPENDED, Case, evaluator, lock, lock_row, store, store_head
from engine.context import Context
from engine.definitions import live
from engine.errors import CaseClosed, CaseOpened, NobodyMayStart, NotFound
from engine.library import Definition
from engine.people import Person
from engine.settle import Act, settle
from engine.tables import cases, jobs, tasks
from engine.tables.base import new_id
from engine.tokens import Tokens
from forms.dates import fiscal_year

# Built once: building a statement costs several times what running it does. It names no index: two rows of one
# key meet in that of the number too, and PostgreSQL lets one wait in it for the other, which waits in that of the id.
_OPEN = {
    name: kind.insert(cases).on_conflict_do_nothing().returning(cases.c.id)
    for name, kind in (("sqlite", sqlite), ("postgresql", postgresql))
}


def start(
    ctx: Context,
    process: str,
    person: Person,
    data: Mapping[str, Any] | None = None,
    business_key: str | None = None,
    once: str = "",
) -> Case:
    """Open a case of the live version of a process and run it to its first waits.

    `once` is a one-time key: whoever comes again with it, at once or later, gets `CaseOpened`.
    Raises `NotFound` for an unknown process, `NobodyMayStart` for a person outside `start.roles`.
    """
    row = live(ctx.db, process)
    if row is None:
        raise NotFound(what="process", key=process)
    definition = ctx.engine.library.get(ctx.db, row.id)
    if not may_start(ctx, definition, person):
        raise NobodyMayStart(person=person.username, process=process)
    case = _open(ctx, definition, person, data or {}, business_key, _id(person, once))
    begun = {"definition": definition.id, "version": definition.version}
    settle(ctx, case, Act(Tag.CASE_START, person.username, None, begun))
    return case


def _id(person: Person, once: str) -> str:
    """The id of a new case; made of a one-time key, so that the primary key refuses the second."""
    return hashlib.sha256(f"{person.username}:{once}".encode()).hexdigest()[:32] if once else new_id()


def may_start(ctx: Context, definition: Definition, person: Person) -> bool:
    """True when the process's `start.roles` name a group of this person."""
    units = [unit.id for unit in people.units(ctx.db)]
    allowed = people.start_candidates(definition.diagram, units)
    return allowed is None or person.stands_in(allowed)


def _open(
    ctx: Context, definition: Definition, person: Person, given: Mapping[str, Any], business_key: str | None, key: str
) -> Case:
    data: dict[str, Any] = {
        **given,
        "starter": person.username,
        "starter_unit": person.unit,
        "fiscal_year": fiscal_year(today(ctx.engine.clock)),
    }
    row: dict[str, Any] = {
        "id": key,
        "number": key,
        "definition_id": definition.id,
        "process": definition.process,
        "title": "",
        "status": RUNNING,
        "business_key": business_key,
        "started_at": ctx.now,
        "started_by": person.username,
        "version": 1,
        "data": {},
        "state": state.EMPTY,
        "audit_head": "",
    }
    if ctx.db.execute(_OPEN[ctx.db.dialect.name], row).first() is None:
        raise CaseOpened(number=ctx.db.execute(select(cases.c.number).where(cases.c.id == key)).scalar_one())
    tokens = Tokens.at_start(definition.spec, evaluator(ctx), data)
    return Case(key, key, definition.process, definition, RUNNING, "", None, 1, data, tokens, "")


def cancel(ctx: Context, case_id: str, person: Person, reason: str) -> None:
    """Stop a running case for a stated reason; open tasks and jobs go with it."""
    case = lock(ctx, case_id)
    case.status = CANCELLED
    close_work(ctx, case.id)
    incidents.resolve_for_case(ctx, case.id, person.username)
    case.log(ctx, Tag.CASE_CANCEL, person.username, {"reason": reason})
    store(ctx, case)


def suspend(ctx: Context, case_id: str, person: Person, reason: str) -> None:
    """Hold a running case: nobody can work on it and nothing fires until it is resumed."""
    case = lock(ctx, case_id)
    case.log(ctx, Tag.CASE_SUSPEND, person.username, {"reason": reason})
    store_head(ctx, case)
    _set_status(ctx, case_id, SUSPENDED)


def resume(ctx: Context, case_id: str, person: Person) -> None:
    """Let a suspended case go on; raises `CaseClosed` for any other. What fell due meanwhile is done at once."""
    row = lock_row(ctx, case_id)
    if row.status != SUSPENDED:
        raise CaseClosed(number=row.number, status=row.status)
    _set_status(ctx, case_id, RUNNING)
    case = lock(ctx, case_id)
    case.log(ctx, Tag.CASE_RESUME, person.username, {})
    store_head(ctx, case)


def _set_status(ctx: Context, case_id: str, status: str) -> None:
    ctx.db.execute(update(cases).where(cases.c.id == case_id).values(status=status))


def close_work(ctx: Context, case_id: str) -> None:
    """Withdraw every open task and waiting job of a case."""
    instances.withdraw(ctx, tasks.c.case_id == case_id)
    ctx.db.execute(delete(jobs).where(jobs.c.case_id == case_id, jobs.c.kind != "send"))
