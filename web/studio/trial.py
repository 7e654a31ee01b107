"""Try a version: a throw-away case, stepped through in every role, that touches nothing real."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine import definitions, people, versions
from engine.errors import DeploymentRefused
from engine.sandbox import Sandbox, Sandboxes
from engine.views import TaskView
from web.progress import progress
from web.request import answers, argument, field, me, reading, site
from web.studio.access import drawing, number, owners_only, pages

WAITS = (1, 5, 30, 100)


def sandboxes() -> Sandboxes:
    """The application's trials."""
    if "sandboxes" not in current_app.extensions:
        current_app.extensions.setdefault("sandboxes", Sandboxes(site().engine.clock))
    kept: Sandboxes = current_app.extensions["sandboxes"]
    return kept


@pages.get("/<process>/try")
@owners_only
def choose(process: str) -> ResponseReturnValue:
    """Choose a version and the unit that opens the case."""
    with reading() as ctx:
        found = versions.process(ctx, process)
        chosen = number(argument("version")) or (found.live or found.versions[0]).row.version
        units = people.units(ctx.db)
    return render_template("studio/try.html", process=found, chosen=chosen, units=units)


@pages.post("/<process>/try")
@owners_only
def begin(process: str) -> ResponseReturnValue:
    """Open a trial of a version."""
    with reading() as ctx:
        row = versions.process(ctx, process).version(number(field("version", 12)) or 0).row
        files = definitions.files_of(ctx.db, row.id)
    try:
        made = sandboxes().open(me().username, row.version, files, process, site().engine.topics)
        made.start(field("unit", 60) or None)
    except DeploymentRefused as refusal:
        flash(f"รุ่นนี้ไม่ผ่านการตรวจของระบบรุ่นปัจจุบัน: {refusal.problems[0].th}", "error")
        return redirect(url_for(".choose", process=process), 303)
    return redirect(url_for(".step", process=process, key=made.id), 303)


@pages.get("/<process>/try/<key>")
@owners_only
def step(process: str, key: str) -> ResponseReturnValue:
    """Where the trial stands, and the form of the chosen open task."""
    trial = sandboxes().get(key, me().username)
    state = trial.state()
    chosen = next((each for each in state.todo if each.row.id == argument("task")), None)
    task = chosen or (state.todo[0] if state.todo else None)
    given: dict[str, Any] = {"trial": trial, "state": state, "task": task, "waits": WAITS, "process": process}
    steps = progress(state.case)
    diagram = drawing(
        state.case.definition.content,
        "แผนผังของการทดลอง",
        done=state.case.done,
        current=list(dict.fromkeys([*steps.current, *(element.id for element, _ in state.waiting)])),
    )
    form = _form(process, trial, task) if task and task.form else None
    return render_template("studio/trial.html", diagram=diagram, form=form, **given)


def _form(process: str, trial: Sandbox, task: TaskView) -> dict[str, Any]:
    target = url_for(".submit", process=process, key=trial.id, task=task.row.id)
    schema = task.form.schema if task.form else {}
    return {"schema": schema, "data": dict(task.data), "submitUrl": target, "readonly": False}


@pages.post("/<process>/try/<key>/<task>")
@owners_only
def submit(process: str, key: str, task: str) -> ResponseReturnValue:
    """Do a task as the person it waits for."""
    sandboxes().get(key, me().username).complete(task, answers())
    target = url_for(".step", process=process, key=key)
    return jsonify(next=target) if request.is_json else redirect(target, 303)


@pages.post("/<process>/try/<key>/wait")
@owners_only
def wait(process: str, key: str) -> ResponseReturnValue:
    """Let days pass."""
    sandboxes().get(key, me().username).wait(number(field("days", 3)) or 1)
    return redirect(url_for(".step", process=process, key=key), 303)


@pages.post("/<process>/try/<key>/end")
@owners_only
def end(process: str, key: str) -> ResponseReturnValue:
    """Throw the trial away."""
    sandboxes().close(key, me().username)
    flash("ปิดการทดลองแล้ว ไม่มีข้อมูลใดค้างอยู่ในระบบ", "ok")
    return redirect(url_for(".show", process=process), 303)
