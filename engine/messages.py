"""The outbox: notices written in the transaction that causes them, sent afterwards.

Every notice stands on the receiver's page, to be confirmed with "ทราบ". Where an e-mail
address and a mail server are known it is also sent, at least once, by the worker; else
the outbox page shows what would have been sent. Texts are data, never templates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, update

from engine import people
from engine.context import Context
from engine.database.statements import upsert
from engine.errors import NotFound
from engine.manual import Role, manual
from engine.tables import cases, groups, jobs, messages, receipts
from engine.tables.base import new_id

RECORDED, QUEUED, SENT, FAILED = "recorded", "queued", "sent", "failed"


@dataclass(frozen=True)
class Notice:
    """What is told: step and plan row of the manual, channel as printed, subject and body in Thai."""

    subject: str
    body: str
    step: str | None = None
    plan_row: str | None = None
    channel: str = ""


@dataclass(frozen=True)
class Receiver:
    """Who is told: a candidate inside the house, or a name outside it."""

    name: str
    candidate: str | None
    email: str


def notify(
    ctx: Context, case_id: str, element: str, notice: Notice, roles: Iterable[str], data: Mapping[str, Any]
) -> int:
    """Write one message per receiver of the roles, nobody twice; returns how many."""
    told: set[str] = set()
    for role in roles:
        for receiver in _receivers(ctx, manual().roles[role], data):
            if (receiver.candidate or receiver.name) not in told:
                told.add(receiver.candidate or receiver.name)
                _post(ctx, case_id, element, notice, role, receiver)
    return len(told)


def tell(ctx: Context, candidate: str, notice: Notice) -> None:
    """Write a message to a group, outside any case."""
    group = ctx.db.execute(select(groups).where(groups.c.id == candidate.split("/", maxsplit=1)[0])).one()
    _post(ctx, None, None, notice, None, Receiver(group.name, candidate, group.email))


def _receivers(ctx: Context, role: Role, data: Mapping[str, Any]) -> list[Receiver]:
    if role.kind == "every_unit":
        candidates = [unit.id for unit in people.units(ctx.db)]
    else:
        candidates = people.candidates_of(role, data)
    known = {
        row.id: row
        for row in ctx.db.execute(select(groups).where(groups.c.id.in_([c.split("/")[0] for c in candidates])))
    }
    inside = [
        Receiver(known[c.split("/")[0]].name, c, known[c.split("/")[0]].email)
        for c in candidates
        if c.split("/")[0] in known
    ]
    return inside or [
        Receiver(str(data.get("org_name") or data.get("partner") or role.th), None, _outside_email(role, data))
    ]


def _outside_email(role: Role, data: Mapping[str, Any]) -> str:
    """The requester's own address on form 040; nobody else's is known."""
    return str(data.get("email") or "") if role.id == "requester" else ""


def _post(
    ctx: Context, case_id: str | None, element: str | None, notice: Notice, role: str | None, receiver: Receiver
) -> None:
    key = new_id()
    mailed = bool(ctx.engine.mail and receiver.email)
    ctx.db.execute(
        insert(messages),
        {
            "id": key,
            "case_id": case_id,
            "element": element,
            "step": notice.step,
            "plan_row": notice.plan_row,
            "role": role,
            "candidate": receiver.candidate,
            "recipient": receiver.name[:200],
            "email": receiver.email,
            "channel": notice.channel,
            "subject": notice.subject,
            "body": notice.body,
            "at": ctx.now,
            "status": QUEUED if mailed else RECORDED,
        },
    )
    if mailed:
        ctx.db.execute(
            insert(jobs),
            {
                "id": new_id(),
                "case_id": case_id,
                "kind": "send",
                "element": element,
                "due_at": ctx.now,
                "priority": 0,
                "attempts": 0,
                "status": "due",
                "detail": {"message": key},
            },
        )


def for_person(ctx: Context, candidates: Iterable[str], username: str, limit: int = 100) -> list[Row[Any]]:
    """Messages to a person's groups, newest first, with the moment this person confirmed each."""
    mine = receipts.c.person == username
    query = (
        select(messages, receipts.c.at.label("read_at"), cases.c.number.label("case_number"))
        .outerjoin(receipts, (receipts.c.message_id == messages.c.id) & mine)
        .outerjoin(cases, cases.c.id == messages.c.case_id)
        .where(messages.c.candidate.in_(list(candidates)))
        .order_by(messages.c.at.desc(), messages.c.id)
        .limit(limit)
    )
    return list(ctx.db.execute(query))


# Built once: building a statement costs several times what running it does.
_CONFIRMED = select(receipts.c.message_id).where(receipts.c.person == bindparam("person"))
_UNREAD = (
    select(func.count())
    .select_from(messages)
    .where(messages.c.candidate.in_(bindparam("held", expanding=True)), messages.c.id.not_in(_CONFIRMED))
)


def unread(ctx: Context, person: people.Person) -> int:
    """How many messages to a person's groups this person has not confirmed."""
    mine = {"person": person.username, "held": sorted(person.candidates)}
    return int(ctx.db.execute(_UNREAD, mine).scalar_one())


def confirm(ctx: Context, message_id: str, person: people.Person) -> None:
    """Mark a message as read (ทราบ) by a person; raises `NotFound` for somebody else's."""
    row = ctx.db.execute(select(messages.c.candidate).where(messages.c.id == message_id)).one_or_none()
    if row is None or row.candidate not in person.candidates:
        raise NotFound(what="message", key=message_id)
    receipt = upsert(ctx.db, receipts).values(message_id=message_id, person=person.username, at=ctx.now)
    ctx.db.execute(receipt.on_conflict_do_nothing())


def outbox(ctx: Context, limit: int = 200) -> list[Row[Any]]:
    """Every message, newest first: what was sent, what waits, what would have been sent."""
    query = select(messages, cases.c.number.label("case_number")).outerjoin(cases, cases.c.id == messages.c.case_id)
    return list(ctx.db.execute(query.order_by(messages.c.at.desc(), messages.c.id).limit(limit)))


def of_case(ctx: Context, case_id: str) -> list[Row[Any]]:
    """Messages a case has caused, oldest first."""
    return list(
        ctx.db.execute(select(messages).where(messages.c.case_id == case_id).order_by(messages.c.at, messages.c.id))
    )


def mark(ctx: Context, message_id: str, status: str, error: str | None = None) -> None:
    """Note how sending a message ended."""
    sent = ctx.now if status == SENT else None
    ctx.db.execute(update(messages).where(messages.c.id == message_id).values(status=status, sent_at=sent, error=error))
