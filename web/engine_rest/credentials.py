"""Who sends a request: an access token as Bearer or as the password of Basic; in the demonstration the password too."""

from __future__ import annotations

from flask import request

from engine import access_tokens, audit, people
from engine.audit import Tag
from engine.errors import LoginRefused
from engine.people import Person
from web.request import glancing, reading, site, writing

LONGEST = 200


def person() -> Person | None:
    """The person of the Authorization header, None without valid credentials."""
    given = request.authorization
    if given is None:
        return None
    if given.type == "bearer":
        return _by_token(given.token or "", None)
    username, secret = _plain(given.get("username")), _plain(given.get("password"))
    if given.type != "basic" or not username or not secret:
        return None
    if secret.startswith(access_tokens.PREFIX) or not site().settings.demo:
        return _by_token(secret, username)
    return _by_password(username, secret)


def _plain(text: str | None) -> str:
    """Nothing that a database would choke on."""
    return text if text and len(text) <= LONGEST and text.isprintable() else ""


def _by_token(token: str, username: str | None) -> Person | None:
    with glancing() as ctx:
        found = access_tokens.find(ctx, token)
    if found is None:
        return None
    person, row = found
    if username not in (None, person.username):
        return None
    if access_tokens.needs_touch(ctx.now, row):
        with writing() as ctx:
            access_tokens.touch(ctx, row)
    return person


def _by_password(username: str, password: str) -> Person | None:
    """As the login page does it: slow on purpose, failures counted."""
    try:
        with reading() as ctx:
            return people.load(ctx, people.authenticate(ctx, username, password))
    except LoginRefused:
        with writing() as ctx:
            people.count_failure(ctx, username)
            audit.record(ctx, Tag.LOGIN_REFUSED, username, {"address": request.remote_addr, "door": "engine-rest"})
    return None
