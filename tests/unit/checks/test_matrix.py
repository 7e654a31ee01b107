"""The RACI table that the project's diagrams draw is the printed one, cell by cell."""

from __future__ import annotations

from pathlib import Path

from engine import diagram, xml
from engine.checks import raci_matrix
from engine.checks.known_faults import DECISIONS, faulty_steps
from engine.manual import manual

DIAGRAMS = sorted((Path(__file__).parents[3] / "bpmn").glob("*.bpmn"))
FILLED = 65


def test_the_drawn_table_is_the_printed_one() -> None:
    drawn: dict[str, dict[str, set[str]]] = {}
    for path in DIAGRAMS:
        drawn |= raci_matrix(diagram.read(xml.parse(path.read_bytes())))
    printed = {step: {role: set(cell) for role, cell in row.items()} for step, row in manual().raci.items()}
    assert drawn == printed
    assert sum(len(row) for row in drawn.values()) == FILLED


def test_the_decisions_are_about_the_rows_that_are_faulty() -> None:
    assert faulty_steps().keys() == DECISIONS.keys()
    assert sorted(faulty_steps().values()) == [0] * 7 + [2] * 2
    assert {decision.role for decision in DECISIONS.values()} <= manual().roles.keys()
