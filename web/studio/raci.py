"""The RACI tables that the live diagrams draw, beside the printed ones."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue

from engine import definitions
from engine.checks import raci_matrix
from engine.checks.known_faults import DECISIONS, Decision, faulty_steps
from engine.diagram import Diagram
from engine.manual import manual
from web.request import reading
from web.studio.access import owners_only, pages

LETTERS = "RACI"


@dataclass(frozen=True)
class Cell:
    """The letters of one role on one step: as drawn and as printed."""

    drawn: str
    printed: str

    @property
    def differs(self) -> bool:
        """True where the diagram does not say what the manual prints."""
        return self.drawn != self.printed


@dataclass(frozen=True)
class Line:
    """One step: `fault` says what is done about a printed row that does not hold exactly one A."""

    step: str
    name: str
    cells: tuple[Cell, ...]
    fault: Decision | None
    accountable: int


@dataclass(frozen=True)
class Table:
    """The table of one process."""

    process: str
    number: str
    name: str
    roles: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def filled(self) -> int:
        """Printed cells that hold a letter and are drawn alike."""
        return sum(bool(cell.printed) and not cell.differs for line in self.lines for cell in line.cells)

    @property
    def differing(self) -> int:
        """Cells that differ."""
        return sum(cell.differs for line in self.lines for cell in line.cells)

    @property
    def faults(self) -> int:
        """Printed rows without exactly one A."""
        return sum(line.fault is not None for line in self.lines)


def table(drawn: Diagram) -> Table | None:
    """The table of a diagram; None for a process that the manual does not print."""
    number = drawn.properties.get("manual.process", "")
    steps = [step for step in manual().steps.values() if step.id.rpartition("-")[0] == number]
    if not steps:
        return None
    matrix = raci_matrix(drawn)
    printed_roles = manual().columns.get(number, ())
    others = sorted({role for step in steps for role in matrix.get(step.id, {})} - set(printed_roles))
    roles = (*printed_roles, *others)
    faulty = faulty_steps()
    lines = []
    for step in steps:
        row, printed = matrix.get(step.id, {}), manual().raci[step.id]
        cells = tuple(Cell(_letters(row.get(role, ())), _letters(printed.get(role, ()))) for role in roles)
        fault = DECISIONS.get(step.id) if step.id in faulty else None
        lines.append(Line(step.id, step.th, cells, fault, faulty.get(step.id, 1)))
    return Table(drawn.process, number, drawn.name, roles, tuple(lines))


def _letters(cell: frozenset[str] | set[str] | tuple[()]) -> str:
    return "/".join(letter for letter in LETTERS if letter in cell)


@pages.get("/raci")
@owners_only
def raci() -> ResponseReturnValue:
    """The tables of every live process of the manual."""
    with reading() as ctx:
        drawn = [ctx.engine.library.get(ctx.db, row.id).diagram for row in definitions.all_live(ctx.db)]
    tables = sorted((found for each in drawn if (found := table(each))), key=lambda each: each.number)
    return render_template("studio/raci.html", tables=tables)
