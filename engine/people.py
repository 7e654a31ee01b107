"""Accounts, groups, memberships, and who stands in a lane.

A candidate is a string: `it_dept` means every member of that group, `it_dept/head` its
heads only. A person holds the candidates of today's memberships, of the groups above
them too; a task lists the candidates that may do it. Passwords are argon2id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import Connection, Row, and_, bindparam, insert, or_, select, update

from engine.calendar import today
from engine.context import Context
from engine.diagram import Diagram, Element, split
from engine.errors import LoginRefused
from engine.manual import Role, manual
from engine.tables import groups, memberships, people
from engine.tables.base import new_id

_hasher = PasswordHasher()
_DECOY = _hasher.hash("no such account")
BACK_OFF_SECONDS = (3, 6, 12, 24, 48, 60)
FREE_TRIES = 3


@dataclass(frozen=True)
class Person:
    """Somebody logged in, with the candidates held today."""

    id: str
    username: str
    name: str
    position: str
    operator: bool
    candidates: frozenset[str]
    unit: str | None

    def stands_in(self, candidates: Iterable[str]) -> bool:
        """True when this person holds one of the candidates."""
        return not self.candidates.isdisjoint(candidates)


def head_of(group: str) -> str:
    """Candidate string for the heads of a group."""
    return f"{group}/head"


def add_group(db: Connection, key: str, name: str, kind: str, parent: str | None = None, email: str = "") -> None:
    """Create a group; `kind` is unit, body or told."""
    db.execute(insert(groups), {"id": key, "name": name, "kind": kind, "parent": parent, "email": email})


def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    return _hasher.hash(password)


def add_person(
    db: Connection,
    username: str,
    name: str,
    hashed: str,
    position: str = "",
    *,
    operator: bool = False,
    email: str = "",
) -> str:
    """Create an account with a password from `hash_password`; returns its id."""
    key = new_id()
    db.execute(
        insert(people),
        {
            "id": key,
            "username": username,
            "name": name,
            "position": position,
            "email": email,
            "password": hashed,
            "active": True,
            "operator": operator,
            "failures": 0,
        },
    )
    return key


def join(
    db: Connection, person: str, group: str, *, head: bool = False, since: date | None = None, until: date | None = None
) -> None:
    """Make a person a member (or head) of a group, from and until given days."""
    row = {"id": new_id(), "person_id": person, "group_id": group, "head": head, "since": since, "until": until}
    db.execute(insert(memberships), row)


def authenticate(ctx: Context, username: str, password: str) -> str:
    """Id of the account; raises `LoginRefused` for every reason alike. Slow on purpose, so it only reads."""
    row = ctx.db.execute(select(people).where(people.c.username == username)).one_or_none()
    usable = row is not None and row.active and not (row.locked_until and row.locked_until > ctx.now)
    if not _matches(row.password if row is not None and usable else _DECOY, password) or row is None or not usable:
        raise LoginRefused
    return str(row.id)


def forget_failures(ctx: Context, person_id: str) -> None:
    """A login succeeded: the next failed one is the first again."""
    ctx.db.execute(update(people).where(people.c.id == person_id).values(failures=0, locked_until=None))


def count_failure(ctx: Context, username: str) -> None:
    """Remember a failed login; from the fourth on the account waits 3 to 60 seconds."""
    account = select(people.c.id, people.c.failures).where(people.c.username == username)
    row = ctx.db.execute(account.with_for_update(key_share=True)).one_or_none()
    if row is None:
        return
    over = row.failures + 1 - FREE_TRIES
    wait = BACK_OFF_SECONDS[min(over, len(BACK_OFF_SECONDS)) - 1] if over > 0 else 0
    until = ctx.now + timedelta(seconds=wait) if wait else None
    ctx.db.execute(update(people).where(people.c.id == row.id).values(failures=row.failures + 1, locked_until=until))


def _matches(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except VerificationError:
        return False


def load(ctx: Context, person_id: str) -> Person | None:
    """The active person with today's candidates, or None."""
    return first(ctx.db.execute(_BY_ID, {"person": person_id, **on(ctx)}).all())


def by_username(ctx: Context, username: str) -> Person | None:
    """The active person of a user name, or None."""
    return first(ctx.db.execute(_BY_USERNAME, {"person": username, **on(ctx)}).all())


def on(ctx: Context) -> dict[str, Any]:
    """The parameter of `WITH_GROUPS`."""
    return {"day": today(ctx.engine.clock)}


def _valid(day: Any) -> Any:
    since, until = memberships.c.since, memberships.c.until
    return and_(or_(since.is_(None), since <= day), or_(until.is_(None), until >= day))


# Built once: building a statement costs several times what running it does.
# Joined in one line: SQLite would put a join in brackets into a table of its own, the memberships of everybody.
_ON_DAY = and_(memberships.c.person_id == people.c.id, _valid(bindparam("day")))
WITH_GROUPS = (  # active people, one row per membership of a day; other statements say which people
    select(people.c.id, people.c.username, people.c.name, people.c.position, people.c.operator)
    .add_columns(memberships.c.group_id, memberships.c.head, groups.c.parent, groups.c.kind)
    .select_from(people.outerjoin(memberships, _ON_DAY).outerjoin(groups, groups.c.id == memberships.c.group_id))
    .where(people.c.active)
    .order_by(memberships.c.group_id)
)
_BY_ID = WITH_GROUPS.where(people.c.id == bindparam("person"))
_BY_USERNAME = WITH_GROUPS.where(people.c.username == bindparam("person"))


def first(rows: Sequence[Row[Any]]) -> Person | None:
    """The person of the rows of `WITH_GROUPS`, None where there are none."""
    if not rows:
        return None
    one = rows[0]
    held = {r.group_id for r in rows if r.group_id} | {r.parent for r in rows if r.parent}
    heads = {head_of(r.group_id) for r in rows if r.head}
    unit = next((r.group_id for r in rows if r.kind == "unit"), None)
    return Person(one.id, one.username, one.name, one.position, one.operator, frozenset(held | heads), unit)


def members(ctx: Context, candidate: str) -> list[Row[Any]]:
    """Active people (id, username, name, email) who hold a candidate today."""
    group, _, heads = candidate.partition("/")
    below = select(groups.c.id).where(or_(groups.c.id == group, groups.c.parent == group))
    where = [memberships.c.group_id.in_(below), people.c.active, _valid(today(ctx.engine.clock))]
    if heads:
        where.append(memberships.c.head)
    query = select(people.c.id, people.c.username, people.c.name, people.c.email).join_from(memberships, people)
    return list(ctx.db.execute(query.where(*where).distinct().order_by(people.c.username)))


_NAMES = select(groups.c.id, groups.c.name)
_UNITS = _NAMES.where(groups.c.kind == "unit").order_by(groups.c.id)


def units(db: Connection) -> list[Row[Any]]:
    """Every organisation unit (id, name), in stable order."""
    return list(db.execute(_UNITS))


def group_names(db: Connection) -> dict[str, str]:
    """Name of every group by id."""
    return {row.id: row.name for row in db.execute(_NAMES)}


# --- lanes to candidates ------------------------------------------------------------------------


def candidates_of(role: Role, data: Mapping[str, Any], item: str | None = None) -> list[str]:
    """Candidates of a role in a case: its group, the unit a variable names, or the unit of this instance."""
    if role.kind == "every_unit":
        named: Any = item
    else:
        named = role.group or data.get(role.variable or "")
    chosen = named if isinstance(named, list) else [named]
    return [head_of(g) if role.heads else g for g in chosen if isinstance(g, str) and g]


def task_candidates(diagram: Diagram, element: Element, data: Mapping[str, Any], item: str | None) -> list[str]:
    """Who may do a task: its lane and the other responsible roles."""
    roles = manual().roles
    lane = diagram.role(element.id)
    keys = [lane, *element.roles("responsible")] if lane else []
    allowed = [c for key in keys if key in roles for c in candidates_of(roles[key], data, item)]
    return list(dict.fromkeys(allowed))


_PARENTS = select(groups.c.id, groups.c.parent)


def narrow(db: Connection, allowed: Sequence[str], wanted: Iterable[str]) -> list[str]:
    """Those who are wanted and stand among the allowed: as they are, as heads, or as a group below. None is added."""
    above = {row.id: row.parent for row in db.execute(_PARENTS)}
    found = []
    for candidate in dict.fromkeys(wanted):
        group = candidate.partition("/")[0]
        if not {candidate, group, above.get(group)}.isdisjoint(allowed):
            found.append(candidate)
    return found


def consulted(element: Element, data: Mapping[str, Any]) -> list[str]:
    """Candidates of the roles that stand as C on a step."""
    roles = manual().roles
    return [c for key in element.roles("consulted") if key in roles for c in candidates_of(roles[key], data)]


def start_candidates(diagram: Diagram, all_units: Iterable[str]) -> list[str] | None:
    """Who may start a process by its `start.roles`; None means everyone."""
    wanted = split(diagram.properties.get("start.roles", ""))
    if "*" in wanted:
        return None
    roles = [manual().roles[key] for key in wanted if key in manual().roles]
    found = [c for role in roles if role.kind != "every_unit" for c in candidates_of(role, {})]
    return found + (list(all_units) if any(role.kind == "every_unit" for role in roles) else [])
