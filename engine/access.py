"""Who may see a case: whoever started it, whoever is or was asked to work on it, and operators.

For everybody else the case does not exist; a page answers as if it had never been.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BindParameter, Boolean, ColumnElement, and_, bindparam, exists, or_, select

from engine.context import Context
from engine.people import Person
from engine.tables import cases, participants

# The rule as part of statements that are built once; `who` gives its parameters.
HELD: BindParameter[Any] = bindparam("held", expanding=True)
_TOOK_PART = exists().where(participants.c.case_id == cases.c.id, participants.c.candidate.in_(HELD))
SEEN = or_(bindparam("operator", type_=Boolean), cases.c.started_by == bindparam("person"), _TOOK_PART)
_SEE = select(cases.c.id).where(cases.c.id == bindparam("case"), SEEN)


def who(person: Person) -> dict[str, Any]:
    """The parameters of `SEEN`: the person's name, the candidates held, operator or not."""
    return {"person": person.username, "held": sorted(person.candidates), "operator": person.operator}


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
    return ctx.db.execute(_SEE, {"case": case_id, **who(person)}).first() is not None


def visible(ctx: Context, case_ids: Iterable[str], person: Person) -> set[str]:
    """Those of the cases that this person may read."""
    wanted = cases.c.id.in_(list(case_ids))
    return set(ctx.db.execute(select(cases.c.id).where(wanted, *seen_by(person))).scalars())
