"""What changed between two versions of a process, in words: diagram, forms, decision tables.

`compare` looks at what the system reads from the files, so a change of colours or places is
told apart from a change of who does what. Every sentence is Thai and English.
"""

from __future__ import annotations

from engine.difference import drawing, forms, picture, tables
from engine.difference.words import Change
from engine.library import Definition

__all__ = ["Change", "compare", "shifted"]

shifted = picture.shifted


def compare(old: Definition, new: Definition) -> list[Change]:
    """Every difference of two versions, in the order process, lanes, elements, flows, forms, tables.

    When nothing that the system follows has changed, one sentence says what did: only the
    layout, or only what is neither drawn nor followed. Equal versions give no change.
    """
    found = [*drawing.compare(old.diagram, new.diagram), *forms.compare(old, new), *tables.compare(old, new)]
    return found or picture.compare(old.content, new.content)
