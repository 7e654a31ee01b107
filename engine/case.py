"""One case under work: its row, definition, data and tokens, locked for one command.

A command locks the case row, loads, changes, settles and stores; whatever goes wrong
rolls the whole command back and leaves the case as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from engine import audit, state
from engine.audit import Tag
from engine.context import Context
from engine.database.statements import Fact, Locking, Unread
from engine.errors import CaseClosed, NotFound
from engine.library import Definition
from engine.tables import cases
from engine.tokens import Token, Tokens
from forms import feel

RUNNING, SUSPENDED, DONE, CANCELLED = "running", "suspended", "done", "cancelled"


@dataclass
class Case:
    """A case under work: its row, its definition, its data and its tokens.

    `rows` holds the tokens for which open tasks, jobs or timers are written down, as `settle` left them;
    `readers` holds candidates who are known to be let in already.
    """

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
    rows: dict[str, Token] = field(default_factory=dict)
    readers: frozenset[str] = frozenset()

    def log(self, ctx: Context, tag: Tag, person: str, detail: Mapping[str, Any], element: str | None = None) -> None:
        """Append an audit event to this case's chain."""
        self.audit_head = audit.record(
            ctx, tag, person, detail, case=self.id, element=element, previous=self.audit_head
        )


_KEY = cases.c.id == bindparam("case")
_READ = "id number process definition_id status title outcome version data state audit_head"
COLUMNS = [cases.c[name] for name in _READ.split()]
_MOVED = ("title", "version", "data", "state", "audit_head")
_ENDED = (*_MOVED, "status", "outcome", "ended_at")
# Built once: building a statement costs several times what running it does.
_LOCK = Locking(select(*COLUMNS).where(_KEY))
_SIGNS = ("version", "audit_head")  # every act changes them; no index knows them, so the server plans by the key
_UNCHANGED = Fact(select(cases.c.id).where(_KEY, *(cases.c[name] == bindparam(name) for name in _SIGNS)))


def _set(*names: str) -> Unread:
    """SQLite writes every index of a column that is set, even to the same value: so only what changes."""
    return Unread(update(cases).where(_KEY).values({name: bindparam(name, type_=cases.c[name].type) for name in names}))


_STORE, _STORE_END, _STORE_HEAD = _set(*_MOVED), _set(*_ENDED), _set(*_SIGNS)


def lock(ctx: Context, case_id: str) -> Case:
    """Lock a case for this transaction and load it; raises `NotFound` or `CaseClosed`."""
    return from_row(ctx, lock_row(ctx, case_id))


def lock_row(ctx: Context, case_id: str) -> Any:
    """Lock a case's row for this transaction; raises `NotFound`."""
    rows = _LOCK.rows(ctx.db, {"case": case_id})
    if not rows:
        raise NotFound(what="case", key=case_id)
    return rows[0]


def try_lock_row(ctx: Context, case_id: str) -> Row[Any] | None:
    """As `lock_row`, but None when somebody else is at work on the case: for those who hold locks already."""
    query = select(*COLUMNS).where(cases.c.id == case_id).with_for_update(key_share=True, skip_locked=True)
    return ctx.db.execute(query).one_or_none()


def lock_unread(ctx: Context, case_id: str) -> None:
    """Lock a case's row without reading it: it may be damaged."""
    ctx.db.execute(select(cases.c.id).where(cases.c.id == case_id).with_for_update(key_share=True))


def from_row(ctx: Context, row: Any) -> Case:
    """The case of a locked row; raises `CaseClosed` when it is not running."""
    if row.status != RUNNING:
        raise CaseClosed(number=row.number, status=row.status)
    _UNCHANGED.expect(ctx.db, {"case": row.id, "version": row.version, "audit_head": row.audit_head})
    definition = ctx.engine.library.get(ctx.db, row.definition_id)
    data = row.data
    tokens = Tokens.restore(definition.spec, row.state, evaluator(ctx), data)
    return Case(
        row.id,
        row.number,
        row.process,
        definition,
        row.status,
        row.title,
        row.outcome,
        row.version,
        data,
        tokens,
        row.audit_head,
        {token.id: token for token in tokens.waiting},
    )


def store(ctx: Context, case: Case) -> None:
    """Write the case back with a new version."""
    case.version += 1
    kept = {"case": case.id, "title": case.title, "version": case.version, "data": case.data}
    kept["audit_head"] = case.audit_head
    if case.status == RUNNING:
        _STORE.send(ctx.db, {**kept, "state": case.tokens.dump()})
    else:
        ended = {"status": case.status, "outcome": case.outcome, "ended_at": ctx.now}
        _STORE_END.send(ctx.db, {**kept, "state": state.EMPTY, **ended})


def store_head(ctx: Context, case: Case) -> None:
    """Write back only that the case was touched: its audit head and version."""
    case.version += 1
    _STORE_HEAD.send(ctx.db, {"case": case.id, "audit_head": case.audit_head, "version": case.version})


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
