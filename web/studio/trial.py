"""Try a version: a throw-away case, stepped through in every role, that touches nothing real."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import current_app, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine import definitions, people, trials, versions
from engine.errors import DeploymentRefused
from engine.sandbox import Sandbox, Sandboxes
from engine.trials import Act, Trial
from engine.views import TaskView
from web.progress import progress
from web.request import answers, argument, field, me, reading, site, writing
from web.studio.access import drawing, number, owners_only, pages

WAITS = (1, 5, 30, 100)


def sandboxes() -> Sandboxes:
    """What this process has played."""
    if "sandboxes" not in current_app.extensions:
        current_app.extensions.setdefault("sandboxes", Sandboxes(site().engine.topics))
    kept: Sandboxes = current_app.extensions["sandboxes"]
    return kept


@contextmanager
def _played(key: str) -> Iterator[tuple[Trial, Sandbox]]:
    """My trial and its sandbox."""
    with reading() as ctx:
        trial = trials.find(ctx, key, me().username)
        files = definitions.files_of(ctx.db, trial.definition)
    with sandboxes().play(trial, files) as sandbox:
        yield trial, sandbox


def _do(key: str, act: Act) -> None:
    """One more act in my trial."""
    with _played(key) as (trial, sandbox):
        sandbox.do(act)
        with writing() as ctx:
            trials.note(ctx, trial, act)


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
    with writing() as ctx:
        key = trials.start(ctx, me().username, row.id, field("unit", 60) or None)
    try:
        with _played(key):
            return redirect(url_for(".step", process=process, key=key), 303)
    except DeploymentRefused as refusal:
        _throw_away(key)
        flash(f"รุ่นนี้ไม่ผ่านการตรวจของระบบรุ่นปัจจุบัน: {refusal.problems[0].th}", "error")
        return redirect(url_for(".choose", process=process), 303)


@pages.get("/<process>/try/<key>")
@owners_only
def step(process: str, key: str) -> ResponseReturnValue:
    """Where the trial stands, and the form of the chosen open task."""
    with _played(key) as (trial, sandbox):
        state = sandbox.state()
    place = argument("task") if argument("task") in state.todo else next(iter(state.todo), "")
    task = state.todo.get(place)
    given: dict[str, Any] = {"trial": trial, "state": state, "task": task, "place": place, "waits": WAITS}
    steps = progress(state.case)
    diagram = drawing(
        state.case.definition.content,
        "แผนผังของการทดลอง",
        done=state.case.done,
        current=list(dict.fromkeys([*steps.current, *(element.id for element, _ in state.waiting)])),
    )
    target = url_for(".submit", process=process, key=key, task=place) if task else ""
    form = _form(task, target) if task and task.form else None
    return render_template("studio/trial.html", diagram=diagram, form=form, process=process, target=target, **given)


def _form(task: TaskView, target: str) -> dict[str, Any]:
    schema = task.form.schema if task.form else {}
    return {"schema": schema, "data": dict(task.data), "submitUrl": target, "readonly": False}


@pages.post("/<process>/try/<key>/<task>")
@owners_only
def submit(process: str, key: str, task: str) -> ResponseReturnValue:
    """Do a task as the person it waits for."""
    _do(key, {"do": task, "answers": answers()})
    target = url_for(".step", process=process, key=key)
    return jsonify(next=target) if request.is_json else redirect(target, 303)


@pages.post("/<process>/try/<key>/wait")
@owners_only
def wait(process: str, key: str) -> ResponseReturnValue:
    """Let days pass."""
    _do(key, {"wait": number(field("days", 3)) or 1})
    return redirect(url_for(".step", process=process, key=key), 303)


@pages.post("/<process>/try/<key>/end")
@owners_only
def end(process: str, key: str) -> ResponseReturnValue:
    """Throw the trial away."""
    _throw_away(key)
    flash("ปิดการทดลองแล้ว ไม่มีข้อมูลใดค้างอยู่ในระบบ", "ok")
    return redirect(url_for(".show", process=process), 303)


def _throw_away(key: str) -> None:
    with writing() as ctx:
        trials.end(ctx, key, me().username)
