"""Processes and their versions: publish, go back, download, move running cases, compare, where cases wait."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from flask import flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from engine import definitions, difference, moving, versions, views
from engine.context import Context
from engine.difference import Change
from engine.errors import MoveRefused
from engine.library import Definition
from engine.tables import cases, moves
from engine.versions import Process, Version, Wait
from web.request import field, me, reading, writing
from web.studio.access import BADGES, STATES, definition, drawing, number, owners_only, pages, section

STRENGTH = {"layout": 0, "moved": 1, "changed": 2}
HOT_DAYS, WARM_DAYS = 10, 3
MOST_MOVED = 200


@pages.get("")
@owners_only
def index() -> ResponseReturnValue:
    """Every process with its live version, its candidates and its running cases."""
    with reading() as ctx:
        found = sorted(((section(ctx, each), each) for each in versions.processes(ctx)), key=lambda pair: pair[0])
        names = views.person_names(ctx)
    return render_template("studio/index.html", processes=found, names=names)


@pages.get("/")
@pages.get("/repository")
@owners_only
def deployments() -> ResponseReturnValue:
    """Where the Modeler's *Deploy* leads."""
    return redirect(url_for(".index"), 303)


@pages.get("/process-instance/<case_id>")
@owners_only
def case(case_id: str) -> ResponseReturnValue:
    """Where the Modeler's *Start* leads."""
    with reading() as ctx:
        found = ctx.db.execute(select(cases.c.number).where(cases.c.id == case_id)).scalar()
    return redirect(url_for("case.show", number=found or case_id), 303)


@pages.get("/<process>")
@owners_only
def show(process: str) -> ResponseReturnValue:
    """The versions of a process, the newest first."""
    with reading() as ctx:
        found = versions.process(ctx, process)
        alone = {each.row.version for each in found.candidates if _alone(ctx, each)}
        live = found.live
        chapter = section(ctx, found)
        diagram = drawing(definition(ctx, live or found.versions[0]).content, f"แผนผังของ{found.name}")
        names = views.person_names(ctx)
    context = {"process": found, "states": STATES, "badges": BADGES, "alone": alone, "names": names}
    return render_template("studio/process.html", diagram=diagram, live=live, chapter=chapter, **context)


def _alone(ctx: Context, version: Version) -> bool:
    return ctx.engine.two_person_publish and version.row.by == me().username


@pages.post("/<process>/<int:version>/publish")
@owners_only
def publish(process: str, version: int) -> ResponseReturnValue:
    """Make a version live: a candidate for the first time, or an older one again."""
    with writing() as ctx:
        chosen = versions.process(ctx, process).version(version)
        definitions.publish(ctx, chosen.row.id, me())
    flash(f"รุ่นที่ {version} เป็นรุ่นที่ใช้แล้ว เรื่องใหม่จะใช้รุ่นนี้ เรื่องที่กำลังดำเนินการยังใช้รุ่นเดิม", "ok")
    return redirect(url_for(".show", process=process), 303)


@pages.post("/<process>/back")
@owners_only
def back(process: str) -> ResponseReturnValue:
    """Go back to the version that was live before, with one click."""
    with writing() as ctx:
        row = definitions.roll_back(ctx, process, me())
    flash(f"กลับไปใช้รุ่นที่ {row.version} แล้ว เรื่องที่กำลังดำเนินการยังใช้รุ่นเดิม", "ok")
    return redirect(url_for(".show", process=process), 303)


@pages.get("/<process>/<int:version>/files")
@owners_only
def files(process: str, version: int) -> ResponseReturnValue:
    """Every file of a version as one zip; `?only=diagram` gives the diagram alone."""
    with reading() as ctx:
        chosen = versions.process(ctx, process).version(version).row
        parts = definitions.files_of(ctx.db, chosen.id)
    if request.args.get("only") == "diagram":
        return send_file(BytesIO(parts[chosen.file]), "application/xml", as_attachment=True, download_name=chosen.file)
    name = f"{process}-{version}.zip"
    return send_file(BytesIO(zipped(parts)), "application/zip", as_attachment=True, download_name=name)


def zipped(parts: Mapping[str, bytes]) -> bytes:
    """Files packed into a zip, the same bytes for the same files."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


# --- moving running cases -----------------------------------------------------------------------


@pages.get("/<process>/<int:version>/move")
@owners_only
def moving_page(process: str, version: int) -> ResponseReturnValue:
    """Which running cases could go over to a version, and why others not; the last moves can be undone."""
    with reading() as ctx:
        found = versions.process(ctx, process)
        target = definition(ctx, found.version(version))
        previews = moving.preview(ctx, target)
        moved = _moved(ctx, target)
    elements = target.diagram.elements
    return render_template(
        "studio/move.html", process=found, version=version, previews=previews, moved=moved, elements=elements
    )


def _moved(ctx: Context, target: Definition) -> list[Any]:
    """Cases that were moved to a version and have not gone on since."""
    joined = moves.join(cases, cases.c.id == moves.c.case_id)
    still = (moves.c.version_after == cases.c.version) & moves.c.undone_at.is_(None)
    query = select(cases.c.id, cases.c.number, cases.c.title, moves.c.at, moves.c.reason).select_from(joined)
    where = still & (moves.c.definition_after == target.id) & (moves.c.kind == "version")
    return list(ctx.db.execute(query.where(where).order_by(cases.c.number)))


@pages.post("/<process>/<int:version>/move")
@owners_only
def move(process: str, version: int) -> ResponseReturnValue:
    """Move the chosen cases, each in a transaction of its own; what cannot be moved stays and is named."""
    chosen = request.form.getlist("case")[:MOST_MOVED]
    refused = [line for key in chosen if (line := _move(process, version, key))]
    if not chosen:
        flash("กรุณาเลือกเรื่องที่จะย้าย", "error")
    if len(chosen) > len(refused):
        flash(f"ย้าย {len(chosen) - len(refused)} เรื่องไปรุ่นที่ {version} แล้ว", "ok")
    for line in refused:
        flash(line, "error")
    return redirect(url_for(".moving_page", process=process, version=version), 303)


def _move(process: str, version: int, key: str) -> str:
    """Move one case; what keeps it from moving, empty when it moved."""
    try:
        with writing() as ctx:
            target = definition(ctx, versions.process(ctx, process).version(version))
            moving.move(ctx, key, target, me(), field("reason", 1_000))
    except MoveRefused as refusal:
        return refusal.thai
    return ""


@pages.post("/<process>/<int:version>/undo")
@owners_only
def undo(process: str, version: int) -> ResponseReturnValue:
    """Take the last move of a case back."""
    with writing() as ctx:
        moving.undo(ctx, field("case", 32), me())
    flash("ย้ายกลับแล้ว", "ok")
    return redirect(url_for(".moving_page", process=process, version=version), 303)


# --- what changed -------------------------------------------------------------------------------


@pages.get("/<process>/compare")
@owners_only
def compare(process: str) -> ResponseReturnValue:
    """What changed between two versions, in words and on both diagrams."""
    with reading() as ctx:
        found = versions.process(ctx, process)
        old, new = _pair(found)
        before, after = definition(ctx, old), definition(ctx, new)
    changes = difference.compare(before, after)
    drawn = painted(before, after, changes)
    return render_template("studio/compare.html", process=found, old=old, new=new, changes=changes, drawn=drawn)


def _pair(found: Process) -> tuple[Version, Version]:
    """The two versions asked for; without an answer the newest and the live one, or the one before."""
    newest = found.versions[0]
    asked = number(request.args.get("new", ""))
    new = found.version(asked) if asked else newest
    other = number(request.args.get("old", ""))
    if other:
        return found.version(other), new
    live = found.live
    older = [each for each in found.versions if each.row.version < new.row.version]
    return (live if live and live.row.version < new.row.version else older[0] if older else new), new


def painted(before: Definition, after: Definition, changes: Iterable[Change]) -> Mapping[str, Any]:
    """Both diagrams with what changed painted on them, for the browser."""
    marks: dict[str, str] = {}
    for change in changes:
        known = marks.get(change.element or "")
        if change.element and STRENGTH.get(change.kind, 3) >= STRENGTH.get(known or "layout", 3):
            marks[change.element] = change.kind
    if all(change.kind == "layout" for change in changes):
        marks = dict.fromkeys(difference.shifted(before.content, after.content), "moved")
    old = {key: kind for key, kind in marks.items() if kind != "added"}
    new = {key: kind for key, kind in marks.items() if kind != "removed"}
    return {
        "old": drawing(before.content, f"แผนผังรุ่นที่ {before.version}", painted=old),
        "new": drawing(after.content, f"แผนผังรุ่นที่ {after.version}", painted=new),
    }


# --- where cases wait ---------------------------------------------------------------------------


@pages.get("/<process>/heat")
@owners_only
def heat(process: str) -> ResponseReturnValue:
    """How many cases wait where, and for how long."""
    with reading() as ctx:
        found = versions.process(ctx, process)
        waits = versions.waits(ctx, process)
        shown = definition(ctx, found.live or found.versions[0])
    notes = {each.element: f"{each.cases} เรื่อง · {days(each.median_days)}" for each in waits}
    marks = {each.element: _warmth(each) for each in waits}
    diagram = drawing(shown.content, f"แผนผังของ{found.name} กับจำนวนเรื่องที่รออยู่", painted=marks, notes=notes)
    running = sum(each.running for each in found.versions)
    given = {"process": found, "waits": waits, "diagram": diagram, "running": running, "version": shown.version}
    return render_template("studio/heat.html", days=days, **given)


def days(value: float) -> str:
    """A waiting time in words."""
    return "ไม่ถึง 1 วัน" if value < 1 else f"{value:.0f} วัน"


def _warmth(wait: Wait) -> str:
    return "heat3" if wait.median_days >= HOT_DAYS else "heat2" if wait.median_days >= WARM_DAYS else "heat1"
