"""One diagram as the rules see it: its XML, what it says, and what it is deployed with.

A rule is a function from a `Drawing` to problems. It reads only what stands here.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from engine import xml
from engine.checks.problem import Problem, problem
from engine.decisions import Decision
from engine.diagram import BPMN, NODES, PERSONAL, Diagram, Element, Flow, Lane
from forms.schema import Form

GATEWAYS = frozenset({"exclusiveGateway", "inclusiveGateway", "parallelGateway", "complexGateway", "eventBasedGateway"})
CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway"})
WAITING = PERSONAL | {"receiveTask", "intermediateCatchEvent"}


@dataclass(frozen=True)
class Pack:
    """Everything deployed together or stored before: topics, forms and decisions by id."""

    topics: frozenset[str]
    forms: Mapping[str, Form]
    decisions: Mapping[str, Decision]


@dataclass(frozen=True)
class Drawing:
    """A diagram that could be read. `process` is its executable process in the XML."""

    file: str
    root: xml.Element
    process: xml.Element
    diagram: Diagram
    pack: Pack

    def at(self, code: str, where: Element | Flow | Lane | None = None, **details: object) -> Problem:
        """A problem at an element, a flow or a lane; without one at the process."""
        if where is None:
            here = {"name": self.diagram.name, **details}
            return problem(code, self.file, self.diagram.line, self.diagram.process, **here)
        return problem(code, self.file, where.line, where.id, **{"name": self.called(where), **details})

    def at_node(self, code: str, node: xml.Element, **details: object) -> Problem:
        """A problem at a piece of XML; its element is the nearest one that has an id."""
        owner = next((n for n in (node, *node.iterancestors()) if n.get("id")), node)
        name = owner.get("name") or owner.get("id") or local(owner)
        return problem(code, self.file, xml.line(node), owner.get("id"), **{"name": name, **details})

    def called(self, where: Element | Flow | Lane) -> str:
        """What people know it by: its name, for a flow without one what it joins, else its id."""
        if isinstance(where, Flow) and not where.name:
            known = self.diagram.elements
            ends = (known[ref].name or ref if ref in known else ref for ref in (where.source, where.target))
            return " → ".join(end or "-" for end in ends)
        return where.name or where.id

    @functools.cached_property
    def torn(self) -> bool:
        """Whether ids are missing, doubled or lead nowhere, or links jump: then no flow can be followed."""
        flows, known = self.diagram.flows, self.diagram.elements
        drawn = sum(1 for _ in self.nodes("sequenceFlow", *NODES))
        jumps = any("linkEventDefinition" in element.events for element in self.elements)
        return (
            jumps or len(flows) + len(known) < drawn or any({f.source, f.target} - known.keys() for f in flows.values())
        )

    @functools.cached_property
    def elements(self) -> tuple[Element, ...]:
        """Every flow node, in the order of the file."""
        return tuple(self.diagram.elements.values())

    @functools.cached_property
    def personal(self) -> tuple[Element, ...]:
        """The tasks that people do."""
        return tuple(e for e in self.elements if e.kind in PERSONAL)

    @functools.cached_property
    def outgoing(self) -> Mapping[str, tuple[Flow, ...]]:
        """Sequence flows by the element they leave."""
        return _grouped(self.diagram.flows.values(), lambda flow: flow.source)

    @functools.cached_property
    def incoming(self) -> Mapping[str, tuple[Flow, ...]]:
        """Sequence flows by the element they enter."""
        return _grouped(self.diagram.flows.values(), lambda flow: flow.target)

    @functools.cached_property
    def next(self) -> Mapping[str, tuple[str, ...]]:
        """Where a token can go from an element: along its flows and through its boundary events."""
        known = self.diagram.elements
        edges = [(flow.source, flow.target) for flow in self.diagram.flows.values()]
        edges += [(e.attached_to, e.id) for e in self.elements if e.attached_to]
        found: dict[str, list[str]] = defaultdict(list)
        for source, target in edges:
            if source in known and target in known:
                found[source].append(target)
        return {source: tuple(targets) for source, targets in found.items()}

    def inside(self, scope: str | None) -> list[Element]:
        """The elements directly inside a sub-process, or inside the process for None."""
        return self.scopes.get(scope, [])

    @functools.cached_property
    def scopes(self) -> Mapping[str | None, list[Element]]:
        """Elements by the sub-process they stand in; every sub-process has an entry."""
        found: dict[str | None, list[Element]] = {None: []}
        found.update({e.id: [] for e in self.elements if e.kind == "subProcess"})
        for element in self.elements:
            found.setdefault(element.parent, []).append(element)
        return found

    def nodes(self, *tags: str) -> Iterator[xml.Element]:
        """Pieces of XML below the process with one of the BPMN tags."""
        return self.process.iter(*(BPMN + tag for tag in tags))


Rule: TypeAlias = Callable[[Drawing], Iterable[Problem]]


def local(node: xml.Element) -> str:
    """The tag of a piece of XML without its namespace."""
    return str(node.tag).rpartition("}")[2]


def _grouped(flows: Iterable[Flow], key: Callable[[Flow], str]) -> dict[str, tuple[Flow, ...]]:
    found: dict[str, list[Flow]] = defaultdict(list)
    for flow in flows:
        found[key(flow)].append(flow)
    return {name: tuple(items) for name, items in found.items()}
