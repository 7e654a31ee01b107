"""Login with a local account, and logout. A failed login says the same for every reason."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from engine import audit, demo, people, sessions
from engine.audit import Tag
from engine.context import Context
from engine.errors import LoginRefused
from web.request import CSRF, TOKEN, WHO, argument, field, login_required, me, own_path, reading, site, writing

pages = Blueprint("account", __name__)
LONGEST_PASSWORD = 200


@pages.get("/login")
def login() -> ResponseReturnValue:
    """The login page; whoever is logged in goes on."""
    if g.person:
        return redirect(own_path(argument("next", 2_000)), 303)
    return _page()


@pages.post("/login")
def enter() -> ResponseReturnValue:
    """Check the password outside any write transaction (it is slow on purpose), then open a session."""
    username = field("username", 60)
    try:
        with reading() as ctx:
            person = people.authenticate(ctx, username, request.form.get("password", "")[:LONGEST_PASSWORD])
    except LoginRefused as refusal:
        with writing() as ctx:
            people.count_failure(ctx, username)
            audit.record(ctx, Tag.LOGIN_REFUSED, username, {"address": request.remote_addr})
        return _page(refusal.thai), 403
    with writing() as ctx:
        _open_session(ctx, person, username)
    return redirect(own_path(request.form.get("next")), 303)


@pages.post("/logout")
@login_required
def leave() -> ResponseReturnValue:
    """Close the session on the server and forget it in the browser."""
    with writing() as ctx:
        sessions.end(ctx, session[TOKEN])
        audit.record(ctx, Tag.LOGOUT, me().username, {})
    session.clear()
    return redirect("/login", 303)


def _open_session(ctx: Context, person: str, username: str) -> None:
    """A new token for every login. The CSRF token stays for the person who had it, whose open forms stay usable."""
    kept = session.get(CSRF) if session.get(WHO) == person else None
    old = session.get(TOKEN)
    session.clear()
    if old:
        sessions.end(ctx, old)
    if kept:
        session[CSRF] = kept
    people.forget_failures(ctx, person)
    session[WHO], session[TOKEN] = person, sessions.start(ctx, person)
    audit.record(ctx, Tag.LOGIN, username, {"address": request.remote_addr})


def _page(problem: str = "") -> str:
    accounts = demo.ACCOUNTS if site().settings.demo else ()
    back = own_path(request.values.get("next"))
    return render_template("login.html", problem=problem, accounts=accounts, password=demo.PASSWORD, next=back)
