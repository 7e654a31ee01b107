"""What pages read: the worklist, a case with its history, lists of cases. Writes nothing.

A case is seen by whoever started it, whoever is or was asked to work on it, and
operators; for everybody else it does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, func, or_, select

from engine import definitions, documents, incidents, lookups, messages, people
from engine.context import Context
from engine.definitions import Definition
from engine.errors import NotFound
from engine.people import Person
from engine.tables import audit, candidates, cases, comments, participants, tasks
from engine.tables import people as people_table
from forms.display import Line, describe

PAGE = 50


def worklist(ctx: Context, person: Person, *, scope: str = "all", process: str = "", words: str = "", page: int = 1) -> tuple[list[Row[Any]], int]:
    """Open tasks this person may do, most urgent first, and how many there are.

    `scope` is all, mine (claimed by me) or free (claimed by nobody).
    """
    mine = tasks.c.claimed_by == person.username
    claimed = {"mine": mine, "free": tasks.c.claimed_by.is_(None)}.get(scope, or_(mine, tasks.c.claimed_by.is_(None)))
    where = [tasks.c.status == "open", _held(person), claimed, *_matching(process, words)]
    joined = tasks.join(cases, cases.c.id == tasks.c.case_id)
    count = ctx.db.execute(select(func.count()).select_from(joined).where(*where)).scalar_one()
    query = (
        select(tasks, cases.c.number, cases.c.title, cases.c.process, cases.c.started_at).select_from(joined).where(*where)
        .order_by(tasks.c.due_at.is_(None), tasks.c.due_at, tasks.c.created_at, tasks.c.id)
        .limit(PAGE).offset((page - 1) * PAGE)
    )
    return list(ctx.db.execute(query)), count


def _held(person: Person) -> ColumnElement[bool]:
    mine = select(candidates.c.task_id).where(candidates.c.candidate.in_(sorted(person.candidates)))
    return tasks.c.id.in_(mine)


def _matching(process: str, words: str) -> list[ColumnElement[bool]]:
    like = f"%{words.replace('%', '').replace('_', '')}%"
    found: list[ColumnElement[bool]] = [cases.c.process == process] if process else []
    return found + ([or_(cases.c.number.like(like), cases.c.title.like(like))] if words else [])


def startable(ctx: Context, person: Person) -> list[Row[Any]]:
    """Live definitions of which this person may open a case."""
    units = [unit.id for unit in people.units(ctx.db)]
    found = []
    for row in definitions.all_live(ctx.db):
        allowed = people.start_candidates(ctx.engine.library.get(ctx.db, row.id).diagram, units)
        if allowed is None or person.stands_in(allowed):
            found.append(row)
    return found


def case_list(ctx: Context, person: Person, *, status: str = "", process: str = "", words: str = "", page: int = 1) -> tuple[list[Row[Any]], int]:
    """Cases this person may see, newest first, and how many there are."""
    where = [*_matching(process, words), *_visible(person)] + ([cases.c.status == status] if status else [])
    count = ctx.db.execute(select(func.count()).select_from(cases).where(*where)).scalar_one()
    columns = [c for c in cases.c if c.name not in ("data", "state")]
    query = select(*columns).where(*where).order_by(cases.c.started_at.desc(), cases.c.id)
    return list(ctx.db.execute(query.limit(PAGE).offset((page - 1) * PAGE))), count


def _visible(person: Person) -> list[ColumnElement[bool]]:
    if person.operator:
        return []
    took_part = exists().where(
        and_(participants.c.case_id == cases.c.id, participants.c.candidate.in_(sorted(person.candidates)))
    )
    return [or_(cases.c.started_by == person.username, took_part)]


def case_row(ctx: Context, number: str, person: Person) -> Row[Any]:
    """A case by its number for somebody who may see it; raises `NotFound`."""
    row = ctx.db.execute(select(cases).where(cases.c.number == number, *_visible(person))).one_or_none()
    if row is None:
        raise NotFound(what="case", key=number)
    return row


def may_see(ctx: Context, case_id: str, person: Person) -> bool:
    """True when this person may read the case."""
    return ctx.db.execute(select(cases.c.id).where(cases.c.id == case_id, *_visible(person))).first() is not None


@dataclass(frozen=True)
class Entry:
    """A finished task as people read it: who, when, on which instance, with which answers."""

    task: Row[Any]
    by: str
    lines: list[Line]


@dataclass(frozen=True)
class CaseView:
    """Everything the case page shows."""

    row: Row[Any]
    definition: Definition
    done: list[str]
    current: dict[str, int]
    open_tasks: list[Row[Any]]
    entries: list[Entry]
    events: list[Row[Any]]
    documents: list[Row[Any]]
    messages: list[Row[Any]]
    incidents: list[Row[Any]]
    comments: list[Row[Any]]
    names: Mapping[str, str]
    groups: Mapping[str, str]


def case(ctx: Context, number: str, person: Person) -> CaseView:
    """The case page of a case; raises `NotFound` for somebody who may not see it."""
    row = case_row(ctx, number, person)
    definition = ctx.engine.library.get(ctx.db, row.definition_id)
    all_tasks = _tasks(ctx, row.id)
    events = list(ctx.db.execute(select(audit).where(audit.c.case_id == row.id).order_by(audit.c.id)))
    names = _names(ctx)
    open_tasks = [task for task in all_tasks if task.status == "open"]
    return CaseView(
        row=row, definition=definition, done=_passed(events), current=_count(open_tasks), open_tasks=open_tasks,
        entries=_entries(ctx, definition, all_tasks, names), events=events, documents=documents.of_case(ctx, row.id),
        messages=messages.of_case(ctx, row.id), incidents=incidents.open_incidents(ctx, row.id),
        comments=_comments(ctx, row.id), names=names, groups=people.group_names(ctx.db),
    )


def _tasks(ctx: Context, case_id: str) -> list[Row[Any]]:
    return list(ctx.db.execute(select(tasks).where(tasks.c.case_id == case_id).order_by(tasks.c.created_at, tasks.c.item)))


def _passed(events: list[Row[Any]]) -> list[str]:
    return list(dict.fromkeys(step for event in events for step in event.detail.get("path", ())))


def _count(open_tasks: list[Row[Any]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for task in open_tasks:
        found[task.element] = found.get(task.element, 0) + 1
    return found


def _entries(ctx: Context, definition: Definition, all_tasks: list[Row[Any]], names: Mapping[str, str]) -> list[Entry]:
    lists = lookups.fill(ctx, lookups.LOOKUPS)
    found = []
    for task in sorted((t for t in all_tasks if t.status == "done"), key=lambda t: t.done_at):
        form = definition.form(task.element)
        lines = describe(form, task.answers or {}, lists) if form else []
        found.append(Entry(task, names.get(task.done_by, task.done_by), lines))
    return found


def _comments(ctx: Context, case_id: str) -> list[Row[Any]]:
    return list(ctx.db.execute(select(comments).where(comments.c.case_id == case_id).order_by(comments.c.at)))


def _names(ctx: Context) -> dict[str, str]:
    rows = ctx.db.execute(select(people_table.c.username, people_table.c.name))
    return {row.username: row.name for row in rows} | {"system": "ระบบ"}
