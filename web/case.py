"""Cases: the list, one case with everything that happened, its documents and comments."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from engine import access, cases, comments, documents, views
from engine.errors import NotFound
from engine.todo import PAGE
from engine.views import CaseView
from web.progress import Progress, progress
from web.request import argument, field, login_required, me, operators_only, own_path, page_number, reading, writing
from web.shown import CASE_STATES

pages = Blueprint("case", __name__)


@pages.get("/cases")
@login_required
def index() -> ResponseReturnValue:
    """Cases I may see, the newest first."""
    chosen: dict[str, Any] = {"process": argument("process"), "words": argument("q"), "page": page_number()}
    status = argument("status") if argument("status") in CASE_STATES else ""
    with reading() as ctx:
        rows, count = views.case_list(ctx, me(), status=status, **chosen)
        processes = views.processes(ctx)
    return render_template(
        "cases.html", rows=rows, count=count, per_page=PAGE, processes=processes, status=status, **chosen
    )


@pages.get("/cases/<number>")
@login_required
def show(number: str) -> ResponseReturnValue:
    """One case."""
    with reading() as ctx:
        view = views.case(ctx, number, me())
    mine = {task.element: task.id for task in reversed(view.open_tasks) if me().stands_in(view.doers.get(task.id, ()))}
    steps = progress(view)
    return render_template("case.html", view=view, mine=mine, progress=steps, diagram=_diagram_data(view, steps, mine))


def _diagram_data(view: CaseView, steps: Progress, mine: dict[str, str]) -> dict[str, Any]:
    """What the browser needs to draw where the case stands."""
    return {
        "xml": view.definition.content.decode("utf-8", "replace"),
        "done": view.done,
        "current": steps.current,
        "counts": {element: count for element, count in view.current.items() if count > 1},
        "incidents": [incident.element for incident in view.incidents if incident.element],
        "label": f"แผนผังของเรื่อง {view.row.number} รายการขั้นตอนเป็นข้อความอยู่ถัดจากแผนผัง",
        "links": {element: url_for("work.task", task_id=task) for element, task in mine.items()},
    }


@pages.post("/cases/<number>/documents")
@login_required
def upload(number: str) -> ResponseReturnValue:
    """Attach a file."""
    file = request.files.get("file") or FileStorage()
    with writing() as ctx:
        case = views.case_row(ctx, number, me())
        element = field("element", 100) or None
        documents.add(ctx, case.id, me(), file.filename or "", file.stream, element, field("classification", 20))
    flash(f"แนบไฟล์ “{file.filename}” แล้ว", "ok")
    return _back(number)


@pages.get("/documents/<key>")
@login_required
def download(key: str) -> ResponseReturnValue:
    """A file, always as a download."""
    with reading() as ctx:
        row, place = documents.find(ctx, key)
        if not access.may_see(ctx, row.case_id, me()):
            raise NotFound(what="document", key=key)
    return send_file(place.resolve(), row.type, as_attachment=True, download_name=row.name, etag=False, max_age=0)


@pages.post("/cases/<number>/comments")
@login_required
def comment(number: str) -> ResponseReturnValue:
    """Say something about the case."""
    with writing() as ctx:
        case = views.case_row(ctx, number, me())
        comments.add(ctx, case.id, me(), field("text"), field("element", 100) or None)
    flash("บันทึกความเห็นแล้ว", "ok")
    return _back(number)


@pages.post("/cases/<number>/cancel")
@operators_only
def cancel(number: str) -> ResponseReturnValue:
    """An operator stops a case for a stated reason."""
    reason = field("reason", 1_000)
    if not reason:
        flash("กรุณาระบุเหตุผลที่ยกเลิกเรื่อง", "error")
        return _back(number)
    with writing() as ctx:
        cases.cancel(ctx, views.case_row(ctx, number, me()).id, me(), reason)
    flash("ยกเลิกเรื่องแล้ว", "ok")
    return _back(number)


def _back(number: str) -> ResponseReturnValue:
    """To the page the person came from, else the case."""
    target = request.form.get("next")
    return redirect(own_path(target) if target else url_for(".show", number=number), 303)
