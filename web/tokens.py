"""The page of access tokens: make one for Camunda Modeler or a program, see it once, revoke it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine import access_tokens
from engine.errors import TokenRefused
from web.engine_rest.door import PREFIX
from web.request import field, login_required, me, reading, writing

pages = Blueprint("tokens", __name__)


@pages.get("/account/tokens")
@login_required
def index() -> ResponseReturnValue:
    """My tokens."""
    return _page()


@pages.post("/account/tokens")
@login_required
def create() -> ResponseReturnValue:
    """Make one. It is shown in this answer and never again, so there is no redirect."""
    try:
        with writing() as ctx:
            made = access_tokens.create(ctx, me(), field("name"))
    except TokenRefused as refusal:
        return _page(problem=refusal.thai), refusal.status
    return _page(made)


@pages.post("/account/tokens/<key>/revoke")
@login_required
def revoke(key: str) -> ResponseReturnValue:
    """From now on it is worth nothing."""
    with writing() as ctx:
        access_tokens.revoke(ctx, key, me())
    flash("ยกเลิกรหัสแล้ว โปรแกรมที่ใช้รหัสนี้เข้าระบบไม่ได้อีก", "ok")
    return redirect(url_for(".index"), 303)


def _page(made: str = "", problem: str = "") -> str:
    with reading() as ctx:
        rows = access_tokens.of_person(ctx, me())
    address = request.url_root.rstrip("/") + PREFIX
    return render_template("tokens.html", rows=rows, made=made, problem=problem, address=address)
