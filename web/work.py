"""What staff do: the worklist, one task with its form, starting a case."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine import cases, tasks, todo, views
from engine.case import Case
from engine.context import Context
from engine.errors import CaseClosed, CaseOpened, Forbidden, TaskGone
from engine.views import TaskView
from web.request import answers, argument, command, field, login_required, me, page_number, reading, writing

pages = Blueprint("work", __name__)
SCOPES = {"all": "ทั้งหมด", "mine": "ที่ฉันรับไว้", "free": "ยังไม่มีผู้รับ", "late": "เกินกำหนด"}


@pages.get("/")
@login_required
def worklist() -> ResponseReturnValue:
    """Open tasks of my groups, the most urgent first."""
    chosen: dict[str, Any] = {"process": argument("process"), "words": argument("q"), "page": page_number()}
    scope = argument("scope") if argument("scope") in SCOPES else "all"
    with reading() as ctx:
        found = todo.worklist(ctx, me(), scope=scope, **chosen)
        processes = views.processes(ctx)
    shown = {"found": found, "now": ctx.now, "processes": processes}
    return render_template("worklist.html", **shown, scope=scope, scopes=SCOPES, **chosen)


@pages.get("/tasks/<task_id>")
@login_required
def task(task_id: str) -> ResponseReturnValue:
    """One task: what is to be done, its form, what is known so far."""
    with reading() as ctx:
        view = views.task(ctx, task_id, me())
    if view.row.status != tasks.OPEN:
        done_by = view.names.get(view.row.done_by) if view.row.done_by else None
        raise TaskGone(status=view.row.status, by=f" เพราะ{done_by}ทำเสร็จแล้ว" if done_by else "")
    if not view.may_do:
        raise Forbidden(person=me().username)
    url = url_for(".task", task_id=task_id)
    return render_template("task.html", view=view, url=url, form=_form_data(view, url), free=_may_fill_in(view))


def _may_fill_in(view: TaskView) -> bool:
    return view.rival is None and view.row.claimed_by in (None, me().username)


def _form_data(view: TaskView, url: str) -> dict[str, Any] | None:
    """What the browser needs to mount the form."""
    if view.form is None:
        return None
    return {
        "schema": view.form.schema,
        "data": {**view.data, **(view.row.draft or {})},
        "submitUrl": url,
        "draftUrl": f"{url}/draft",
        "readonly": not _may_fill_in(view),
    }


@pages.post("/tasks/<task_id>")
@login_required
def complete(task_id: str) -> ResponseReturnValue:
    """Finish a task; a script gets the address to go on to, a plain form is sent there."""
    case = command(lambda ctx: _complete(ctx, task_id))
    with reading() as ctx:
        name, following = todo.task_name(ctx, task_id), todo.next_task(ctx, case.id, me())
    flash(f"ส่งงาน “{name}” เรียบร้อยแล้ว" + (" ทำขั้นตอนถัดไปของเรื่องนี้ต่อได้เลย" if following else ""), "ok")
    target = url_for(".task", task_id=following) if following else url_for("case.show", number=case.number)
    return jsonify(next=target) if request.is_json else redirect(target, 303)


def _complete(ctx: Context, task_id: str) -> Case:
    """Only a refusal has to ask whether this person may know of the task; raises `NotFound` where not."""
    try:
        return tasks.complete(ctx, task_id, me(), answers())
    except (Forbidden, TaskGone, CaseClosed):
        tasks.find(ctx, task_id, me())
        raise


@pages.put("/tasks/<task_id>/draft")
@login_required
def draft(task_id: str) -> ResponseReturnValue:
    """Keep unfinished answers."""
    with writing() as ctx:
        tasks.save_draft(ctx, task_id, me(), answers())
    return "", 204


@pages.post("/tasks/<task_id>/claim")
@login_required
def claim(task_id: str) -> ResponseReturnValue:
    """Take a task and go to work on it."""
    with writing() as ctx:
        tasks.claim(ctx, task_id, me())
    return redirect(url_for(".task", task_id=task_id), 303)


@pages.post("/tasks/<task_id>/release")
@login_required
def release(task_id: str) -> ResponseReturnValue:
    """Give a task back to its group."""
    with writing() as ctx:
        tasks.release(ctx, task_id, me())
    flash("คืนงานให้กลุ่มแล้ว", "ok")
    return redirect(url_for(".worklist"), 303)


@pages.get("/start")
@login_required
def start() -> ResponseReturnValue:
    """The processes I may start; each button carries a one-time key, so that a double click opens one case."""
    with reading() as ctx:
        processes = views.startable(ctx, me())
    return render_template("start.html", processes=processes, once=secrets.token_urlsafe(16))


@pages.post("/start/<process>")
@login_required
def begin(process: str) -> ResponseReturnValue:
    """Open a case and go on with its first task where it is mine."""
    with writing() as ctx:
        target = _open_case(ctx, process, field("once", 60))
    return redirect(target, 303)


def _open_case(ctx: Context, process: str, once: str) -> str:
    try:
        case = cases.start(ctx, process, me(), once=once)
    except CaseOpened as before:
        return url_for("case.show", number=before.details["number"])
    following = todo.next_task(ctx, case.id, me())
    if following is None:
        return url_for("case.show", number=case.number)
    tasks.claim(ctx, following, me())
    return url_for(".task", task_id=following)
