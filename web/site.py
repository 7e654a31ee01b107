"""What belongs to the site as a whole: incidents for operators, help, health."""

from __future__ import annotations

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine import incidents, jobs
from engine.errors import Unavailable
from web.request import login_required, me, operators_only, own_path, reading, site, writing

pages = Blueprint("site", __name__)


@pages.get("/incidents")
@operators_only
def troubles() -> ResponseReturnValue:
    """What needs an operator."""
    with reading() as ctx:
        rows = incidents.open_incidents(ctx)
    return render_template("incidents.html", rows=rows)


@pages.post("/jobs/<key>/retry")
@operators_only
def retry(key: str) -> ResponseReturnValue:
    """Have a failed step tried again by the worker, at once."""
    with writing() as ctx:
        jobs.retry(ctx, key, me())
    flash("สั่งให้ลองใหม่แล้ว ระบบจะทำภายในไม่กี่วินาที", "ok")
    target = request.form.get("next")
    return redirect(own_path(target) if target else url_for(".troubles"), 303)


@pages.get("/help")
@login_required
def guide() -> ResponseReturnValue:
    """A quick start for staff."""
    return render_template("help.html")


@pages.get("/health")
def health() -> ResponseReturnValue:
    """For monitors: the database answers and has a schema."""
    try:
        revision = site().database.revision()
    except Unavailable:
        revision = None
    return jsonify(ok=revision is not None, revision=revision), 200 if revision else 503
