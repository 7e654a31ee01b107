"""Moving a running case: to a new version of its process, back to an earlier step, and undoing it.

A move is previewed, then done by setting the case's one token down at the same element
of the other definition (or at an earlier element of its own). It is refused wherever
that could lose something: parallel branches, subprocesses, elements that are gone. The
state before is kept, so that a move can be undone until the case has moved on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, insert, select, update

from engine import case as cases
from engine.audit import Tag
from engine.case import Case, evaluator
from engine.context import Context
from engine.errors import MoveRefused, NotFound
from engine.library import Definition
from engine.people import Person
from engine.settle import Act, settle
from engine.tables import cases as cases_table
from engine.tables import jobs, moves, tasks
from engine.tables.base import new_id
from engine.tokens import Token, Tokens


@dataclass(frozen=True)
class Preview:
    """Whether one case can move: `reasons` (Thai, English) are empty when it is safe."""

    case_id: str
    number: str
    stands_at: tuple[str, ...]
    reasons: tuple[tuple[str, str], ...]

    @property
    def safe(self) -> bool:
        """True when nothing speaks against moving."""
        return not self.reasons


def preview(ctx: Context, target: Definition) -> list[Preview]:
    """What moving every running case of the same process to `target` would mean; changes nothing."""
    running = (cases_table.c.process == target.process) & (cases_table.c.status == cases.RUNNING)
    query = select(cases_table).where(running, cases_table.c.definition_id != target.id)
    return [_judge(cases.from_row(ctx, row), target) for row in ctx.db.execute(query.order_by(cases_table.c.number))]


def move(ctx: Context, case_id: str, target: Definition, person: Person, reason: str = "") -> None:
    """Move a case to another version of its process; raises `MoveRefused` with every reason."""
    case = cases.lock(ctx, case_id)
    judged = _judge(case, target)
    if not judged.safe:
        raise MoveRefused(reasons=judged.reasons)
    before = {"definition_id": case.definition.id, "state": case.tokens.dump()}
    detail = {"from": case.definition.id, "to": target.id, "reason": reason}
    case.definition = target
    _set_down(ctx, case, _work(case)[0].element, keep_rows=True)
    _remember(ctx, case, "version", before, reason, person)
    settle(ctx, case, Act(Tag.CASE_MOVE, person.username, None, detail))


def step_back(ctx: Context, case_id: str, element: str, person: Person, reason: str) -> None:
    """Have an earlier step done again; what waits now is withdrawn. Raises `MoveRefused`."""
    case = cases.lock(ctx, case_id)
    done = select(tasks.c.id).where(tasks.c.case_id == case_id, tasks.c.element == element, tasks.c.status == "done")
    if ctx.db.execute(done.limit(1)).first() is None:
        raise MoveRefused(reasons=(("ขั้นตอนนี้ยังไม่เคยทำในเรื่องนี้", "this step has not been done in this case"),))
    if not case.tokens.single:
        raise MoveRefused(reasons=(_PARALLEL,))
    before = {"definition_id": case.definition.id, "state": case.tokens.dump()}
    _set_down(ctx, case, element, keep_rows=False)
    _remember(ctx, case, "step_back", before, reason, person)
    settle(ctx, case, Act(Tag.CASE_STEP_BACK, person.username, element, {"reason": reason}))


def undo(ctx: Context, case_id: str, person: Person) -> None:
    """Take the last move back, as long as nothing has happened since; raises `MoveRefused`."""
    case = cases.lock(ctx, case_id)
    query = select(moves).where(moves.c.case_id == case_id, moves.c.undone_at.is_(None))
    last = ctx.db.execute(query.order_by(moves.c.version_after.desc()).limit(1)).one_or_none()
    if last is None or last.version_after != case.version:
        raise MoveRefused(reasons=(("เรื่องเดินต่อไปแล้ว", "the case has moved on since"),))
    case.definition = ctx.engine.library.get(ctx.db, last.definition_before)
    case.tokens = Tokens.restore(case.definition.spec, last.state_before, evaluator(ctx), case.data)
    _rename_tokens(ctx, case, {new: old for old, new in last.tokens.items()})
    ctx.db.execute(update(moves).where(moves.c.id == last.id).values(undone_at=ctx.now))
    _point(ctx, case)
    settle(ctx, case, Act(Tag.CASE_MOVE_UNDONE, person.username, None, {"move": last.id}))


def history(ctx: Context, case_id: str) -> list[Row[Any]]:
    """Every move of a case, oldest first."""
    return list(ctx.db.execute(select(moves).where(moves.c.case_id == case_id).order_by(moves.c.at, moves.c.id)))


_PARALLEL = (
    "เรื่องนี้มีงานเดินคู่ขนานหรืออยู่ในกระบวนการย่อย",
    "the case has parallel branches or stands inside a subprocess",
)


def _judge(case: Case, target: Definition) -> Preview:
    if case.process != target.process:
        raise NotFound(what="version", key=target.id)
    stands_at = _work(case)
    reasons = [] if case.tokens.single else [_PARALLEL]
    reasons += [reason for token in stands_at for reason in _differences(case.definition, target, token.element)]
    return Preview(case.id, case.number, tuple(token.element for token in stands_at), tuple(reasons))


def _differences(old: Definition, new: Definition, element: str) -> list[tuple[str, str]]:
    """What about the element a case stands at differs so much that its open work would not fit."""
    before, after = old.diagram.elements[element], new.diagram.elements.get(element)
    if after is None:
        return [(f"แผนผังใหม่ไม่มีขั้นตอน {element}", f"the new diagram has no element {element}")]
    if (before.kind, before.loop is None, before.parent) != (after.kind, after.loop is None, after.parent):
        return [(f"ขั้นตอน {element} เปลี่ยนชนิด", f"element {element} is of another kind")]
    if before.form != after.form and before.form is not None:
        return [(f"ขั้นตอน {element} ใช้แบบฟอร์มอื่น", f"element {element} has another form")]
    return []


def _work(case: Case) -> list[Token]:
    """Where the case stands, boundary events left aside."""
    elements = case.definition.diagram.elements
    return [token for token in case.tokens.waiting if elements[token.element].attached_to is None]


def _set_down(ctx: Context, case: Case, element: str, *, keep_rows: bool) -> None:
    """Stand at an element of the case's definition; open rows follow their token where asked."""
    old = {token.element: token.id for token in case.tokens.waiting}
    case.tokens = Tokens.at_element(case.definition.spec, element, evaluator(ctx), case.data)
    new = {token.element: token.id for token in case.tokens.waiting}
    _rename_tokens(ctx, case, {old[name]: new[name] for name in old if name in new} if keep_rows else {})
    _point(ctx, case)


def _rename_tokens(ctx: Context, case: Case, names: Mapping[str, str]) -> None:
    """Rows of the tokens on the left are from now on those of the tokens on the right."""
    case.rows = {names.get(key, key): token for key, token in case.rows.items()}
    for before, after in names.items():
        for table in (tasks, jobs):
            of_token = (table.c.case_id == case.id) & (table.c.token == before)
            ctx.db.execute(update(table).where(of_token).values(token=after))


def _point(ctx: Context, case: Case) -> None:
    values = {"definition_id": case.definition.id}
    ctx.db.execute(update(cases_table).where(cases_table.c.id == case.id).values(**values))


def _remember(ctx: Context, case: Case, kind: str, before: Mapping[str, Any], reason: str, person: Person) -> None:
    old = Tokens.restore(
        ctx.engine.library.get(ctx.db, before["definition_id"]).spec, before["state"], evaluator(ctx), case.data
    )
    now_at = {token.element: token.id for token in case.tokens.waiting}
    pairs = {token.id: now_at[token.element] for token in old.waiting if token.element in now_at}
    ctx.db.execute(
        insert(moves),
        {
            "id": new_id(),
            "case_id": case.id,
            "kind": kind,
            "definition_before": before["definition_id"],
            "definition_after": case.definition.id,
            "state_before": before["state"],
            "tokens": pairs,
            "version_after": case.version + 1,
            "reason": reason,
            "by": person.username,
            "at": ctx.now,
        },
    )
