"""Task rows of a waiting token: one for a plain task, one per item for a multi-instance task.

A multi-instance user task ("every unit replies") is one token and many rows, so that an
answer costs the same with ten units or a thousand. The token goes on when the last row
is done, or when the completion condition holds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence, Set
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, String, bindparam, delete, exists, func, insert, select, update

from engine import incidents, people
from engine.case import Case, text_value
from engine.context import Context
from engine.database.statements import Unread
from engine.diagram import MAX_INSTANCES, Element, Loop, split
from engine.errors import EngineFault
from engine.tables import candidates, participants, tasks
from engine.tables.base import new_id
from engine.tokens import Token

_TASKS, _LIST = Unread(insert(tasks)), Unread(insert(candidates))
_LISTED = (candidates.c.task_id == bindparam("task_id")) & (candidates.c.candidate == bindparam("candidate"))
_UNLIST = Unread(delete(candidates).where(_LISTED))  # one by one: by the whole key each costs a third
_ASKED, _CASE = bindparam("asked", type_=String), bindparam("case", type_=String)
_KNOWN = exists().where(participants.c.candidate == _ASKED, participants.c.case_id == _CASE)
_ADMIT = Unread(insert(participants).from_select(["candidate", "case_id"], select(_ASKED, _CASE).where(~_KNOWN)))
_OF_TOKEN = (tasks.c.case_id == bindparam("case")) & (tasks.c.token == bindparam("token"))
_ANOTHER = select(tasks.c.id).where(_OF_TOKEN, tasks.c.status == "open").limit(1)
_COUNTED = tasks.c.status.in_(["open", "done"])  # names what the index has between the case and the token
_COUNTS = select(tasks.c.status, func.count().label("total")).where(_OF_TOKEN, _COUNTED).group_by(tasks.c.status)


def open_all(ctx: Context, case: Case, tokens: list[Token]) -> None:
    """Write the task rows of new tokens, with the candidates who may do each."""
    elements = case.definition.diagram.elements
    _open(ctx, case, [(token, item) for token in tokens for item in _items(ctx, case, elements[token.element])])


def _open(ctx: Context, case: Case, wanted: list[tuple[Token, str | None]]) -> None:
    rows: list[dict[str, Any]] = []
    doers: list[dict[str, str]] = []
    for token, item in wanted:
        element = case.definition.diagram.elements[token.element]
        row, who = _task(ctx, case, token, element, item)
        rows.append(row)
        doers += _entries(row["id"], who)
        if not who:
            incidents.raise_for_case(ctx, case.id, "nobody", f"nobody stands for {element.name}", element.id)
    if rows:
        _TASKS.send(ctx.db, *rows)
    if doers:
        _LIST.send(ctx.db, *doers)
        _admit(ctx, case, {doer["candidate"] for doer in doers} | _consulted(case, {token for token, _ in wanted}))


def _entries(task_id: str, who: Iterable[str]) -> list[dict[str, str]]:
    """A task's entries in the worklist's index."""
    return [{"candidate": candidate, "task_id": task_id} for candidate in who]


def unlist(ctx: Context, task_id: str, who: Iterable[str]) -> None:
    """A task waits for nobody any more."""
    if entries := _entries(task_id, who):
        _UNLIST.send(ctx.db, *entries)


def withdraw(ctx: Context, which: ColumnElement[bool]) -> None:
    """Take back those of some tasks that are open."""
    still = which & (tasks.c.status == "open")
    for row in ctx.db.execute(select(tasks.c.id, tasks.c.candidates).where(still)).all():
        unlist(ctx, row.id, asked(ctx, row))
    ctx.db.execute(update(tasks).where(still).values(status="cancelled"))


def asked(ctx: Context, task: Row[Any] | Any) -> frozenset[str]:
    """The candidates of a task. One that an earlier release opened, while ours was running too, has only entries."""
    if task.candidates is not None:
        return frozenset(task.candidates)
    return frozenset(ctx.db.execute(select(candidates.c.candidate).where(candidates.c.task_id == task.id)).scalars())


def _consulted(case: Case, tokens: Set[Token]) -> set[str]:
    """Candidates of the C letters of the steps that open: they may read the case and comment on it."""
    elements = case.definition.diagram.elements
    return {candidate for token in tokens for candidate in people.consulted(elements[token.element], case.data)}


def _admit(ctx: Context, case: Case, who: set[str]) -> None:
    """Whoever was ever asked to work on a case may go on reading it."""
    rows = [{"asked": candidate, "case": case.id} for candidate in sorted(who - case.readers)]
    if rows:
        _ADMIT.send(ctx.db, *rows)


def _items(ctx: Context, case: Case, element: Element) -> list[str | None]:
    """One entry per instance of a task: its item, or None for a task that is done once."""
    if element.loop is None:
        return [None]
    items = _collection(ctx, case, element.loop)
    if not items or len(items) > MAX_INSTANCES:
        raise EngineFault(reason=f"{element.id} would run {len(items)} times, 1 to {MAX_INSTANCES} are allowed")
    return [str(item) for item in items[: 1 if element.loop.sequential else None]]


def _collection(ctx: Context, case: Case, loop: Loop) -> Sequence[Any]:
    if loop.cardinality:
        return range(1, _count(text_value(ctx, loop.cardinality, case.data)) + 1)
    scope = {**case.data, "all_units": [unit.id for unit in people.units(ctx.db)]}
    found = text_value(ctx, _expression(loop.collection), scope)
    return found if isinstance(found, list) else []


def _count(value: Any) -> int:
    """How often a step runs by what was given for it, at most what `len` can tell; what is no number is none."""
    try:
        return min(int(value), sys.maxsize - 1)
    except (TypeError, ValueError, OverflowError):
        return 0


def _task(
    ctx: Context, case: Case, token: Token, element: Element, item: str | None
) -> tuple[dict[str, Any], list[str]]:
    diagram, attributes = case.definition.diagram, element.attributes
    who = people.task_candidates(diagram, element, case.data, item)
    if "candidateGroups" in attributes:
        who = people.narrow(ctx.db, who, _named(text_value(ctx, attributes["candidateGroups"], case.data)))
    row = {
        "id": new_id(),
        "case_id": case.id,
        "token": token.id,
        "element": element.id,
        "name": element.name,
        "step": element.step_of,
        "role": diagram.role(element.id),
        "item": item,
        "status": "open",
        "created_at": ctx.now,
        "due_at": _due(ctx, case, attributes.get("dueDate")),
        "claimed_by": _assignee(ctx, case, element, who),
        "candidates": who,
    }
    return row, who


def _assignee(ctx: Context, case: Case, element: Element, who: list[str]) -> str | None:
    """Whom a diagram gives a task to; somebody who does not stand among its candidates does not get it."""
    text = element.attributes.get("assignee")
    named = text_value(ctx, text, case.data) if text else None
    if not named:
        return None
    person = people.by_username(ctx, str(named))
    if person is None or not person.stands_in(who):
        incidents.raise_for_case(ctx, case.id, "nobody", f"{named} does not stand for {element.name}", element.id)
        return None
    return person.username


def _named(groups: Any) -> tuple[str, ...]:
    """Groups that a diagram names: a comma list, or a list that an expression gives."""
    return tuple(map(str, groups)) if isinstance(groups, list) else split(str(groups or ""))


def _due(ctx: Context, case: Case, text: str | None) -> datetime | None:
    value = text_value(ctx, text, case.data) if text else None
    try:
        return ctx.engine.calendar.due(str(value), ctx.now) if value else None
    except ValueError:
        return None


def closes(ctx: Context, case: Case, token: str, element: Element, loop: Loop) -> bool:
    """True when the instance just done was the last, or the completion condition now holds."""
    if loop.sequential:
        return _condition_holds(ctx, case, token, loop) or not _open_next(ctx, case, token, element, loop)
    another = ctx.db.execute(_ANOTHER, {"case": case.id, "token": token}).first()
    return another is None or _condition_holds(ctx, case, token, loop)


def _condition_holds(ctx: Context, case: Case, token: str, loop: Loop) -> bool:
    if not loop.condition:
        return False
    counts = _counts(ctx, case, token)
    done, left = counts.get("done", 0), counts.get("open", 0)
    scope = {"nrOfInstances": done + left, "nrOfCompletedInstances": done, "nrOfActiveInstances": left}
    return text_value(ctx, _expression(loop.condition), {**case.data, **scope}) is True


def _counts(ctx: Context, case: Case, token: str) -> dict[str, int]:
    """How many instances of a token are open and done."""
    return {row.status: row.total for row in ctx.db.execute(_COUNTS, {"case": case.id, "token": token})}


def _open_next(ctx: Context, case: Case, token: str, element: Element, loop: Loop) -> bool:
    """Open the next instance of a sequential task; False when there is none left."""
    items = [str(item) for item in _collection(ctx, case, loop)]
    done = _counts(ctx, case, token).get("done", 0)
    if done >= len(items):
        return False
    _open(ctx, case, [(Token(token, element.id, "person"), items[done])])
    return True


def _expression(text: str) -> str:
    return text if text.startswith(("${", "#{", "=")) else f"={text}"
