"""Notices: what my groups were told (to be confirmed with ทราบ), and everything that was sent."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engine import access, messages
from engine.errors import OperatorsOnly
from web.request import login_required, me, reading, writing

pages = Blueprint("notices", __name__)
SENDERS = ("it_dept",)


@pages.get("/messages")
@login_required
def index() -> ResponseReturnValue:
    """Notices to my groups; a case is linked where I may read it."""
    with reading() as ctx:
        rows = messages.for_person(ctx, me().candidates, me().username)
        seen = access.visible(ctx, {row.case_id for row in rows if row.case_id}, me())
    return render_template("messages.html", rows=rows, seen=seen)


@pages.post("/messages/<key>/read")
@login_required
def confirm(key: str) -> ResponseReturnValue:
    """ทราบ."""
    with writing() as ctx:
        messages.confirm(ctx, key, me())
    flash("บันทึกว่ารับทราบแล้ว", "ok")
    return redirect(url_for(".index"), 303)


@pages.get("/outbox")
@login_required
def outbox() -> ResponseReturnValue:
    """Everything that was sent or would have been, for operators and the IT department."""
    if not (me().operator or me().stands_in(SENDERS)):
        raise OperatorsOnly(person=me().username)
    with reading() as ctx:
        rows = messages.outbox(ctx)
        seen = access.visible(ctx, {row.case_id for row in rows if row.case_id}, me())
    return render_template("outbox.html", rows=rows, seen=seen, mail=ctx.engine.mail)
