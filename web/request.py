"""What every route uses: transactions, the person logged in, and who may open a page.

A page is read in one transaction, the one that finds out who asks. A command finds out in
a transaction of its own before, so that SQLite's one write lock is held only while it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

import orjson
from flask import Flask, current_app, g, jsonify, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Row
from werkzeug.exceptions import BadRequest

from engine import incidents, messages, sessions
from engine.context import Context, Engine
from engine.database import Database
from engine.errors import OperatorsOnly
from engine.people import Person
from web.settings import Settings

TOKEN, WHO, CSRF = "session", "person", "csrf_token"  # keys of the signed cookie
SIGNED_OUT = {
    "title": "หมดเวลาการเข้าใช้งาน",
    "message": "เข้าสู่ระบบในแท็บใหม่ แล้วกลับมากดส่งอีกครั้ง ข้อมูลที่กรอกยังอยู่ครบ",
}
P = ParamSpec("P")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Site:
    """What the application was made of."""

    settings: Settings
    database: Database
    engine: Engine


def site() -> Site:
    """The running application's parts."""
    found: Site = current_app.extensions["prasan"]
    return found


@contextmanager
def reading() -> Iterator[Context]:
    """A transaction that only reads: the one in which the page's person was found, if it is still open."""
    begun = g.pop("begun", None) or _begin_reading()
    with begun:
        yield begun.ctx


@contextmanager
def glancing() -> Iterator[Context]:
    """As `reading`, for one SELECT."""
    with site().database.glance() as db:
        yield site().engine.context(db)


@contextmanager
def writing() -> Iterator[Context]:
    """The transaction of a command: commits at the end, or leaves nothing behind."""
    _end_reading()
    with site().database.write() as db:
        yield site().engine.context(db)


def command(act: Callable[[Context], Result]) -> Result:
    """As `writing`, for short commands that many give at once; `act` may be called twice (see Database.command)."""
    _end_reading()
    return site().database.command(lambda db: act(site().engine.context(db)))


class _Reading(ExitStack):
    """A read transaction that one function begins and another ends."""

    ctx: Context

    def pass_on(self) -> _Reading:
        """The same transaction, for somebody else to end."""
        other = self.pop_all()
        other.ctx = self.ctx
        return other


def _begin_reading() -> _Reading:
    begun = _Reading()
    begun.ctx = site().engine.context(begun.enter_context(site().database.read()))
    return begun


def _end_reading(_: BaseException | None = None) -> None:
    begun = g.pop("begun", None)
    if begun is not None:
        begun.close()


def me() -> Person:
    """The person logged in; only where login is required."""
    person: Person = g.person
    return person


def load_person() -> None:
    """Before every request: who is it, by the session token of the cookie."""
    g.person, g.unread, g.trouble = None, 0, 0
    if request.endpoint in ("static", "site.health") or (request.blueprint or "").startswith("rest_"):
        return
    token = session.get(TOKEN)
    if not token:
        return
    if request.method == "GET":
        with _begin_reading() as begun:
            row = _find_person(begun.ctx, token)
            if row is not None:
                g.unread = messages.unread(begun.ctx, g.person)
                g.trouble = incidents.count_open(begun.ctx) if g.person.operator else 0
                g.begun = begun.pass_on()
    else:
        with glancing() as ctx:
            row = _find_person(ctx, token)
    if row is not None and sessions.needs_touch(site().engine.clock.now(), row):
        with writing() as ctx:
            sessions.touch(ctx, row)


def _find_person(ctx: Context, token: str) -> Row[Any] | None:
    """The session's row, when the token is one in force; the person is then known."""
    found = sessions.find(ctx, token)
    if found is None:
        return None
    g.person, row = found
    return row


def login_required(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Send whoever is not logged in to the login page, and back afterwards."""

    @wraps(view)
    def guarded(*args: P.args, **given: P.kwargs) -> ResponseReturnValue:
        return view(*args, **given) if g.person else _ask_to_log_in()

    return guarded


def operators_only(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """A page for operators; everybody else gets 403."""

    @wraps(view)
    def guarded(*args: P.args, **given: P.kwargs) -> ResponseReturnValue:
        if not me().operator:
            raise OperatorsOnly(person=me().username)
        return view(*args, **given)

    return login_required(guarded)


def _ask_to_log_in() -> ResponseReturnValue:
    if wants_json():
        return jsonify(SIGNED_OUT), 401
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("account.login", next=back if back != "/" else None), 303)


def wants_json() -> bool:
    """True for requests of scripts, which get errors as JSON."""
    return request.is_json or request.accept_mimetypes.best == "application/json"


def own_path(target: str | None) -> str:
    """A path of this site to go on to, or the worklist for anything else (`//evil`, `https:evil`)."""
    home = url_for("work.worklist")
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return home
    plain = all(character.isprintable() and character != "\\" for character in target)
    parts = urlsplit(target)
    return target if plain and not parts.scheme and not parts.netloc else home


def page_number() -> int:
    """`?page=`, 1 for anything that is no page."""
    text = request.args.get("page", "1")[:6]
    return max(1, int(text)) if text.isascii() and text.isdecimal() else 1


def argument(name: str, longest: int = 200) -> str:
    """A query argument as plain text."""
    return _plain(request.args.get(name, ""))[:longest]


def field(name: str, longest: int = 10_000) -> str:
    """A field of a posted form as plain text."""
    return _plain(request.form.get(name, ""))[:longest]


def _plain(text: str) -> str:
    """PostgreSQL's text holds no NUL."""
    return text.replace("\0", "").strip()


def body() -> dict[str, Any]:
    """The posted JSON object, empty for anything else."""
    posted = request.get_json(silent=True)
    return posted if isinstance(posted, dict) else {}


def answers() -> dict[str, Any]:
    """The posted answers: JSON, or the JSON field of a multipart form; none for a task without a form."""
    try:
        given = body().get("answers") if request.is_json else orjson.loads(request.form.get("answers", "{}"))
    except orjson.JSONDecodeError:
        raise BadRequest from None
    if not isinstance(given, dict):
        raise BadRequest
    return given


def register(app: Flask) -> None:
    """Load the person before every request."""
    app.before_request(load_person)
    app.teardown_request(_end_reading)
