"""The table of codes as a page of documentation: docs/checks.md is this text, and a test says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from engine.checks.catalogue import Entry, catalogue

FILE = Path(__file__).parents[2] / "docs" / "checks.md"
_PART = re.compile(r"^# --- (?P<title>.+?) -+$|^\[(?P<code>[\w-]+)\]$", re.MULTILINE)
HEAD = """# What the checker tells

Generated from `engine/checks/catalogue.toml` by `flask --app app docs`; do not edit it here.
The same codes are told at every deployment, by `flask --app app check`, and in the studio. An *error* keeps a
file from being deployed, a *warning* does not. Words in braces are filled in with what was found.
"""


def write(file: Path = FILE) -> None:
    """Write the page."""
    file.write_text(page(), "utf-8")


def page() -> str:
    """The page in Markdown: one table per part of the catalogue."""
    parts = "\n".join(_part(title, entries) for title, entries in _parts())
    levels = [entry.level for entry in catalogue().values()]
    counts = f"{len(levels)} codes: {levels.count('error')} errors, {levels.count('warning')} warnings.\n"
    return f"{HEAD}\n{counts}\n{parts}"


def _parts() -> Iterator[tuple[str, list[Entry]]]:
    """The parts of the catalogue's file under their titles."""
    text = Path(__file__).with_name("catalogue.toml").read_text("utf-8")
    title, entries = "", list[Entry]()
    for found in _PART.finditer(text):
        if found["title"]:
            if entries:
                yield title, entries
            title, entries = found["title"], []
        else:
            entries.append(catalogue()[found["code"]])
    yield title, entries


def _part(title: str, entries: list[Entry]) -> str:
    rows = "\n".join(_row(entry) for entry in entries)
    head = "| code | level | ปัญหาและวิธีแก้ | problem and repair |\n|---|---|---|---|"
    return f"## {title[:1].upper()}{title[1:]}\n\n{head}\n{rows}\n"


def _row(entry: Entry) -> str:
    cells = f"`{entry.code}`", entry.level, f"{entry.th} {entry.fix_th}", f"{entry.en} {entry.fix_en}"
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
