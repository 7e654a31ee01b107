"""What pages read: the worklist, a case with its history, lists of cases. Writes nothing.

A case is seen by whoever started it, whoever is or was asked to work on it, and
operators; for everybody else it does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, and_, bindparam, func, select

from engine import comments, documents, incidents, instances, lookups, messages, people
from engine import tasks as task_commands
from engine.access import SEEN, seen_by, who
from engine.cases import may_start
from engine.context import Context
from engine.diagram import Element
from engine.errors import NotFound
from engine.library import Definition
from engine.people import Person
from engine.tables import audit, cases, drafts, tasks
from engine.tables import definitions as definitions_table
from engine.tables import people as people_table
from engine.todo import ASKED, PAGE, like, titled
from forms.display import Line, describe
from forms.schema import Form


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


_LIVE = select(definitions_table.c.id).where(definitions_table.c.live)


def _live(ctx: Context) -> list[Definition]:
    found = [ctx.engine.library.get(ctx.db, key) for key in ctx.db.execute(_LIVE).scalars()]
    return sorted(found, key=lambda each: (each.diagram.properties.get("manual.process") or "~", each.name))


def _process(definition: Definition) -> Process:
    drawn = definition.diagram
    section = drawn.properties.get("manual.process", "")
    return Process(definition.process, section, definition.name, drawn.documentation, definition.version)


def case_list(
    ctx: Context, person: Person, *, status: str = "", process: str = "", words: str = "", page: int = 1
) -> tuple[list[Row[Any]], int]:
    """Cases this person may see, newest first, and how many there are."""
    chosen = ((process, cases.c.process == process), (words, titled(like(words))), (status, cases.c.status == status))
    where = [*seen_by(person), *(condition for given, condition in chosen if given)]
    count = ctx.db.execute(select(func.count()).select_from(cases).where(*where)).scalar_one()
    columns = [c for c in cases.c if c.name not in ("data", "state")]
    query = select(*columns).where(*where).order_by(cases.c.started_at.desc(), cases.c.id)
    return list(ctx.db.execute(query.limit(PAGE).offset((page - 1) * PAGE))), count


def case_row(ctx: Context, number: str, person: Person) -> Row[Any]:
    """A case by its number for somebody who may see it; raises `NotFound`."""
    row = ctx.db.execute(_CASE, {"number": number, **who(person)}).one_or_none()
    if row is None:
        raise NotFound(what="case", key=number)
    return row


_CASE = select(cases).where(cases.c.number == bindparam("number"), SEEN)


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
    events = list(ctx.db.execute(select(audit).where(audit.c.case_id == row.id).order_by(audit.c.id)))
    names = person_names(ctx)
    open_tasks = list(ctx.db.execute(_OPEN_TASKS, {"case": row.id}))
    return CaseView(
        row=row,
        definition=definition,
        done=_passed(events),
        current=_count(open_tasks),
        open_tasks=open_tasks,
        doers={task.id: sorted(instances.asked(ctx, task)) for task in open_tasks},
        entries=_entries(ctx, definition, _done_tasks(ctx, row.id), names),
        events=events,
        documents=documents.of_case(ctx, row.id),
        messages=messages.of_case(ctx, row.id),
        incidents=incidents.open_incidents(ctx, row.id),
        comments=comments.of_case(ctx, row.id),
        names=names,
        groups=people.group_names(ctx.db),
    )


_IN_CASE = tasks.c.case_id == bindparam("case")
_OPEN_TASKS = select(tasks).where(_IN_CASE, tasks.c.status == "open").order_by(tasks.c.created_at, tasks.c.item)
_DONE_TASKS = (
    select(*(tasks.c[name] for name in "token element name item done_by done_at answers".split()))
    .where(_IN_CASE, tasks.c.status == "done")
    .order_by(tasks.c.done_at, tasks.c.created_at, tasks.c.item)
)


def _done_tasks(ctx: Context, case_id: str) -> list[Row[Any]]:
    return list(ctx.db.execute(_DONE_TASKS, {"case": case_id}))


def _passed(events: list[Row[Any]]) -> list[str]:
    return list(dict.fromkeys(step for event in events for step in event.detail.get("path", ())))


def _count(open_tasks: list[Row[Any]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for task in open_tasks:
        found[task.element] = found.get(task.element, 0) + 1
    return found


def _entries(ctx: Context, definition: Definition, done: list[Row[Any]], names: Mapping[str, str]) -> list[Entry]:
    forms = [definition.form(task.element) for task in done]
    lists = lookups.fill(ctx, {name for form in forms if form for name in form.reads()})
    return [
        Entry(task, names.get(task.done_by, task.done_by), describe(form, task.answers or {}, lists) if form else [])
        for task, form in zip(done, forms, strict=True)
    ]


def person_names(ctx: Context) -> dict[str, str]:
    """Every account's name by user name."""
    return {row.username: row.name for row in ctx.db.execute(_NAMES)} | {"system": "ระบบ"}


_NAMES = select(people_table.c.username, people_table.c.name)
_NAMES_OF = _NAMES.where(people_table.c.username.in_(bindparam("persons", expanding=True)))


def _names_of(ctx: Context, persons: set[str | None]) -> dict[str, str]:
    """Names of some accounts by user name."""
    wanted = {"persons": sorted(filter(None, persons))}
    return {row.username: row.name for row in ctx.db.execute(_NAMES_OF, wanted)} if wanted["persons"] else {}


@dataclass(frozen=True)
class TaskView:
    """Everything the page of one task shows; `rival` is the step that keeps this person from deciding."""

    row: Row[Any]
    definition: Definition
    element: Element
    form: Form | None
    may_do: bool
    rival: str | None
    data: Mapping[str, Any]
    entries: list[Entry]
    documents: list[Row[Any]]
    comments: list[Row[Any]]
    names: Mapping[str, str]
    groups: Mapping[str, str]


_MY_DRAFT = and_(drafts.c.task_id == tasks.c.id, drafts.c.person == bindparam("person"))
_TASK = (
    select(tasks, cases.c.number, cases.c.title, cases.c.definition_id, cases.c.data, ASKED.label("asked"))
    .add_columns(drafts.c.answers.label("draft"), drafts.c.at.label("draft_at"))
    .select_from(tasks.join(cases, cases.c.id == tasks.c.case_id).outerjoin(drafts, _MY_DRAFT))
    .where(tasks.c.id == bindparam("task"), SEEN)
)


def task(ctx: Context, task_id: str, person: Person) -> TaskView:
    """The page of a task; raises `NotFound` for somebody who may not see its case."""
    row = ctx.db.execute(_TASK, {"task": task_id, **who(person)}).one_or_none()
    if row is None:
        raise NotFound(what="task", key=task_id)
    definition = ctx.engine.library.get(ctx.db, row.definition_id)
    form, element = definition.form(row.element), definition.diagram.elements[row.element]
    done, files, said = (find(ctx, row.case_id) for find in (_done_tasks, documents.of_case, comments.of_case))
    names = _names_of(
        ctx, {row.claimed_by, *(each.done_by for each in (row, *done)), *(each.by for each in files + said)}
    )
    return TaskView(
        row=row,
        definition=definition,
        element=element,
        form=form,
        may_do=row.status == "open" and row.asked,
        rival=task_commands.conflict(ctx, row, person, definition),
        data=task_commands.known(ctx, form, element, row.data) if form else {},
        entries=_entries(ctx, definition, done, names),
        documents=files,
        comments=said,
        names=names,
        groups=people.group_names(ctx.db) if row.item or any(each.item for each in done) else {},
    )
