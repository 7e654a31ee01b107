"""What waits for a person: the worklist, and the task to go on with. Writes nothing."""

from __future__ import annotations

import functools
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, bindparam, exists, func, or_, select, true

from engine.access import HELD, who
from engine.columns import Moment
from engine.context import Context
from engine.people import Person
from engine.tables import candidates, cases, groups, people, tasks
from engine.tasks import conflict

PAGE = 50
ASKED = exists().where(candidates.c.task_id == tasks.c.id, candidates.c.candidate.in_(HELD))


class Waiting(NamedTuple):
    """One open task with its case, its claimer's and its unit's name."""

    id: str
    element: str
    name: str
    item: str | None
    created_at: datetime
    due_at: datetime | None
    claimed_by: str | None
    number: str
    title: str
    claimer: str | None
    unit: str | None


_OWN = (tasks.c[name] for name in Waiting._fields[:7])
_LISTED = (*_OWN, cases.c.number, cases.c.title, people.c.name, groups.c.name)


class Worklist(NamedTuple):
    """One page of open tasks, and how many there are: of all, claimed by me, claimed by nobody, late."""

    rows: list[Waiting]
    all: int
    mine: int
    free: int
    late: int


def worklist(
    ctx: Context, person: Person, *, scope: str = "all", process: str = "", words: str = "", page: int = 1
) -> Worklist:
    """Open tasks of a person's groups, most urgent first.

    `scope` is all, mine (claimed by me), free (claimed by nobody) or late (past its due time).
    """
    given = {"process": process, "like": like(words), "now": ctx.now, "first": (page - 1) * PAGE}
    which = _worklist(scope, by_process=bool(process), by_words=bool(words))
    rows = ctx.db.execute(which, {**who(person), **given}).all()
    return Worklist([Waiting._make(row[4:]) for row in rows if row.id], *rows[0][:4])


@functools.cache  # one of sixteen; building a statement costs several times what running it does
def _worklist(scope: str, *, by_process: bool, by_words: bool) -> Select[Any]:
    """Counts and one page in one statement, so that the person's tasks are gone through once."""
    mine = select(candidates.c.task_id).where(candidates.c.candidate.in_(HELD))  # they stand only on open tasks
    matching = [cases.c.process == bindparam("process")] if by_process else []
    matching += [titled(bindparam("like"))] if by_words else []
    joined = tasks.join(cases, cases.c.id == tasks.c.case_id)
    columns = (tasks.c.id, tasks.c.due_at, tasks.c.created_at, tasks.c.claimed_by)
    source = joined if matching else tasks
    held = select(*columns).select_from(source).where(tasks.c.id.in_(mine), *matching).cte("held")
    scopes = {
        "mine": held.c.claimed_by == bindparam("person"),
        "free": held.c.claimed_by.is_(None),
        "late": held.c.due_at < bindparam("now", type_=Moment),
    }
    sums = (func.count().filter(which).label(name) for name, which in scopes.items())
    counts = select(func.count().label("every"), *sums).select_from(held).cte("counts")
    shown = select(held.c.id).where(scopes.get(scope, true())).order_by(*_urgency(held.c)).limit(PAGE)
    page = shown.offset(bindparam("first")).cte("page")
    named = counts.outerjoin(page, true()).outerjoin(tasks, tasks.c.id == page.c.id)
    named = named.outerjoin(cases, cases.c.id == tasks.c.case_id)
    named = named.outerjoin(people, people.c.username == tasks.c.claimed_by)
    named = named.outerjoin(groups, groups.c.id == tasks.c.item)
    return select(counts, *_LISTED).select_from(named).order_by(*_urgency(tasks.c))


def _urgency(of: Any) -> tuple[Any, ...]:
    """The first that is due first, then the oldest."""
    return of.due_at.is_(None), of.due_at, of.created_at, of.id


def like(words: str) -> str:
    """The pattern of a search; what people type is no pattern itself."""
    return f"%{words.replace('%', '').replace('_', '')}%"


def titled(pattern: Any) -> ColumnElement[bool]:
    """The condition that a case's number or title is like a pattern."""
    return or_(cases.c.number.ilike(pattern), cases.c.title.ilike(pattern))


_NEXT = (
    select(tasks.c.id, tasks.c.case_id, tasks.c.element, cases.c.definition_id)
    .join(cases, cases.c.id == tasks.c.case_id)
    .where(tasks.c.case_id == bindparam("case"), tasks.c.status == "open", ASKED)
    .where(or_(tasks.c.claimed_by == bindparam("person"), tasks.c.claimed_by.is_(None)))
    .order_by(tasks.c.claimed_by.is_(None), tasks.c.created_at, tasks.c.item)
)


def next_task(ctx: Context, case_id: str, person: Person) -> str | None:
    """The open task of a case that this person can go on with, claimed or asked first; None when others must act."""
    rows: list[Row[Any]] = list(ctx.db.execute(_NEXT, {"case": case_id, **who(person)}))
    for row in rows:
        if conflict(ctx, row, person, ctx.engine.library.get(ctx.db, row.definition_id)) is None:
            return str(row.id)
    return None


_TASK_NAME = select(tasks.c.name).where(tasks.c.id == bindparam("task"))


def task_name(ctx: Context, task_id: str) -> str:
    """What a task is called."""
    return str(ctx.db.execute(_TASK_NAME, {"task": task_id}).scalar_one())
