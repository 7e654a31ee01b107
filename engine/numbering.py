"""Human numbers: cases run per process and fiscal year (6.3-2570-0012), links per year.

A counter is one row; its update is the lock, so numbers have no gaps and no doubles.
"""

from __future__ import annotations

from sqlalchemy import update

from engine.calendar import today
from engine.context import Context
from engine.database.statements import upsert
from engine.diagram import Diagram
from engine.tables import cases, counters
from forms.dates import fiscal_year


def next_value(ctx: Context, name: str) -> int:
    """The next value of a counter, starting at 1; held until the transaction ends."""
    first = upsert(ctx.db, counters).values(name=name, value=1)
    following = first.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + 1})
    return int(ctx.db.execute(following.returning(counters.c.value)).scalar_one())


def number_case(ctx: Context, case_id: str, diagram: Diagram) -> str:
    """Number a case by its process's section of the manual and the fiscal year."""
    prefix = f"{diagram.properties.get('manual.process') or diagram.process}-{fiscal_year(today(ctx.engine.clock))}"
    number = f"{prefix}-{next_value(ctx, prefix):04d}"
    ctx.db.execute(update(cases).where(cases.c.id == case_id).values(number=number))
    return number


def number_link(ctx: Context) -> str:
    """Number a registry row by fiscal year: L-2570-0001."""
    prefix = f"L-{fiscal_year(today(ctx.engine.clock))}"
    return f"{prefix}-{next_value(ctx, prefix):04d}"
