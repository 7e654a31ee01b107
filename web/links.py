"""The link registry (ทะเบียนการเชื่อมโยงข้อมูล): the list, one link with its history, the Excel export."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue
from pythainlp.util import collate
from sqlalchemy import Row

from engine import access, people, registry, views
from engine.calendar import today
from engine.context import Context
from engine.errors import NotFound
from engine.registry import LinkState
from web import spreadsheet
from web.request import argument, login_required, me, reading, writing
from web.shown import DIRECTIONS

pages = Blueprint("links", __name__)


def _chosen() -> dict[str, str]:
    """The filters of the list; an unknown state or direction is no filter."""
    state, direction = argument("state"), argument("direction")
    return {
        "state": state if state in set(LinkState) else "",
        "direction": direction if direction in DIRECTIONS else "",
        "words": argument("q"),
    }


def _rows(ctx: Context, chosen: dict[str, str]) -> list[Row[Any]]:
    """Links in the Thai order of their partners."""
    rows = registry.all_links(ctx.db, **chosen)
    place = {name: number for number, name in enumerate(collate({row.partner for row in rows}))}
    return sorted(rows, key=lambda row: (place[row.partner], row.number))


@pages.get("/registry")
@login_required
def index() -> ResponseReturnValue:
    """The registry."""
    chosen = _chosen()
    with reading() as ctx:
        rows, groups = _rows(ctx, chosen), people.group_names(ctx.db)
    return render_template("registry.html", rows=rows, groups=groups, **chosen)


@pages.get("/registry/<number>")
@login_required
def show(number: str) -> ResponseReturnValue:
    """One link and every state it has passed."""
    with reading() as ctx:
        row = registry.by_number(ctx.db, number)
        if row is None:
            raise NotFound(what="link", key=number)
        history = registry.history(ctx.db, row.id)
        seen = access.visible(ctx, {h.case_id for h in history if h.case_id} | {row.case_id or ""}, me())
        groups, names = people.group_names(ctx.db), views.person_names(ctx)
    return render_template("link.html", row=row, history=history, seen=seen, groups=groups, names=names)


@pages.get("/registry.xlsx")
@login_required
def export() -> ResponseReturnValue:
    """The list as it is filtered, as an Excel file; the export is audited."""
    with writing() as ctx:
        rows, groups = _rows(ctx, _chosen()), people.group_names(ctx.db)
        registry.record_export(ctx, me().username, len(rows))
        day = today(ctx.engine.clock)
    answer = Response(spreadsheet.registry(rows, groups, day), mimetype=spreadsheet.TYPE)
    answer.headers.set("Content-Disposition", "attachment", filename=f"link-registry-{day.isoformat()}.xlsx")
    return answer
