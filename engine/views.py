"""What pages read: the worklist, a case with its history, lists of cases. Writes nothing.

A case is seen by whoever started it, whoever is or was asked to work on it, and
operators; for everybody else it does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, func, or_, select, true
from sqlalchemy import case as case_when

from engine import comments, definitions, documents, incidents, lookups, messages, people
from engine import tasks as task_commands
from engine.access import seen_by
from engine.cases import may_start
from engine.context import Context
from engine.definitions import Definition
from engine.diagram import Element
from engine.errors import NotFound
from engine.people import Person
from engine.tables import audit, candidates, cases, groups, tasks
from engine.tables import people as people_table
from forms.display import Line, describe
from forms.schema import Form

PAGE = 50


class Worklist(NamedTuple):
    """One page of open tasks, and how many there are: of all, claimed by me, claimed by nobody, late."""

    rows: list[Row[Any]]
    all: int
    mine: int
    free: int
    late: int


def worklist(
    ctx: Context, person: Person, *, scope: str = "all", process: str = "", words: str = "", page: int = 1
) -> Worklist:
    """Open tasks of a person's groups, most urgent first, each with its case, its claimer's and its unit's name.

    `scope` is all, mine (claimed by me), free (claimed by nobody) or late (past its due time).
    """
    scopes = {
        "mine": tasks.c.claimed_by == person.username,
        "free": tasks.c.claimed_by.is_(None),
        "late": tasks.c.due_at < ctx.now,
    }
    where = [_held(person), *_matching(process, words)]  # candidates stand only on open tasks
    joined = tasks.join(cases, cases.c.id == tasks.c.case_id)
    searched = joined if process or words else tasks
    counted = [func.count(), *(func.coalesce(func.sum(case_when((which, 1), else_=0)), 0) for which in scopes.values())]
    every, mine, free, late = ctx.db.execute(select(*counted).select_from(searched).where(*where)).one()
    urgency = (tasks.c.due_at.is_(None), tasks.c.due_at, tasks.c.created_at, tasks.c.id)
    shown = select(tasks.c.id).select_from(searched).where(*where, scopes.get(scope, true())).order_by(*urgency)
    page_of_ids = shown.limit(PAGE).offset((page - 1) * PAGE).subquery()
    named = joined.outerjoin(people_table, people_table.c.username == tasks.c.claimed_by)
    named = named.outerjoin(groups, groups.c.id == tasks.c.item)
    claimer, unit = people_table.c.name.label("claimer"), groups.c.name.label("unit")
    query = (
        select(tasks, cases.c.number, cases.c.title, cases.c.process, claimer, unit)
        .select_from(named.join(page_of_ids, page_of_ids.c.id == tasks.c.id))
        .order_by(*urgency)
    )
    return Worklist(list(ctx.db.execute(query)), every, mine, free, late)


def _held(person: Person) -> ColumnElement[bool]:
    mine = select(candidates.c.task_id).where(candidates.c.candidate.in_(sorted(person.candidates)))
    return tasks.c.id.in_(mine)


def _matching(process: str, words: str) -> list[ColumnElement[bool]]:
    like = f"%{words.replace('%', '').replace('_', '')}%"
    found: list[ColumnElement[bool]] = [cases.c.process == process] if process else []
    return found + ([or_(cases.c.number.ilike(like), cases.c.title.ilike(like))] if words else [])


@dataclass(frozen=True)
class Process:
    """A live process: its section of the manual (empty outside it), its names, what it is for."""

    id: str
    section: str
    name: str
    purpose: str
    version: int


def processes(ctx: Context) -> list[Process]:
    """Every live process in the manual's order."""
    return [_process(definition) for definition in _live(ctx)]


def startable(ctx: Context, person: Person) -> list[Process]:
    """The live processes of which this person may open a case."""
    return [_process(definition) for definition in _live(ctx) if may_start(ctx, definition, person)]


def _live(ctx: Context) -> list[Definition]:
    found = [ctx.engine.library.get(ctx.db, row.id) for row in definitions.all_live(ctx.db)]
    return sorted(found, key=lambda each: (each.diagram.properties.get("manual.process") or "~", each.name))


def _process(definition: Definition) -> Process:
    drawn = definition.diagram
    section = drawn.properties.get("manual.process", "")
    return Process(definition.process, section, definition.name, drawn.documentation, definition.version)


def case_list(
    ctx: Context, person: Person, *, status: str = "", process: str = "", words: str = "", page: int = 1
) -> tuple[list[Row[Any]], int]:
    """Cases this person may see, newest first, and how many there are."""
    where = [*_matching(process, words), *seen_by(person)] + ([cases.c.status == status] if status else [])
    count = ctx.db.execute(select(func.count()).select_from(cases).where(*where)).scalar_one()
    columns = [c for c in cases.c if c.name not in ("data", "state")]
    query = select(*columns).where(*where).order_by(cases.c.started_at.desc(), cases.c.id)
    return list(ctx.db.execute(query.limit(PAGE).offset((page - 1) * PAGE))), count


def case_row(ctx: Context, number: str, person: Person) -> Row[Any]:
    """A case by its number for somebody who may see it; raises `NotFound`."""
    row = ctx.db.execute(select(cases).where(cases.c.number == number, *seen_by(person))).one_or_none()
    if row is None:
        raise NotFound(what="case", key=number)
    return row


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
    doers: Mapping[str, list[str]]
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
    names = person_names(ctx)
    open_tasks = [task for task in all_tasks if task.status == "open"]
    return CaseView(
        row=row,
        definition=definition,
        done=_passed(events),
        current=_count(open_tasks),
        open_tasks=open_tasks,
        doers=_doers(ctx, row.id),
        entries=_entries(ctx, definition, all_tasks, names),
        events=events,
        documents=documents.of_case(ctx, row.id),
        messages=messages.of_case(ctx, row.id),
        incidents=incidents.open_incidents(ctx, row.id),
        comments=comments.of_case(ctx, row.id),
        names=names,
        groups=people.group_names(ctx.db),
    )


def _tasks(ctx: Context, case_id: str) -> list[Row[Any]]:
    return list(
        ctx.db.execute(select(tasks).where(tasks.c.case_id == case_id).order_by(tasks.c.created_at, tasks.c.item))
    )


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


def _doers(ctx: Context, case_id: str) -> dict[str, list[str]]:
    """Candidates of every open task of a case."""
    query = select(candidates).join(tasks, tasks.c.id == candidates.c.task_id).where(tasks.c.case_id == case_id)
    found: dict[str, list[str]] = {}
    for row in ctx.db.execute(query.order_by(candidates.c.candidate)):
        found.setdefault(row.task_id, []).append(row.candidate)
    return found


def person_names(ctx: Context) -> dict[str, str]:
    """Every account's name by user name."""
    rows = ctx.db.execute(select(people_table.c.username, people_table.c.name))
    return {row.username: row.name for row in rows} | {"system": "ระบบ"}


@dataclass(frozen=True)
class TaskView:
    """Everything the page of one task shows; `rival` is the step that keeps this person from deciding."""

    row: Row[Any]
    case: Row[Any]
    definition: Definition
    element: Element
    form: Form | None
    may_do: bool
    rival: str | None
    data: Mapping[str, Any]
    draft: Row[Any] | None
    entries: list[Entry]
    documents: list[Row[Any]]
    comments: list[Row[Any]]
    names: Mapping[str, str]
    groups: Mapping[str, str]


def task(ctx: Context, task_id: str, person: Person) -> TaskView:
    """The page of a task; raises `NotFound` for somebody who may not see its case."""
    row = task_commands.find(ctx, task_id, person)
    found = ctx.db.execute(select(cases).where(cases.c.id == row.case_id, *seen_by(person))).one_or_none()
    if found is None:
        raise NotFound(what="task", key=task_id)
    definition = ctx.engine.library.get(ctx.db, found.definition_id)
    form, element, names = definition.form(row.element), definition.diagram.elements[row.element], person_names(ctx)
    return TaskView(
        row=row,
        case=found,
        definition=definition,
        element=element,
        form=form,
        may_do=row.status == "open" and task_commands.may_do(ctx, row, person),
        rival=task_commands.conflict(ctx, row, person, definition),
        data=task_commands.known(ctx, form, element, found.data) if form else {},
        draft=task_commands.draft(ctx, task_id, person),
        entries=_entries(ctx, definition, _tasks(ctx, found.id), names),
        documents=documents.of_case(ctx, found.id),
        comments=comments.of_case(ctx, found.id),
        names=names,
        groups=people.group_names(ctx.db),
    )


def next_task(ctx: Context, case_id: str, person: Person) -> str | None:
    """The open task of a case that this person can go on with, claimed or asked first; None when others must act."""
    free = or_(tasks.c.claimed_by == person.username, tasks.c.claimed_by.is_(None))
    query = (
        select(tasks, cases.c.definition_id)
        .join(cases, cases.c.id == tasks.c.case_id)
        .where(tasks.c.case_id == case_id, tasks.c.status == "open", _held(person), free)
    )
    for row in ctx.db.execute(query.order_by(tasks.c.claimed_by.is_(None), tasks.c.created_at, tasks.c.item)):
        if task_commands.conflict(ctx, row, person, ctx.engine.library.get(ctx.db, row.definition_id)) is None:
            return str(row.id)
    return None
