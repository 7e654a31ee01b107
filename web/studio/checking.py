"""Check files without deploying them, see the faults on the picture, and deploy from there with a note."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import orjson
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from engine import checks, definitions, difference, xml
from engine.checks import Problem
from engine.context import Context
from engine.difference import Change
from engine.errors import XmlRefused
from engine.library import Definition
from web.request import field, me, reading, site, writing
from web.studio.access import drawing, owners_only, pages

MOST_FILES = 100
MOST_CARRIED = 1_400_000  # bytes that the page may carry from checking to deploying, in base64 below the form limit
MOST_DRAWN = 6


@dataclass(frozen=True)
class Checked:
    """The result of a check: problems by file, pictures, and what differs from the live versions."""

    problems: Sequence[Problem]
    pictures: Mapping[str, Mapping[str, Any]]
    changes: Mapping[str, list[Change]]
    carried: str

    @property
    def errors(self) -> int:
        """How many problems keep the files from being deployed."""
        return sum(each.level == "error" for each in self.problems)

    def of(self, file: str) -> list[Problem]:
        """The problems of one file, errors first."""
        return sorted((each for each in self.problems if each.file == file), key=lambda each: (each.level, each.line))

    @property
    def files(self) -> list[str]:
        """The files that have problems."""
        return list(dict.fromkeys(each.file for each in self.problems))


@pages.get("/check")
@owners_only
def check() -> ResponseReturnValue:
    """Choose files."""
    return render_template("studio/check.html", checked=None, names=(), alone=_alone())


def _alone() -> bool:
    """True where one person may publish what they deploy."""
    return not site().engine.two_person_publish


@pages.post("/check")
@owners_only
def check_files() -> ResponseReturnValue:
    """Check the chosen files; nothing is stored."""
    files = _uploaded()
    if not files:
        flash("กรุณาเลือกไฟล์ .bpmn .form หรือ .dmn", "error")
        return redirect(url_for(".check"), 303)
    with reading() as ctx:
        checked = _checked(ctx, files)
    return render_template("studio/check.html", checked=checked, names=sorted(files), alone=_alone())


def _uploaded() -> dict[str, bytes]:
    given = [file for file in request.files.getlist("files") if file.filename][:MOST_FILES]
    return {PurePath((file.filename or "").replace("\\", "/")).name: file.stream.read() for file in given}


def _checked(ctx: Context, files: Mapping[str, bytes]) -> Checked:
    known = definitions.stored(ctx.db)
    problems = checks.check(files, ctx.engine.topics.names, known)
    drawn = [file for file in sorted(files) if file.endswith(".bpmn")][:MOST_DRAWN]
    pictures = {file: _picture(file, files[file], problems) for file in drawn if _readable(files[file])}
    faulty = any(each.level == "error" for each in problems)
    changes = {} if faulty else _changes(ctx, files)
    whole = sum(map(len, files.values())) <= MOST_CARRIED and not faulty
    return Checked(problems, pictures, changes, _pack(files) if whole else "")


def _readable(content: bytes) -> bool:
    try:
        xml.parse(content)
    except XmlRefused:
        return False
    return True


def _picture(file: str, content: bytes, problems: Iterable[Problem]) -> Mapping[str, Any]:
    marks: dict[str, str] = {}
    for each in problems:
        if each.file == file and each.element and marks.get(each.element) != "faulty":
            marks[each.element] = "faulty" if each.level == "error" else "warned"
    return drawing(content, f"แผนผังในไฟล์ {file}", painted=marks)


def _changes(ctx: Context, files: Mapping[str, bytes]) -> dict[str, list[Change]]:
    """What every diagram changes against its live version, by the process's name; new processes are left out."""
    found: dict[str, list[Change]] = {}
    for definition in definitions.drafted(ctx, files):
        row = definitions.live(ctx.db, definition.process)
        if row is not None:
            live: Definition = ctx.engine.library.get(ctx.db, row.id)
            found[definition.name] = difference.compare(live, definition)
    return found


def _pack(files: Mapping[str, bytes]) -> str:
    return orjson.dumps({name: base64.b64encode(content).decode() for name, content in files.items()}).decode()


def _unpack(text: str) -> dict[str, bytes]:
    try:
        packed = orjson.loads(text)
        return {str(name): base64.b64decode(content, validate=True) for name, content in packed.items()}
    except (orjson.JSONDecodeError, AttributeError, TypeError, binascii.Error, ValueError):
        raise BadRequest from None


@pages.post("/deploy")
@owners_only
def deploy() -> ResponseReturnValue:
    """Store the checked files as new versions; they are checked once more."""
    files, note = _unpack(request.form.get("files", "")), field("note", 2_000)
    if not note:
        flash("กรุณาระบุว่าแก้ไขอะไร เพราะเหตุใด", "error")
        return redirect(url_for(".check"), 303)
    at_once = field("publish", 5) == "yes" and _alone()
    with writing() as ctx:
        given = {"name": note[:200], "source": "studio", "note": note}
        ids = definitions.deploy(ctx, files, me().username, **given, publish=at_once)
        rows = [definitions.find(ctx.db, key) for key in ids]
    if not rows:
        flash("ไฟล์เหล่านี้ไม่มีกระบวนการใดใช้ จึงไม่มีรุ่นใหม่", "warn")
        return redirect(url_for(".index"), 303)
    for row in rows:
        state = "เป็นรุ่นที่ใช้แล้ว" if row.live else "รอเผยแพร่"
        flash(f"{row.name} รุ่นที่ {row.version} {state}", "ok")
    return redirect(url_for(".show", process=rows[0].process), 303)

