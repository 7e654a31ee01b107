"""The link registry (ทะเบียนการเชื่อมโยงข้อมูล): rows, the states they pass, their history.

Manual 6.4-S2 and KPI 6.1-IP3 name it, the fields and states are those proposed for it:
proposed, scored, requested, granted, technical, live, suspended, notice, ended, and the
side exits failed (score below 60) and refused. A move the table below does not hold is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from engine import audit, numbering
from engine.calendar import today
from engine.context import Context
from engine.errors import RegistryRefused
from engine.tables import cases, link_history, links
from engine.tables.base import new_id


class LinkState(StrEnum):
    """Where a link stands in its life."""

    PROPOSED = "proposed"
    SCORED = "scored"
    REQUESTED = "requested"
    GRANTED = "granted"
    TECHNICAL = "technical"
    LIVE = "live"
    SUSPENDED = "suspended"
    NOTICE = "notice"
    ENDED = "ended"
    FAILED = "failed"
    REFUSED = "refused"


S = LinkState
STATE_NAMES: Mapping[str, str] = {
    S.PROPOSED: "เสนอ",
    S.SCORED: "คัดเลือกแล้ว",
    S.REQUESTED: "รอพิจารณา",
    S.GRANTED: "ได้รับอนุญาต",
    S.TECHNICAL: "เตรียมเชื่อมโยง",
    S.LIVE: "ใช้งาน",
    S.SUSPENDED: "ระงับชั่วคราว",
    S.NOTICE: "แจ้งยกเลิก",
    S.ENDED: "สิ้นสุด",
    S.FAILED: "ไม่ผ่านเกณฑ์",
    S.REFUSED: "ไม่อนุญาต",
}
BEFORE_LIVE = frozenset({S.PROPOSED, S.SCORED, S.REQUESTED, S.GRANTED, S.TECHNICAL})
MOVES: Mapping[LinkState, frozenset[LinkState]] = {
    S.PROPOSED: BEFORE_LIVE | {S.LIVE, S.FAILED, S.REFUSED},
    S.SCORED: BEFORE_LIVE | {S.LIVE, S.FAILED, S.REFUSED},
    S.REQUESTED: frozenset({S.GRANTED, S.REFUSED, S.SCORED}),
    S.GRANTED: frozenset({S.TECHNICAL, S.LIVE, S.REFUSED}),
    S.TECHNICAL: frozenset({S.LIVE, S.REFUSED}),
    S.LIVE: frozenset({S.SUSPENDED, S.NOTICE}),
    S.SUSPENDED: frozenset({S.LIVE, S.NOTICE}),
    S.NOTICE: frozenset({S.ENDED, S.LIVE}),
    S.ENDED: frozenset(),
    S.FAILED: frozenset(),
    S.REFUSED: frozenset(),
}


@dataclass(frozen=True)
class Link:
    """What a process writes about a link; None leaves a field as it is."""

    direction: str
    partner: str
    dataset: str
    holder_unit: str | None = None
    owner_unit: str | None = None
    using_units: tuple[str, ...] | None = None
    score: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    review_on: date | None = None
    live_on: date | None = None
    detail: Mapping[str, Any] | None = None


class Registry:
    """The registry as one case writes it."""

    def __init__(self, ctx: Context, case_id: str, person: str) -> None:
        self._ctx, self._case, self._person = ctx, case_id, person

    def propose(self, link: Link, state: LinkState, note: str = "") -> str:
        """Enter this case's link, or rewrite the row it is still working on; returns its number."""
        row = self.of_case()
        if row is None:
            return self._enter(link, state, note)
        self._change(row, state, _values(link, keep=row.detail), note)
        return str(row.number)

    def move(self, number: str, state: LinkState, note: str = "", **values: Any) -> None:
        """Bring a link into a state; raises `RegistryRefused` for a move that is not allowed."""
        locked = self._one(number, select(links).where(links.c.number == number).with_for_update())
        self._change(locked, state, values, note)

    def find(self, number: str) -> Row[Any]:
        """The row of a number; raises `RegistryRefused`."""
        return self._one(number, select(links).where(links.c.number == number))

    def _one(self, number: str, query: Select[Any]) -> Row[Any]:
        row = self._ctx.db.execute(query).one_or_none()
        if row is None:
            raise RegistryRefused(reason=f"there is no link {number}", reason_th=f"ไม่พบรายการเลขที่ {number} ในทะเบียน")
        return row

    def of_case(self) -> Row[Any] | None:
        """The row this case entered and is still working on, or None; a refused row stays as it is."""
        over = (S.ENDED, S.FAILED, S.REFUSED)
        query = select(links).where(links.c.case_id == self._case, links.c.state.not_in(over)).with_for_update()
        return self._ctx.db.execute(query).one_or_none()

    def _enter(self, link: Link, state: LinkState, note: str) -> str:
        key, number = new_id(), numbering.number_link(self._ctx)
        values: dict[str, Any] = {"using_units": [], "detail": {}, **_values(link)}
        self._ctx.db.execute(
            insert(links),
            {
                "id": key,
                "number": number,
                "state": str(state),
                "case_id": self._case,
                "updated_at": self._ctx.now,
                **values,
            },
        )
        self._remember(key, number, None, state, note)
        return number

    def _change(self, row: Row[Any], state: LinkState, values: Mapping[str, Any], note: str) -> None:
        before = LinkState(row.state)
        if state != before and state not in MOVES[before]:
            raise RegistryRefused(
                reason=f"link {row.number} cannot go from {before} to {state}",
                reason_th=f"รายการ {row.number} {STATE_NAMES[before]}อยู่ จึงเปลี่ยนเป็น “{STATE_NAMES[state]}” ไม่ได้",
            )
        changes = {**values, "state": str(state), "updated_at": self._ctx.now}
        self._ctx.db.execute(update(links).where(links.c.id == row.id).values(**changes))
        self._remember(row.id, row.number, before, state, note)

    def _remember(self, key: str, number: str, before: str | None, after: str, note: str) -> None:
        self._ctx.db.execute(
            insert(link_history),
            {
                "id": new_id(),
                "link_id": key,
                "case_id": self._case,
                "at": self._ctx.now,
                "before": before,
                "after": str(after),
                "by": self._person,
                "note": note,
            },
        )


def _values(link: Link, keep: Mapping[str, Any] | None = None) -> dict[str, Any]:
    named = {
        name: getattr(link, name)
        for name in (
            "direction",
            "partner",
            "dataset",
            "holder_unit",
            "owner_unit",
            "score",
            "starts_on",
            "ends_on",
            "review_on",
            "live_on",
        )
        if getattr(link, name) is not None
    }
    named.update(partner=link.partner[:300], dataset=link.dataset[:500])
    if link.using_units is not None:
        named["using_units"] = list(link.using_units)
    if link.detail is not None:
        named["detail"] = {**(keep or {}), **link.detail}
    return named


# --- reading ----------------------------------------------------------------------------------


def all_links(db: Connection, state: str = "", direction: str = "", words: str = "") -> list[Row[Any]]:
    """Rows of the registry with the number of the case that entered them, newest first."""
    query = select(links, cases.c.number.label("case_number")).outerjoin(cases, cases.c.id == links.c.case_id)
    if state:
        query = query.where(links.c.state == state)
    if direction:
        query = query.where(links.c.direction == direction)
    if words:
        like = f"%{words.replace('%', '').replace('_', '')}%"
        query = query.where(links.c.partner.ilike(like) | links.c.dataset.ilike(like) | links.c.number.ilike(like))
    return list(db.execute(query.order_by(links.c.number.desc())))


def by_number(db: Connection, number: str) -> Row[Any] | None:
    """One row by its number, or None."""
    query = select(links, cases.c.number.label("case_number")).outerjoin(cases, cases.c.id == links.c.case_id)
    return db.execute(query.where(links.c.number == number)).one_or_none()


def history(db: Connection, link_id: str) -> list[Row[Any]]:
    """Every change of a link, oldest first, with the case that made it."""
    query = select(link_history, cases.c.number.label("case_number")).outerjoin(
        cases, cases.c.id == link_history.c.case_id
    )
    return list(
        db.execute(query.where(link_history.c.link_id == link_id).order_by(link_history.c.at, link_history.c.id))
    )


def cancellable(db: Connection) -> list[Row[Any]]:
    """Links that 6.4 can end: live or suspended."""
    query = select(links.c.number, links.c.partner, links.c.dataset)
    return list(db.execute(query.where(links.c.state.in_([S.LIVE, S.SUSPENDED])).order_by(links.c.number)))


def record_export(ctx: Context, person: str, rows: int) -> None:
    """Audit that the registry was exported."""
    audit.record(ctx, audit.Tag.EXPORT, person, {"rows": rows, "day": today(ctx.engine.clock).isoformat()})
