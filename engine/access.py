"""Who may see a case: whoever started it, whoever is or was asked to work on it, and operators.

For everybody else the case does not exist; a page answers as if it had never been.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, exists, or_, select

from engine.context import Context
from engine.people import Person
from engine.tables import cases, participants


def seen_by(person: Person) -> list[ColumnElement[bool]]:
    """Conditions on `cases` that hold for those this person may see."""
    if person.operator:
        return []
    took_part = exists().where(
        and_(participants.c.case_id == cases.c.id, participants.c.candidate.in_(sorted(person.candidates)))
    )
    return [or_(cases.c.started_by == person.username, took_part)]


def may_see(ctx: Context, case_id: str, person: Person) -> bool:
    """True when this person may read the case."""
    return ctx.db.execute(select(cases.c.id).where(cases.c.id == case_id, *seen_by(person))).first() is not None


def visible(ctx: Context, case_ids: Iterable[str], person: Person) -> set[str]:
    """Those of the cases that this person may read."""
    wanted = cases.c.id.in_(list(case_ids))
    return set(ctx.db.execute(select(cases.c.id).where(wanted, *seen_by(person))).scalars())
