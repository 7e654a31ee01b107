"""Topic number-case: give a case its human number by process and fiscal year."""

from __future__ import annotations

from dataclasses import dataclass

from engine.topics import Call, Topics


@dataclass(frozen=True)
class Nothing:
    """This handler needs no input."""


@dataclass(frozen=True)
class Numbered:
    """`case_number`: for example 6.3-2570-0012."""

    case_number: str


def number_case(_given: Nothing, call: Call) -> Numbered:
    """Number the case; a case that has its number keeps it."""
    known = call.data.get("case_number")
    return Numbered(str(known) if known else call.number_case())


def register(topics: Topics) -> None:
    """Serve number-case."""
    topics.add("number-case", "ออกเลขที่เรื่อง", Nothing, Numbered, number_case)
