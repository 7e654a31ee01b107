"""Who does what: every task of a person stands in the lane of somebody who exists."""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.drawing import Drawing, Rule
from engine.checks.problem import Problem
from engine.diagram import split
from engine.manual import Role, manual

LETTERS = ("responsible", "accountable", "consulted", "informed")


def lanes(drawing: Drawing) -> Iterator[Problem]:
    """A task without a lane must never be for everyone; a lane stands for a known role."""
    used = {e.lane for e in drawing.personal if e.lane}
    roles = manual().roles
    yield from (drawing.at("outside-lane", e) for e in drawing.personal if e.lane is None)
    for lane in drawing.diagram.lanes.values():
        if lane.id in used and lane.role not in roles:
            yield drawing.at("unknown-role", lane, role=lane.role, known=", ".join(roles))
        elif lane.id in used and roles[lane.role].kind == "told":
            yield drawing.at("told-lane", lane)


def one_lane(drawing: Drawing) -> Iterator[Problem]:
    """Nothing stands in two lanes, unless one lies inside the other."""
    inner = {lane.get("id") for outer in drawing.nodes("childLaneSet") for lane in outer}
    for element in drawing.elements:
        holding = [lane for lane in drawing.diagram.lanes.values() if element.id in lane.nodes]
        nested = [lane for lane in holding if lane.id in inner]
        if len(nested or holding) > 1:
            yield drawing.at("two-lanes", element, lanes=", ".join(lane.id for lane in nested or holding))


def every_unit(drawing: Drawing) -> Iterator[Problem]:
    """The lane of every unit holds only tasks that every unit gets."""
    for element in drawing.personal:
        role = manual().roles.get(drawing.diagram.role(element.id) or "")
        if role is not None and role.kind == "every_unit" and element.loop is None:
            yield drawing.at("every-unit-once", element)


def separation(drawing: Drawing) -> Iterator[Problem]:
    """Separation of duties refers to tasks of this diagram."""
    personal = {e.id for e in drawing.personal}
    for element in drawing.elements:
        for ref in split(element.properties.get("separate.from", "")):
            if ref not in personal or ref == element.id:
                yield drawing.at("unknown-separate", element, ref=ref)


def starters(drawing: Drawing) -> Iterator[Problem]:
    """Somebody may open a case."""
    wanted = split(drawing.diagram.properties.get("start.roles", ""))
    if not wanted:
        yield drawing.at("missing-start-roles")
    for key in wanted:
        role = manual().roles.get(key)
        if key == "*":
            continue
        if role is None:
            yield drawing.at("unknown-start-role", role=key, known=", ".join(manual().roles))
        elif not _anybody(role):
            yield drawing.at("start-role-nobody", role=key)


def letters(drawing: Drawing) -> Iterator[Problem]:
    """RACI letters go to known roles; a step of an own process has one A and at least one R."""
    printed = "manual.process" in drawing.diagram.properties
    for element in drawing.elements:
        named = [role for letter in LETTERS for role in element.roles(letter)]
        for role in sorted(set(named) - manual().roles.keys()):
            yield drawing.at("unknown-raci-role", element, role=role, known=", ".join(manual().roles))
        if named and not printed and len(element.roles("accountable")) != 1:
            yield drawing.at("accountable-count", element, count=len(element.roles("accountable")))


def _anybody(role: Role) -> bool:
    """True for a role that people hold before a case has any data."""
    return role.kind == "every_unit" or (role.group is not None and role.kind != "told")


RULES: tuple[Rule, ...] = (lanes, one_lane, every_unit, separation, starters, letters)
