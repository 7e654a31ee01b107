"""What a person does with a task: claim, release, save a draft, complete.

A completion travels: lock the case, is the task open, may this person, does the form
accept the answers, move the tokens, settle, store. A refused step changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, select, update

from engine import case as cases
from engine import instances, lookups
from engine.access import may_see
from engine.audit import Tag, digest
from engine.context import Context
from engine.database.statements import Locking, Unread, upsert
from engine.diagram import Element
from engine.errors import AnswersRefused, Forbidden, NotFound, SeparationOfDuties, TaskClaimed, TaskGone
from engine.library import Definition
from engine.people import Person
from engine.settle import Act, settle
from engine.tables import audit, drafts, people, tasks
from engine.tables import cases as cases_table
from forms import answers as form_answers
from forms.schema import Form

OPEN, DONE = "open", "done"


class Work(NamedTuple):
    """What a command needs of a task's row, with what the person kept for it before."""

    id: str
    case_id: str
    token: str
    element: str
    item: str | None
    status: str
    claimed_by: str | None
    done_by: str | None
    candidates: list[str] | None
    draft: dict[str, Any] | None


_KEY = tasks.c.id == bindparam("task")
# Built once: building a statement costs several times what running it does.
# The case is locked before its task, as everybody does; both are read as they are once locked.
_TASK = [tasks.c[name].label(f"task_{name}") for name in Work._fields if name != "draft"]
_MINE = (drafts.c.task_id == tasks.c.id) & (drafts.c.person == bindparam("person"))
_LOCK = Locking(
    select(*cases.COLUMNS, *_TASK, drafts.c.answers.label("draft"))
    .select_from(cases_table.join(tasks).outerjoin(drafts, _MINE))
    .where(_KEY),
    cases_table,
    tasks,
)
_ANSWERED = {name: bindparam(name, type_=tasks.c[name].type) for name in ("done_at", "answers")}
_FINISH = Unread(
    update(tasks)
    .where(_KEY)
    .values(status=DONE, claimed_by=bindparam("person"), done_by=bindparam("person"), **_ANSWERED)
)


def find(ctx: Context, task_id: str, person: Person) -> Row[Any]:
    """The task's row for somebody who may see it; raises `NotFound` alike for hidden and missing."""
    row = ctx.db.execute(select(tasks).where(tasks.c.id == task_id)).one_or_none()
    if row is None or not (may_do(ctx, row, person) or may_see(ctx, row.case_id, person)):
        raise NotFound(what="task", key=task_id)
    return row


def may_do(ctx: Context, row: Row[Any], person: Person) -> bool:
    """True when the person holds a candidate of an open task."""
    return row.status == OPEN and person.stands_in(instances.asked(ctx, row))


def claim(ctx: Context, task_id: str, person: Person) -> None:
    """Take an open task; raises `TaskGone`, `Forbidden` or `TaskClaimed`."""
    case, row, asked = _locked(ctx, task_id, person)
    _allow(ctx, row, asked, person, case.definition)
    if row.claimed_by is None:
        ctx.db.execute(
            update(tasks).where(tasks.c.id == task_id).values(claimed_by=person.username, claimed_at=ctx.now)
        )
        case.log(ctx, Tag.TASK_CLAIM, person.username, {"task": task_id}, row.element)
        cases.store_head(ctx, case)


def release(ctx: Context, task_id: str, person: Person) -> None:
    """Give a claimed task back to its group; only the claimer or an operator may."""
    case, row, _ = _locked(ctx, task_id, person)
    if row.claimed_by != person.username and not person.operator:
        raise Forbidden(person=person.username)
    ctx.db.execute(update(tasks).where(tasks.c.id == task_id).values(claimed_by=None, claimed_at=None))
    case.log(ctx, Tag.TASK_RELEASE, person.username, {"task": task_id}, row.element)
    cases.store_head(ctx, case)


def save_draft(ctx: Context, task_id: str, person: Person, answers: Mapping[str, Any]) -> None:
    """Keep unfinished answers for this person; nothing else sees them."""
    row = find(ctx, task_id, person)
    if not may_do(ctx, row, person):
        raise TaskGone(status=row.status)
    kept = {"answers": dict(answers), "at": ctx.now}
    mine = upsert(ctx.db, drafts).values(task_id=task_id, person=person.username, **kept)
    ctx.db.execute(mine.on_conflict_do_update(index_elements=["task_id", "person"], set_=kept))


def change_draft(
    ctx: Context, task_id: str, person: Person, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """Save what `change` makes of this person's draft. Programs keep one answer after another, all at the same time."""
    ctx.db.execute(select(tasks.c.id).where(tasks.c.id == task_id).with_for_update(key_share=True))
    row = draft(ctx, task_id, person)
    save_draft(ctx, task_id, person, change(row.answers if row else {}))


def draft(ctx: Context, task_id: str, person: Person) -> Row[Any] | None:
    """This person's draft, or None."""
    mine = (drafts.c.task_id == task_id) & (drafts.c.person == person.username)
    return ctx.db.execute(select(drafts).where(mine)).one_or_none()


def complete(
    ctx: Context, task_id: str, person: Person, answers: Mapping[str, Any], *, over_draft: bool = False
) -> cases.Case:
    """Finish a task with its answers, put over those that the person kept before if asked to, and move the case on.

    Raises `TaskGone` (409, names who was faster), `Forbidden`, `TaskClaimed`,
    `SeparationOfDuties`, or `AnswersRefused` (422) with messages by form component.
    """
    case, row, asked = _locked(ctx, task_id, person)
    _allow(ctx, row, asked, person, case.definition)
    case.readers = asked
    element = case.definition.diagram.elements[row.element]
    given = {**row.draft, **answers} if over_draft and row.draft else answers
    form = case.definition.form(element.id)
    clean = check_answers(ctx, form, element, given, case.data)
    done = {"task": task_id, "person": person.username, "done_at": ctx.now, "answers": clean}
    _FINISH.send(ctx.db, done)
    instances.unlist(ctx, task_id, asked)
    if element.loop is None:
        del case.rows[row.token]
        _write(case, form, clean)
        case.tokens.complete(row.token)
    elif instances.closes(ctx, case, row.token, element, element.loop):
        case.tokens.complete(row.token)
    else:
        case.log(ctx, Tag.TASK_DONE, person.username, _done(row, clean), element.id)
        cases.store_head(ctx, case)
        return case
    settle(ctx, case, Act(Tag.TASK_DONE, person.username, element.id, _done(row, clean)))
    return case


def _write(case: cases.Case, form: Form | None, clean: Mapping[str, Any]) -> None:
    """Answers become case data; what the form now hides is no longer true and goes, as in the browser."""
    for key in (form.keys() if form else set()) - clean.keys():
        case.data.pop(key, None)
    case.data.update(clean)


def _done(row: Work, clean: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit keeps of a completion: field names and a digest, never the values."""
    return {"task": row.id, "item": row.item, "fields": sorted(clean), "digest": digest(clean)}


def check_answers(
    ctx: Context, form: Form | None, element: Element, posted: Mapping[str, Any], data: Mapping[str, Any]
) -> dict[str, Any]:
    """The clean answers of a task's form; raises `AnswersRefused`. A task without a form takes none."""
    if form is None:
        return {}
    result = form_answers.check(form, posted, known(ctx, form, element, data), ctx.now)
    if result.errors:
        raise AnswersRefused(result.errors)
    return dict(result.clean)


def known(ctx: Context, form: Form, element: Element, data: Mapping[str, Any]) -> dict[str, Any]:
    """The case data a form may read, and nothing else: the names it mentions, lookups among them.

    A step done again starts from its last answers, unless the diagram sets `form.fresh`
    (decisions are always taken anew) or every instance has answers of its own.
    """
    fresh = element.properties.get("form.fresh") == "true" or element.loop is not None
    wanted = form.needs_afresh if fresh else form.needs
    found = {name: data[name] for name in wanted if name in data}
    return {**found, **lookups.fill(ctx, wanted)}


def _locked(ctx: Context, task_id: str, person: Person) -> tuple[cases.Case, Work, frozenset[str]]:
    """The locked case of a task, its row, and the candidates who may do it; raises `NotFound`, `TaskGone`."""
    rows = _LOCK.rows(ctx.db, {"task": task_id, "person": person.username})
    if not rows:
        raise NotFound(what="task", key=task_id)
    task = Work(*rows[0][len(cases.COLUMNS) :])
    if task.status != OPEN:
        raise TaskGone(status=task.status, by=_faster(ctx, task))
    return cases.from_row(ctx, rows[0]), task, instances.asked(ctx, task)


def _faster(ctx: Context, row: Work) -> str:
    """Thai words for who finished a task before."""
    if row.done_by is None:
        return ""
    name = ctx.db.execute(select(people.c.name).where(people.c.username == row.done_by)).scalar()
    return f" เพราะ{name or row.done_by} ทำเสร็จก่อนแล้ว"


def _allow(ctx: Context, row: Work, asked: frozenset[str], person: Person, definition: Definition) -> None:
    if not person.stands_in(asked):
        raise Forbidden(person=person.username)
    if row.claimed_by not in (None, person.username):
        raise TaskClaimed(by=row.claimed_by)
    rival = conflict(ctx, row, person, definition)
    if rival:
        raise SeparationOfDuties(person=person.username, element=rival)


def conflict(ctx: Context, row: Row[Any] | Work, person: Person, definition: Definition) -> str | None:
    """Name of the step this person did last and may not decide on, or None."""
    for other in definition.diagram.elements[row.element].separate_from:
        done = (audit.c.case_id == row.case_id) & (audit.c.element == other) & (audit.c.tag == Tag.TASK_DONE)
        last = select(audit.c.person).where(done).order_by(audit.c.id.desc()).limit(1)  # a clock may go back
        if ctx.db.execute(last).scalar() == person.username:
            return definition.diagram.elements[other].name
    return None
