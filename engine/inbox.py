"""Messages a case has received: taken at once, or kept until the case waits for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select, update

from engine.case import Case
from engine.context import Context
from engine.tables import inbox
from engine.tables.base import new_id
from engine.tokens import Token


def waiting_for(case: Case, name: str) -> Token | None:
    """The token that waits for a message of this name, or None."""
    elements = case.definition.diagram.elements
    return next((t for t in case.tokens.waiting if t.kind == "event" and elements[t.element].message == name), None)


def keep(ctx: Context, case: Case, name: str, payload: Mapping[str, Any], *, taken: bool) -> None:
    """Write a message down, taken at once or waiting for its case to come to it."""
    row = {"id": new_id(), "case_id": case.id, "name": name, "payload": dict(payload), "at": ctx.now}
    ctx.db.execute(insert(inbox), {**row, "taken_at": ctx.now if taken else None})


def take_early(ctx: Context, case: Case) -> bool:
    """Give a waiting token the message that came before it; True when one was there."""
    elements = case.definition.diagram.elements
    for token in case.tokens.waiting:
        name = elements[token.element].message if token.kind == "event" else None
        if name is None:
            continue
        kept = (inbox.c.case_id == case.id) & (inbox.c.name == name) & inbox.c.taken_at.is_(None)
        row = ctx.db.execute(select(inbox).where(kept).order_by(inbox.c.at).limit(1)).one_or_none()
        if row is not None:
            ctx.db.execute(update(inbox).where(inbox.c.id == row.id).values(taken_at=ctx.now))
            case.data.update(row.payload)
            case.tokens.fire(token.id)
            return True
    return False
