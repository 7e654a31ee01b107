"""Tokens by which programs act for an account: Camunda Modeler and outside workers.

A token is shown once. The database holds its SHA-256 only, so reading the table lets
nobody in. It may do what its account may, until it is revoked or the account closes.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, select, update

from engine import audit, people
from engine.audit import Tag
from engine.context import Context
from engine.database.statements import Query
from engine.errors import NotFound, TokenRefused
from engine.people import Person
from engine.tables import access_tokens
from engine.tables import people as people_table
from engine.tables.base import new_id

PREFIX = "prasan_"  # lets scanners of source code recognise a token that was left in a file
TOUCH_AFTER = timedelta(minutes=1)
MOST_TOKENS = 20
LONGEST_NAME = 100


def create(ctx: Context, person: Person, name: str) -> str:
    """Make a token (256 random bits) for an account and return it; raises `TokenRefused`."""
    if not 0 < len(name) <= LONGEST_NAME:
        raise TokenRefused(reason="a name of 1 to 100 characters", reason_th="กรุณาตั้งชื่อไม่เกิน 100 ตัวอักษร")
    mine = select(func.count()).select_from(access_tokens).where(access_tokens.c.person_id == person.id)
    if ctx.db.execute(mine).scalar_one() >= MOST_TOKENS:
        raise TokenRefused(reason=f"at most {MOST_TOKENS}", reason_th=f"มีได้ไม่เกิน {MOST_TOKENS} รหัส กรุณาลบรหัสเก่า")
    token, key = PREFIX + secrets.token_urlsafe(32), new_id()
    row = {"id": key, "person_id": person.id, "name": name, "digest": _digest(token), "created_at": ctx.now}
    ctx.db.execute(insert(access_tokens), row)
    audit.record(ctx, Tag.KEY_ADD, person.username, {"token": key, "name": name})
    return token


def of_person(ctx: Context, person: Person) -> list[Row[Any]]:
    """The tokens of an account, the newest first."""
    query = select(access_tokens).where(access_tokens.c.person_id == person.id)
    return list(ctx.db.execute(query.order_by(access_tokens.c.created_at.desc(), access_tokens.c.id)))


def revoke(ctx: Context, key: str, person: Person) -> None:
    """A token of this account is worth nothing from now on; raises `NotFound` for anybody else's."""
    mine = (access_tokens.c.id == key) & (access_tokens.c.person_id == person.id)
    if ctx.db.execute(delete(access_tokens).where(mine)).rowcount == 0:
        raise NotFound(what="token", key=key)
    audit.record(ctx, Tag.KEY_REVOKE, person.username, {"token": key})


# Built once: building a statement costs several times what running it does.
_FIND = Query(
    people.WITH_GROUPS.add_columns(access_tokens.c.id.label("token"), access_tokens.c.last_used_at)
    .join(access_tokens, access_tokens.c.person_id == people_table.c.id)
    .where(access_tokens.c.digest == bindparam("digest"))
)


def find(ctx: Context, token: str) -> tuple[Person, Row[Any]] | None:
    """Whose token it is, with its row (token, last_used_at); None when it or the account is not in force."""
    rows = _FIND.rows(ctx.db, {"digest": _digest(token), **people.on(ctx)})
    person = people.first(rows)
    return (person, rows[0]) if person else None


def needs_touch(now: datetime, row: Row[Any]) -> bool:
    """True when the last use was noted more than a minute ago; not every request is a write."""
    return row.last_used_at is None or bool(now - row.last_used_at > TOUCH_AFTER)


def touch(ctx: Context, row: Row[Any]) -> None:
    """The token is in use."""
    ctx.db.execute(update(access_tokens).where(access_tokens.c.id == row.token).values(last_used_at=ctx.now))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
