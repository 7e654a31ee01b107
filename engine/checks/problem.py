"""What the checker reports: a code of the catalogue, where it is, and what to do, in Thai and English."""

from __future__ import annotations

from dataclasses import dataclass

from engine.checks.catalogue import catalogue, fill


@dataclass(frozen=True)
class Problem:
    """One fault of one file. `line` is 0 when unknown; `level` is error (refused) or warning."""

    code: str
    file: str
    line: int
    element: str | None
    th: str
    en: str
    level: str = "error"

    def __str__(self) -> str:
        """One line for logs and terminals."""
        where = f" {self.element}" if self.element else ""
        return f"{self.file}:{self.line} {self.code}{where}: {self.th} / {self.en}"


def problem(code: str, file: str, line: int = 0, element: str | None = None, **details: object) -> Problem:
    """A problem whose sentences come from the catalogue; raises KeyError for a code that is not in it."""
    entry = catalogue()[code]
    th, en = fill(f"{entry.th} {entry.fix_th}", details), fill(f"{entry.en} {entry.fix_en}", details)
    return Problem(code, file, line, element or None, th, en, entry.level)
