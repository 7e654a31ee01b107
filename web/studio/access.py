"""The studio's blueprint, who may open it, and what its pages share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec

from flask import Blueprint
from flask.typing import ResponseReturnValue

from engine import versions
from engine.context import Context
from engine.errors import NotFound, OwnersOnly
from engine.library import Definition
from engine.versions import Process, Version
from web.request import login_required, me

pages = Blueprint("studio", __name__, url_prefix="/studio")
STATES = {"live": "ใช้อยู่", "candidate": "รอเผยแพร่", "retired": "เคยใช้"}
BADGES = {"live": "ok", "candidate": "wait", "retired": ""}
P = ParamSpec("P")


def owners_only(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """A page for process owners and operators."""

    @wraps(view)
    def guarded(*args: P.args, **given: P.kwargs) -> ResponseReturnValue:
        if not versions.may_own(me()):
            raise OwnersOnly(person=me().username)
        return view(*args, **given)

    return login_required(guarded)


def number(text: str) -> int | None:
    """A version's number as it was sent, None where none was; raises `NotFound` for anything else."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise NotFound(what="version", key=text[:20])
    return int(text)


def definition(ctx: Context, version: Version) -> Definition:
    """The parsed definition of a version."""
    return ctx.engine.library.get(ctx.db, version.row.id)


def section(ctx: Context, process: Process) -> str:
    """Section of the manual that a process is, `~` outside it so that those come last."""
    shown = process.live or process.versions[0]
    return definition(ctx, shown).diagram.properties.get("manual.process") or "~"


def drawing(content: bytes, label: str, **options: Any) -> Mapping[str, Any]:
    """What the browser needs to draw a diagram; `options` are those of PrasanDiagram.mount."""
    return {"xml": content.decode("utf-8", "replace"), "label": label, **options}
