"""Topics registry-*: enter, move, activate, read and end rows of the link registry (manual 6.4-S2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from engine.topics import Call, Link, LinkState, RegistryRefused, Topics

REVIEW_AFTER = timedelta(days=365)
DETAIL_KEYS = (
    "purpose",
    "legal_basis",
    "data_category",
    "personal_data",
    "method",
    "format",
    "frequency",
    "agreement_no",
    "agreement_signed",
    "partner_ministry",
    "partner_type",
    "scope_of_use",
    "classification",
    "score_by_aspect",
    "score_reasons",
    "request_kind",
    "security_measures",
    "tech_contact",
    "close_out",
)


@dataclass(frozen=True)
class Proposal:
    """Case data of 6.2 step 1, or of form 040 for an inbound link; `direction` is outbound or inbound."""

    data: Mapping[str, Any]
    direction: Literal["outbound", "inbound"] = "outbound"


@dataclass(frozen=True)
class Entered:
    """`link_no`: the row's number in the registry."""

    link_no: str


@dataclass(frozen=True)
class Move:
    """The `state` to bring this case's link to."""

    state: LinkState
    link_no: str


@dataclass(frozen=True)
class Named:
    """The number of a link."""

    link_no: str


@dataclass(frozen=True)
class Facts:
    """What a case needs to know of a link: who holds it, with whom, which data, whom it concerns."""

    holder_unit: str
    partner: str
    dataset_name: str
    related_units: list[str]


@dataclass(frozen=True)
class Ending:
    """Why a link ends: a criterion of 7.2 (CX1 to CX5), with the closing answers."""

    link_no: str
    data: Mapping[str, Any]
    criterion: str = ""


@dataclass(frozen=True)
class Done:
    """Nothing is added to the case."""


def propose(given: Proposal, call: Call) -> Entered:
    """Enter the partner of this case as scored; a second round rewrites the case's own row."""
    return Entered(call.registry.propose(_link(given), LinkState.SCORED, "ผ่านเกณฑ์การคัดเลือก 7.1"))


def move(given: Move, call: Call) -> Done:
    """Bring the link into a state."""
    call.registry.move(given.link_no, LinkState(given.state))
    return Done()


def activate(given: Proposal, call: Call) -> Entered:
    """The link is in use: complete its row and set it live."""
    link = _link(given)
    started = link.live_on or call.today
    return Entered(
        call.registry.propose(
            Link(**{**vars(link), "live_on": started, "review_on": started + REVIEW_AFTER}), LinkState.LIVE, "เริ่มใช้งาน"
        )
    )


def read(given: Named, call: Call) -> Facts:
    """What the registry knows of a link."""
    row = call.registry.find(given.link_no)
    related = list(dict.fromkeys([*(row.using_units or []), *([row.owner_unit] if row.owner_unit else [])]))
    return Facts(row.holder_unit or "it_dept", row.partner, row.dataset, related)


def end(given: Ending, call: Call) -> Done:
    """The link has ended: write when and why."""
    if given.criterion not in {criterion.id for criterion in call.manual.endings}:
        raise RegistryRefused(
            reason=f"{given.criterion!r} is no criterion of 7.2", reason_th="ต้องระบุเหตุผลตามเกณฑ์ข้อ 7.2"
        )
    ended = _day(given.data.get("closed_on")) or call.today
    call.registry.move(given.link_no, LinkState.ENDED, ended_on=ended, end_reason=given.criterion)
    return Done()


def _link(given: Proposal) -> Link:
    data, inbound = given.data, given.direction == "inbound"
    units = [data.get("owner_unit") if inbound else data.get("wanting_unit")]
    return Link(
        direction=given.direction,
        partner=str((data.get("org_name") or data.get("person_name")) if inbound else data.get("partner_name") or "")
        or "ไม่ระบุ",
        dataset=str(data.get("dataset_name") or "ไม่ระบุ"),
        holder_unit="it_dept",
        owner_unit=data.get("owner_unit") if inbound else None,
        using_units=tuple(unit for unit in units if isinstance(unit, str)),
        score=data.get("score_total"),
        starts_on=_day(data.get("access_from") or data.get("agreement_start")),
        ends_on=_day(data.get("access_to") or data.get("agreement_end")),
        live_on=_day(data.get("live_on")),
        detail={key: data[key] for key in DETAIL_KEYS if data.get(key) not in (None, "")},
    )


def _day(value: Any) -> date | None:
    return date.fromisoformat(value[:10]) if isinstance(value, str) and value else None


def register(topics: Topics) -> None:
    """Serve the registry topics."""
    topics.add("registry-propose", "เสนอรายการเข้าทะเบียนการเชื่อมโยง", Proposal, Entered, propose)
    topics.add("registry-move", "เปลี่ยนสถานะในทะเบียนการเชื่อมโยง", Move, Done, move)
    topics.add("registry-activate", "บันทึกการเชื่อมโยงที่ใช้งานลงทะเบียน", Proposal, Entered, activate)
    topics.add("registry-read", "อ่านข้อมูลจากทะเบียนการเชื่อมโยง", Named, Facts, read)
    topics.add("registry-end", "สิ้นสุดรายการในทะเบียนการเชื่อมโยง", Ending, Done, end)
