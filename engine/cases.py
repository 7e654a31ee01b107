"""The life of a case: start, lock, cancel; what a case is while a command works on it.

One command locks one case row, loads its tokens, changes, settles and stores; whatever
goes wrong rolls the whole command back and leaves the case as it was.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from engine import audit, people
from engine.audit import Tag
from engine.calendar import fiscal_year, today
from engine.context import Context
from engine.definitions import Definition, live
from engine.errors import CaseClosed, NobodyMayStart, NotFound
from engine.people import Person
from engine.spiff import Tokens
from engine.tables import candidates, cases, jobs, tasks
from forms import feel

RUNNING, DONE, CANCELLED = "running", "done", "cancelled"


@dataclass
class Case:
    """A case under work: its row, its definition, its data and its tokens."""

    id: str
    number: str
    process: str
    definition: Definition
    status: str
    title: str
    outcome: str | None
    version: int
    data: dict[str, Any]
    tokens: Tokens
    audit_head: str

    def log(self, ctx: Context, tag: Tag, person: str, detail: Mapping[str, Any], element: str | None = None) -> None:
        """Append an audit event to this case's chain."""
        self.audit_head = audit.record(
            ctx, tag, person, detail, case=self.id, element=element, previous=self.audit_head
        )


def start(ctx: Context, process: str, person: Person, data: Mapping[str, Any] | None = None, business_key: str | None = None) -> Case:
    """Open a case of the live version of a process and run it to its first waits.

    Raises `NotFound` for an unknown process, `NobodyMayStart` for a person outside `start.roles`.
    """
    from engine.settle import Act, settle

    row = live(ctx.db, process)
    if row is None:
        raise NotFound(what="process", key=process)
    definition = ctx.engine.library.get(ctx.db, row.id)
    if not may_start(ctx, definition, person):
        raise NobodyMayStart(person=person.username, process=process)
    case = _open(ctx, definition, person, data or {}, business_key)
    begun = {"definition": definition.id, "version": definition.version}
    settle(ctx, case, Act(Tag.CASE_START, person.username, None, begun))
    return case


def may_start(ctx: Context, definition: Definition, person: Person) -> bool:
    """True when the process's `start.roles` name a group of this person."""
    units = [unit.id for unit in people.units(ctx.db)]
    allowed = people.start_candidates(definition.diagram, units)
    return allowed is None or person.stands_in(allowed)


def _open(ctx: Context, definition: Definition, person: Person, given: Mapping[str, Any], business_key: str | None) -> Case:
    key = uuid.uuid4().hex
    data: dict[str, Any] = {
        **given, "starter": person.username, "starter_unit": person.unit,
        "fiscal_year": fiscal_year(today(ctx.engine.clock)),
    }
    tokens = Tokens.begin(definition.spec, evaluator(ctx), data)
    ctx.db.execute(insert(cases), {
        "id": key, "number": key, "definition_id": definition.id, "process": definition.process, "title": "",
        "status": RUNNING, "business_key": business_key, "started_at": ctx.now, "started_by": person.username,
        "version": 1, "data": {}, "state": [], "audit_head": "",
    })
    return Case(key, key, definition.process, definition, RUNNING, "", None, 1, data, tokens, "")


def lock(ctx: Context, case_id: str) -> Case:
    """Lock a case for this transaction and load it; raises `NotFound` or `CaseClosed`."""
    return from_row(ctx, lock_row(ctx, case_id))


def lock_row(ctx: Context, case_id: str) -> Row[Any]:
    """Lock a case's row for this transaction; raises `NotFound`."""
    row = ctx.db.execute(select(cases).where(cases.c.id == case_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound(what="case", key=case_id)
    return row


def from_row(ctx: Context, row: Row[Any]) -> Case:
    """The case of a locked row; raises `CaseClosed` when it is not running."""
    if row.status != RUNNING:
        raise CaseClosed(number=row.number, status=row.status)
    definition = ctx.engine.library.get(ctx.db, row.definition_id)
    data = row.data
    tokens = Tokens.restore(definition.spec, row.state, evaluator(ctx), data)
    return Case(
        row.id, row.number, row.process, definition, row.status, row.title, row.outcome, row.version, data, tokens,
        row.audit_head,
    )


def store(ctx: Context, case: Case) -> None:
    """Write the case back with a new version."""
    case.version += 1
    ended = ctx.now if case.status != RUNNING else None
    ctx.db.execute(update(cases).where(cases.c.id == case.id).values(
        title=case.title, status=case.status, outcome=case.outcome, version=case.version, data=case.data,
        state=case.tokens.dump() if case.status == RUNNING else [], audit_head=case.audit_head, ended_at=ended,
    ))


def store_head(ctx: Context, case: Case) -> None:
    """Write back only that the case was touched: its audit head and version."""
    case.version += 1
    values = {"audit_head": case.audit_head, "version": case.version}
    ctx.db.execute(update(cases).where(cases.c.id == case.id).values(**values))


def cancel(ctx: Context, case_id: str, person: Person, reason: str) -> None:
    """Stop a running case for a stated reason; open tasks and jobs go with it."""
    case = lock(ctx, case_id)
    case.tokens.cancel()
    case.status = CANCELLED
    close_work(ctx, case.id)
    case.log(ctx, Tag.CASE_CANCEL, person.username, {"reason": reason})
    store(ctx, case)


def close_work(ctx: Context, case_id: str) -> None:
    """Withdraw every open task and waiting job of a case."""
    open_tasks = select(tasks.c.id).where(tasks.c.case_id == case_id, tasks.c.status == "open")
    ctx.db.execute(delete(candidates).where(candidates.c.task_id.in_(open_tasks)))
    ctx.db.execute(update(tasks).where(tasks.c.case_id == case_id, tasks.c.status == "open").values(status="cancelled"))
    ctx.db.execute(delete(jobs).where(jobs.c.case_id == case_id, jobs.c.kind != "send", jobs.c.status == "due"))


def evaluator(ctx: Context) -> Any:
    """How conditions are evaluated: FEEL over case data, with the engine's clock."""
    now = ctx.now
    return lambda text, data: feel.plain(feel.compile_expression(text).evaluate(data, now))


def text_value(ctx: Context, text: str, data: Mapping[str, Any]) -> Any:
    """A value written in a diagram: `${…}` or `=…` is evaluated, anything else stands for itself."""
    stripped = text.strip()
    if stripped.startswith(("${", "#{", "=")):
        return evaluator(ctx)(stripped, data)
    return stripped
