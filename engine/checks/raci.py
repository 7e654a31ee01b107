"""A diagram of a printed process is that process: its steps, names, RACI letters and notices, nothing unmarked."""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.drawing import GATEWAYS, Drawing, Rule
from engine.checks.known_faults import DECISIONS, faulty_steps
from engine.checks.matrix import raci_matrix
from engine.checks.problem import Problem
from engine.diagram import split
from engine.manual import manual

NOTICE = "notify"


def process(drawing: Drawing) -> Iterator[Problem]:
    """The manual has the process that the diagram claims to be, and the steps that it names."""
    number = _number(drawing)
    if number is None:
        return
    steps = _steps(drawing)
    if not steps:
        yield drawing.at("unknown-manual-process", process=number)
    for element in drawing.elements:
        if element.step_of is not None and element.step_of not in steps:
            yield drawing.at("unknown-step", element, step=element.step_of)


def steps(drawing: Drawing) -> Iterator[Problem]:
    """Every printed step stands once, under its printed name."""
    for key in _steps(drawing):
        step = manual().steps[key]
        found = [e for e in drawing.elements if e.step == key]
        if not found:
            yield drawing.at("step-missing", step=key, title=step.th)
            continue
        if len(found) > 1:
            yield drawing.at("step-twice", found[1], step=key)
        printed = " ".join(step.th.split())
        if found[0].name != printed:
            yield drawing.at("step-renamed", found[0], step=key, printed=printed)


def letters(drawing: Drawing) -> Iterator[Problem]:
    """The RACI table, cell by cell."""
    drawn = raci_matrix(drawing.diagram)
    for key in _steps(drawing):
        element = drawing.diagram.step(key)
        if element is None:
            continue
        row, printed = drawn[key], manual().raci[key]
        for role in sorted(row.keys() | printed.keys()):
            here, there = row.get(role, set()), set(printed.get(role, frozenset()))
            if here != there:
                yield drawing.at(
                    "raci-differs", element, step=key, role=role, drawn=_cell(here), printed=_cell(there)
                )


def one_accountable(drawing: Drawing) -> Iterator[Problem]:
    """One A and at least one R in every step; the manual's own faults are kept, and told."""
    faulty = faulty_steps()
    for key, row in raci_matrix(drawing.diagram).items():
        element = drawing.diagram.step(key)
        count = sum("A" in cell for cell in row.values())
        if key in faulty and key in DECISIONS and _number(drawing):
            decision = DECISIONS[key]
            yield drawing.at(
                "printed-fault", element, step=key, count=count, decision=decision.en, decision_th=decision.th
            )
        elif count != 1 and _number(drawing):
            yield drawing.at("accountable-count", element, count=count)
        if not any("R" in cell for cell in row.values()):
            yield drawing.at("nobody-responsible", element)


def endorsements(drawing: Drawing) -> Iterator[Problem]:
    """Whoever is A and does not do the step has a task to decide in."""
    for key in _steps(drawing):
        element = drawing.diagram.step(key)
        accountable = _accountable(key)
        if element is None or accountable is None or accountable == drawing.diagram.role(element.id):
            continue
        deciding = (e for e in drawing.personal if e.step_of == key)
        if not any(drawing.diagram.role(e.id) == accountable for e in deciding):
            yield drawing.at("accountable-without-task", element, step=key, role=accountable)


def notices(drawing: Drawing) -> Iterator[Problem]:
    """Every I is told by a send task, and what is sent belongs to this process."""
    keys = _steps(drawing)
    sending = [e for e in drawing.elements if e.kind == "sendTask" and e.topic == NOTICE]
    told = {e.inputs.get("step", "") for e in sending}
    for key in keys:
        if any("I" in cell for cell in manual().raci[key].values()) and key not in told:
            yield drawing.at("informed-without-notice", drawing.diagram.step(key), step=key)
    for element in sending if keys else ():
        rows = split(element.inputs.get("rows", ""))
        wrong = [row for row in rows if row not in manual().plan or not row.startswith(f"{_number(drawing)}-")]
        wrong += [step for step in split(element.inputs.get("step", "")) if step not in keys]
        yield from (drawing.at("unknown-notice", element, ref=ref) for ref in wrong)


def additions(drawing: Drawing) -> Iterator[Problem]:
    """What the manual does not print says so, and why it is there; a gateway may be a decision in a step's text."""
    if not _steps(drawing):
        return
    for element in drawing.elements:
        marked = element.properties.get("origin") == "ours" and element.properties.get("origin.reason")
        told = element.kind in GATEWAYS and element.step_of and element.documentation
        if not (element.step or marked or told):
            yield drawing.at("unmarked-addition", element)


def _number(drawing: Drawing) -> str | None:
    return drawing.diagram.properties.get("manual.process")


def _steps(drawing: Drawing) -> list[str]:
    """Ids of the printed steps of this process; none for a process of one's own."""
    number = _number(drawing)
    return [key for key in manual().steps if number and key.rpartition("-")[0] == number]


def _accountable(step: str) -> str | None:
    """The role that decides on a step: the printed A, or the one of two that the proposal takes."""
    printed = [role for role, cell in manual().raci[step].items() if "A" in cell]
    if len(printed) > 1 and step in DECISIONS:
        return DECISIONS[step].role
    return printed[0] if printed else None


def _cell(letters: set[str]) -> str:
    return "/".join(letter for letter in "RACI" if letter in letters) or "-"


RULES: tuple[Rule, ...] = (process, steps, letters, one_accountable, endorsements, notices, additions)
