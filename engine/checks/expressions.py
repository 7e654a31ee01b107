"""Every expression and every time in a diagram can be read before any case meets it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from engine.calendar import Cycle, Duration, moment_of
from engine.checks.drawing import Drawing, Rule
from engine.checks.meaning import written
from engine.checks.problem import Problem
from engine.diagram import MAX_INSTANCES, Element, Flow, Loop
from engine.manual import manual
from forms import feel

STARTS = ("${", "#{", "=")
ATTRIBUTES = ("candidateGroups", "assignee", "dueDate")
SYSTEM = frozenset("starter starter_unit fiscal_year case_number all_units".split())
COUNTERS = frozenset("nrOfInstances nrOfCompletedInstances nrOfActiveInstances".split())
_WHOLE = re.compile(r"[$#]\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")


class Text(NamedTuple):
    """One text of a diagram. `expression` is true where it is one even without `${}`."""

    where: Element | Flow | None
    place: str
    text: str
    expression: bool


def texts(drawing: Drawing) -> Iterator[Text]:
    """Every text that is or may be an expression."""
    yield Text(None, "case.title", drawing.diagram.properties.get("case.title", ""), expression=True)
    for flow in drawing.diagram.flows.values():
        yield Text(flow, "condition", flow.condition or "", expression=True)
    for element in drawing.elements:
        yield from (Text(element, name, element.attributes.get(name, ""), expression=False) for name in ATTRIBUTES)
        for name, text in (*element.inputs.items(), *element.outputs.items()):
            yield Text(element, name, text, expression=False)
        if element.timer is not None:
            yield Text(element, "timer", element.timer.text, expression=False)
        if element.loop is not None:
            yield Text(element, "collection", element.loop.collection, expression=True)
            yield Text(element, "completionCondition", element.loop.condition, expression=True)
            yield Text(element, "loopCardinality", element.loop.cardinality, expression=False)


def readable(drawing: Drawing) -> Iterator[Problem]:
    """Expressions are FEEL; anything else in them, Python and Java included, is refused here."""
    for where, place, text, expression in texts(drawing):
        if not text:
            continue
        if not expression and not text.startswith(STARTS):
            if "${" in text or "#{" in text:
                yield drawing.at("mixed-expression", where, place=place, text=text)
            continue
        try:
            feel.compile_expression(text)
        except feel.FeelError as error:
            mixed = text.startswith(("${", "#{")) and not _WHOLE.fullmatch(text)
            yield drawing.at(
                "mixed-expression" if mixed else "bad-expression", where, place=place, text=text, reason=error
            )


def timers(drawing: Drawing) -> Iterator[Problem]:
    """Times are ISO 8601; repetitions are daily at most and come to an end."""
    for element in drawing.elements:
        timer = element.timer
        if timer is None or element.kind == "startEvent":  # which must be a plain one
            continue
        if not timer.text:
            yield drawing.at("timer-without-time", element)
        elif timer.kind == "cycle":
            yield from _cycle(drawing, element, timer.text)
        elif not _literal_reads(timer.text, Duration.parse if timer.kind == "duration" else moment_of):
            yield drawing.at("bad-timer", element, text=timer.text)


def _cycle(drawing: Drawing, element: Element, text: str) -> Iterator[Problem]:
    if element.kind != "boundaryEvent" or element.interrupting:
        yield drawing.at("cycle-place", element)
    if text.startswith(STARTS):
        return
    try:
        cycle = Cycle.parse(text)
    except ValueError:
        yield drawing.at("bad-timer", element, text=text)
        return
    if cycle.too_often:
        yield drawing.at("cycle-too-often", element, text=text)
    if cycle.endless:
        yield drawing.at("cycle-unbounded", element, text=text)


def due_dates(drawing: Drawing) -> Iterator[Problem]:
    """Due dates are durations (days are working days) or dates."""
    for element in drawing.elements:
        text = element.attributes.get("dueDate", "").strip()
        if text and not _literal_reads(text, Duration.parse if text.startswith("P") else moment_of):
            yield drawing.at("bad-due-date", element, text=text)


def loops(drawing: Drawing) -> Iterator[Problem]:
    """A repeated task says for what, or how often."""
    for element in drawing.elements:
        loop = element.loop
        if loop is None or element.kind != "userTask":
            continue
        if bool(loop.collection) == bool(loop.cardinality):
            yield drawing.at("loop-without-items", element)
        elif loop.collection and not loop.item:
            yield drawing.at("loop-without-variable", element)
        elif not _countable(loop):
            yield drawing.at("bad-cardinality", element, text=loop.cardinality)


def variables(drawing: Drawing) -> Iterator[Problem]:
    """Names that nothing writes: a slip of the pen makes a condition false for ever."""
    known, complete = _known(drawing)
    for where, place, names in _reading(drawing):
        for name in sorted(names - known):
            close = difflib.get_close_matches(name, known, 1, 0.8)
            if close or complete:
                hint = f" ({close[0]}?)" if close else ""
                yield drawing.at("unwritten-variable", where, place=place, variable=name, hint=hint)


def _reading(drawing: Drawing) -> Iterator[tuple[Element | Flow | None, str, frozenset[str]]]:
    """Who reads which names: expressions of the diagram, and the inputs of its decision tables."""
    for where, place, text, expression in texts(drawing):
        yield where, place, _names(text, expression)
    for element in drawing.elements:
        table = drawing.pack.decisions.get(element.attributes.get("decisionRef", ""))
        if table is not None:
            yield element, table.id, frozenset().union(*(expression.names for _, expression in table.inputs))


def _names(text: str, expression: bool) -> frozenset[str]:
    if not text or not (expression or text.startswith(STARTS)):
        return frozenset()
    try:
        return feel.compile_expression(text).names
    except feel.FeelError:
        return frozenset()


def _known(drawing: Drawing) -> tuple[frozenset[str], bool]:
    """Names that something writes, and whether that is all: what handlers write is not said in the diagram."""
    wanted = {e.form for e in drawing.elements if e.form}
    keys = {key for form, read in drawing.pack.forms.items() if form in wanted for key in set(read.keys())}
    here = {name for element in drawing.elements for name in written(element)}
    roles = {role.variable for role in manual().roles.values() if role.variable}
    return frozenset(keys | here | roles | SYSTEM | COUNTERS), not any(e.topic for e in drawing.elements)


def _literal_reads(text: str, read: Callable[[str], object]) -> bool:
    if text.startswith(STARTS):
        return True
    try:
        read(text)
    except ValueError:
        return False
    return True


def _countable(loop: Loop) -> bool:
    text = loop.cardinality
    if not text or text.startswith(STARTS):
        return True
    return text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_INSTANCES


RULES: tuple[Rule, ...] = (readable, timers, due_dates, loops, variables)
