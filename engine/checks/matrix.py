"""The RACI table that a diagram draws: lanes and properties turned back into the printed matrix."""

from __future__ import annotations

from collections import defaultdict

from engine.diagram import Diagram, Element

LETTERS = {"R": "responsible", "A": "accountable", "C": "consulted", "I": "informed"}


def raci_matrix(diagram: Diagram) -> dict[str, dict[str, set[str]]]:
    """Letters by step and role. The lane of a step is responsible; the properties give the other letters."""
    return {e.step: _row(diagram, e) for e in diagram.elements.values() if e.step}


def _row(diagram: Diagram, element: Element) -> dict[str, set[str]]:
    cells: dict[str, set[str]] = defaultdict(set)
    lane = diagram.role(element.id)
    if lane is not None:
        cells[lane].add("R")
    for letter, name in LETTERS.items():
        for role in element.roles(name):
            cells[role].add(letter)
    return dict(cells)
