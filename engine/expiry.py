"""Agreements that run out: reminders 90, 60 and 30 days before, then process 6.4 starts by itself.

The manual ends a link when its contract has ended (6.4, criterion CX3) but leaves nobody to
notice. Every day the registry is read; each reminder and each start happens once per
agreement, however often and however late this runs.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Row, insert, select

from engine import cases, definitions, messages
from engine.audit import SYSTEM
from engine.calendar import today
from engine.context import Context
from engine.messages import Notice
from engine.people import Person
from engine.registry import LinkState
from engine.tables import cases as cases_table
from engine.tables import link_reminders, links
from forms.dates import thai_date

PROCESS, CRITERION = "link_termination", "CX3"
REMIND_DAYS = (90, 60, 30)


def watch(ctx: Context) -> int:
    """Remind of agreements that end soon and open a 6.4 case for those that have; returns how many acts."""
    day = today(ctx.engine.clock)
    alive = links.c.state.in_([LinkState.LIVE, LinkState.SUSPENDED]) & links.c.ends_on.is_not(None)
    return sum(_attend(ctx, row, day) for row in ctx.db.execute(select(links).where(alive).order_by(links.c.number)))


def _attend(ctx: Context, link: Row[Any], day: date) -> int:
    left = (link.ends_on - day).days
    if left <= 0:
        return _open_case(ctx, link)
    reached = [days for days in REMIND_DAYS if left <= days]
    return _remind(ctx, link, reached[-1], left) if reached else 0


def _remind(ctx: Context, link: Row[Any], days: int, left: int) -> int:
    """Tell the unit that holds the link, once per agreement and threshold."""
    key = {"link_id": link.id, "ends_on": link.ends_on, "days": days}
    if ctx.db.execute(select(link_reminders.c.at).filter_by(**key)).first() is not None:
        return 0
    ctx.db.execute(insert(link_reminders), {**key, "at": ctx.now})
    subject = f"[{link.number}] ข้อตกลงการเชื่อมโยงจะสิ้นสุดใน {left} วัน"
    body = (
        f"การเชื่อมโยงข้อมูล “{link.dataset}” กับ{link.partner} จะสิ้นสุดวันที่ {thai_date(link.ends_on)}\n"
        "หากไม่ต่ออายุ ระบบจะเปิดเรื่องยกเลิกการเชื่อมโยง (6.4) ให้ในวันนั้น"
    )
    messages.tell(ctx, link.holder_unit, Notice(subject, body))
    return 1


def _open_case(ctx: Context, link: Row[Any]) -> int:
    """Start 6.4 in the name of the unit that holds the link, once per agreement."""
    key = f"expiry:{link.number}:{link.ends_on.isoformat()}"
    known = select(cases_table.c.id).where(cases_table.c.business_key == key)
    if ctx.db.execute(known).first() is not None or definitions.live(ctx.db, PROCESS) is None:
        return 0
    system = Person(SYSTEM, SYSTEM, "ระบบ", "", operator=False, candidates=frozenset(), unit=link.holder_unit)
    cases.start(ctx, PROCESS, system, {"link_no": link.number, "criterion": CRITERION}, business_key=key)
    return 1
