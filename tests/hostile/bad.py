"""How a bad file is made: a small edit of a good one, with the code that must refuse it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent
TOPICS = frozenset({"number-case", "registry-end", "notify"})
CLOSE = "  </bpmn:process>"


class Bad(NamedTuple):
    """Files that must give a problem of this code."""

    code: str
    files: Mapping[str, bytes]
    note: str = ""


def good(*names: str) -> dict[str, bytes]:
    """Good files by name."""
    return {name: (FOLDER / name).read_bytes() for name in names}


def edited(name: str, *pairs: tuple[str, str]) -> bytes:
    """A good file with the first occurrence of each old text replaced."""
    text = (FOLDER / name).read_text("utf-8")
    for old, new in pairs:
        assert old in text, f"{name} no longer holds {old!r}"
        text = text.replace(old, new, 1)
    return text.encode()


def diagram(code: str, *pairs: tuple[str, str], note: str = "") -> Bad:
    """A bad diagram of one's own process."""
    return Bad(code, {**good("good.dmn", "good.form"), "good.bpmn": edited("good.bpmn", *pairs)}, note)


def printed(code: str, *pairs: tuple[str, str], note: str = "") -> Bad:
    """A bad diagram of a printed process."""
    return Bad(code, {**good("good.form"), "printed.bpmn": edited("printed.bpmn", *pairs)}, note)


def form(code: str, *pairs: tuple[str, str], note: str = "") -> Bad:
    """A bad form beside a good diagram."""
    return Bad(code, {**good("good.dmn", "good.bpmn"), "good.form": edited("good.form", *pairs)}, note)


def table(code: str, *pairs: tuple[str, str], note: str = "") -> Bad:
    """A bad decision table beside a good diagram."""
    return Bad(code, {**good("good.form", "good.bpmn"), "good.dmn": edited("good.dmn", *pairs)}, note)


def raw(code: str, name: str, content: bytes, note: str = "") -> Bad:
    """One file, whatever it holds."""
    return Bad(code, {name: content}, note)


def added(xml: str) -> tuple[str, str]:
    """The edit that adds something at the end of the process."""
    return CLOSE, f"{xml}\n{CLOSE}"


def event(kind: str, name: str) -> str:
    """An intermediate event that waits for or throws something."""
    return f'<bpmn:{kind} id="extra"><bpmn:{name}EventDefinition id="extra_event"/></bpmn:{kind}>'
