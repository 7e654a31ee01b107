"""The checker: refuses a diagram, form or decision table before any case meets its fault.

`check` is asked at every deployment and by the studio. Each rule is a small pure function
from a drawing to problems; codes and sentences stand in catalogue.toml.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice

from engine import spiff
from engine.checks import advice, expressions, flow, form, kinds, meaning, people, raci, soundness, structure
from engine.checks.catalogue import Entry, catalogue
from engine.checks.drawing import Drawing, Rule
from engine.checks.files import Stored, open_files, read_stored
from engine.checks.matrix import raci_matrix
from engine.checks.problem import Problem, problem
from engine.errors import DiagramRefused

__all__ = ["Entry", "Problem", "catalogue", "check", "raci_matrix"]

MOST_PER_RULE = 50
_NAMESPACE = re.compile(r"\{[^{}]*\}")
RULES: tuple[Rule, ...] = (
    *structure.RULES, *kinds.RULES, *flow.RULES, *meaning.RULES, *expressions.RULES, *people.RULES, *raci.RULES,
    *advice.RULES,
)


def check(files: Mapping[str, bytes], topics: Collection[str], known: Stored | None = None) -> list[Problem]:
    """Every problem of the files (name -> content), by file and line; never raises.

    `topics` are the topics that are served; `known` are forms ("form", id) and decisions
    ("decision", id) stored before, with their file and content. Nothing may be deployed
    while a problem of level error is left.
    """
    opened = open_files(files)
    drawings = opened.drawings(topics, read_stored(known or {}))
    problems = list(opened.problems)
    for drawing in drawings:
        problems += _diagram(drawing)
    if drawings:
        wanted = {e.form for drawing in drawings for e in drawing.elements if e.form}
        problems += form.unused(opened.forms, wanted)
    return sorted(set(problems), key=lambda p: (p.file, p.line, p.code, p.element or "", p.en))


def _diagram(drawing: Drawing) -> list[Problem]:
    """Problems of one diagram. The costly readings come last, and only where they are safe."""
    oversized = list(structure.sizes(drawing))
    if oversized:
        return oversized
    found = [each for rule in RULES for each in islice(rule(drawing), MOST_PER_RULE)]
    found += _schema(drawing, found)
    for costly in (soundness.sound, flow.followed):
        if not any(each.level == "error" for each in found):
            found += costly(drawing)
    return found


def _schema(drawing: Drawing, found: Iterable[Problem]) -> Iterator[Problem]:
    """The OMG's own schema; silent where a rule has already explained the same line."""
    try:
        spiff.validate_schema(drawing.root)
    except DiagramRefused as error:
        if not any(each.line == error.line and each.level == "error" for each in found):
            yield problem("schema", drawing.file, error.line, None, reason=_NAMESPACE.sub("", error.en))
