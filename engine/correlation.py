"""Messages that come in from outside, brought to the case they are meant for.

The key is a case's number or business key. A message that comes before its case waits
for it is kept and taken as soon as the case gets there; a key that no running case
answers to is refused, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import or_, select

from engine import case as cases
from engine import inbox
from engine.audit import Tag
from engine.context import Context
from engine.errors import MessageRefused
from engine.settle import Act, settle
from engine.tables import cases as cases_table


def correlate(ctx: Context, name: str, key: str, payload: Mapping[str, Any], person: str) -> bool:
    """Deliver a message; True when the case went on, False when it is kept for later.

    Raises `MessageRefused` when no running case has that number or business key.
    """
    running = (cases_table.c.status == cases.RUNNING) & or_(
        cases_table.c.number == key, cases_table.c.business_key == key
    )
    found = ctx.db.execute(select(cases_table.c.id).where(running)).scalars().all()
    if len(found) != 1:
        raise MessageRefused(name=name, key=key)
    case = cases.lock(ctx, found[0])
    token = inbox.waiting_for(case, name)
    inbox.keep(ctx, case, name, payload, taken=token is not None)
    if token is None:
        case.log(ctx, Tag.MESSAGE_RECEIVED, person, {"message": name, "kept": True})
        cases.store_head(ctx, case)
        return False
    case.data.update(payload)
    case.tokens.fire(token.id)
    settle(ctx, case, Act(Tag.MESSAGE_RECEIVED, person, token.element, {"message": name, "kept": False}))
    return True
