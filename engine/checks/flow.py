"""Where tokens can go: every case can start, move and end, and never runs in circles by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine import spiff
from engine.checks.drawing import CHOOSING, GATEWAYS, WAITING, Drawing, Rule
from engine.checks.problem import Problem, problem
from engine.diagram import Element
from engine.errors import DiagramRefused

UNFOLDED_LIMIT = 2 * spiff.PREDICTION_LIMIT


def starts_and_ends(drawing: Drawing) -> Iterator[Problem]:
    """One start and at least one end in the process and in every sub-process."""
    for scope, elements in drawing.scopes.items():
        owner = drawing.diagram.elements.get(scope) if scope is not None else None
        if scope is not None and (owner is None or owner.kind == "adHocSubProcess"):
            continue
        starts = [e for e in elements if e.kind == "startEvent"]
        if not starts:
            yield drawing.at("no-start", owner)
        elif len(starts) > 1:
            yield drawing.at("several-starts", starts[1])
        if not any(e.kind == "endEvent" for e in elements):
            yield drawing.at("no-end", owner)


def directions(drawing: Drawing) -> Iterator[Problem]:
    """Nothing enters a start, nothing leaves an end, one flow leaves everything that is no gateway."""
    for element in drawing.elements:
        leaving = drawing.outgoing.get(element.id, ())
        if element.kind in ("startEvent", "boundaryEvent") and element.id in drawing.incoming:
            yield drawing.at("flow-into-start", element)
        if element.kind == "endEvent" and leaving:
            yield drawing.at("flow-out-of-end", element)
        elif element.kind not in GATEWAYS and len(leaving) > 1:
            yield drawing.at("several-outgoing", element, count=len(leaving))


def conditions(drawing: Drawing) -> Iterator[Problem]:
    """Choosing gateways always know where to go; nobody writes a condition that is never read."""
    for element in drawing.elements:
        leaving = drawing.outgoing.get(element.id, ())
        if element.kind not in CHOOSING:
            yield from (drawing.at("condition-misplaced", flow) for flow in leaving if flow.condition)
            continue
        choosing = len(leaving) > 1 or any(flow.condition for flow in leaving)
        if choosing and element.default is None:
            yield drawing.at("gateway-without-default", element)
        for flow in leaving if choosing else ():
            if flow.id == element.default and flow.condition:
                yield drawing.at("default-with-condition", flow)
            elif flow.id != element.default and not flow.condition:
                yield drawing.at("flow-without-condition", flow)


def reachability(drawing: Drawing) -> Iterator[Problem]:
    """Every element can be reached from a start, and an end from every element; what is torn is told elsewhere."""
    if drawing.torn:
        return
    backwards = _reversed(_without_side_ways(drawing))
    for elements in drawing.scopes.values():
        inside = {e.id for e in elements}
        starts = [e.id for e in elements if e.kind == "startEvent"]
        ends = [e.id for e in elements if e.kind == "endEvent"]
        reached = _closure(starts, drawing.next) if starts else inside
        leading = _closure(ends, backwards) if ends else inside
        for element in elements:
            if element.id not in reached:
                yield drawing.at("unreachable", element)
            elif element.id not in leading:
                yield drawing.at("no-way-out", element)


def automatic_loops(drawing: Drawing) -> Iterator[Problem]:
    """A circle of automatic steps would turn for ever."""
    busy = {e.id for e in drawing.elements if not _waits(drawing, e)}
    edges = {source: [t for t in drawing.next.get(source, ()) if t in busy] for source in busy}
    yield from _circling(drawing, "automatic-loop", edges)


def followed(drawing: Drawing) -> Iterator[Problem]:
    """The flow as the engine itself reads it; asked only where no rule found a fault.

    It foresees every step up to the next choice, so a loop that only a boundary event leaves is foreseen for ever.
    """
    sure = {e.id: drawing.outgoing.get(e.id, ()) for e in drawing.elements if e.kind not in CHOOSING}
    endless = list(_circling(drawing, "loop-without-gateway", {s: [f.target for f in fs] for s, fs in sure.items()}))
    if endless:
        yield from endless
        return
    if any(_unfolded(drawing, elements) > UNFOLDED_LIMIT for elements in drawing.scopes.values()):
        yield drawing.at("parallel-explosion", limit=f"{spiff.PREDICTION_LIMIT:,}")
        return
    try:
        spiff.parse(drawing.root, drawing.diagram.process)
    except DiagramRefused as error:
        code = "parallel-explosion" if "unfold" in error.en else "flow-unreadable"
        element = error.element or drawing.diagram.process
        line = error.line or drawing.diagram.line
        yield problem(code, drawing.file, line, element, reason=error.en, limit=f"{spiff.PREDICTION_LIMIT:,}")


def _circling(drawing: Drawing, code: str, edges: Mapping[str, Iterable[str]]) -> Iterator[Problem]:
    found = _circles(edges)
    circle = [e for e in drawing.elements if e.id in found]
    if circle:
        yield drawing.at(code, circle[0], names=", ".join(map(drawing.called, circle)))


def _waits(drawing: Drawing, element: Element) -> bool:
    """True when a token rests here: for a person, a time or a message."""
    if element.kind == "boundaryEvent":
        return element.events != ("errorEventDefinition",)
    if element.kind == "subProcess":
        return any(e.kind in WAITING for e in drawing.inside(element.id))
    return element.kind in WAITING


def _closure(begin: Iterable[str], edges: Mapping[str, Iterable[str]]) -> set[str]:
    """Everything that can be reached from `begin`, itself included."""
    found, todo = set(begin), list(begin)
    while todo:
        fresh = [target for target in edges.get(todo.pop(), ()) if target not in found]
        found.update(fresh)
        todo += fresh
    return found


def _reversed(edges: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    turned: dict[str, list[str]] = {}
    for source, targets in edges.items():
        for target in targets:
            turned.setdefault(target, []).append(source)
    return turned


def _without_side_ways(drawing: Drawing) -> dict[str, list[str]]:
    """Where a token itself can go: a non-interrupting event sends another one."""
    known = drawing.diagram.elements
    aside = {e.id for e in drawing.elements if e.attached_to and not e.interrupting}
    return {s: [t for t in ts if not (t in aside and known[t].attached_to == s)] for s, ts in drawing.next.items()}


def _circles(edges: Mapping[str, Iterable[str]]) -> set[str]:
    """What stays when everything that leads nowhere or comes from nowhere is taken away again and again."""
    left = set(edges)
    turned = _reversed(edges)
    todo = list(edges)
    while todo:
        node = todo.pop()
        ahead = any(target in left for target in edges.get(node, ()))
        behind = any(source in left for source in turned.get(node, ()))
        if node in left and not (ahead and behind):
            left.discard(node)
            todo += [other for other in (*edges.get(node, ()), *turned.get(node, ())) if other in left]
    return left


def _unfolded(drawing: Drawing, elements: list[Element]) -> int:
    """How many steps the engine will foresee at once: both branches of a fork, the longer one of a choice.

    An event on a border is foreseen two steps ahead only, and counts for nothing here.
    From a join it foresees anew once all branches are in, so a join ends what is foreseen before it.
    """
    known, before, most = drawing.diagram.elements, dict[str, int](), 0
    for start in (e for e in elements if e.kind == "startEvent"):
        for node in _children_first(start.id, drawing.next):
            onward = (target for target in drawing.next.get(node, ()) if known[target].attached_to != node)
            ahead = [before[target] for target in onward if target in before]
            chooses = known[node].kind == "exclusiveGateway"
            size = min(10**9, 1 + (max(ahead, default=0) if chooses else sum(ahead)))
            most, before[node] = max(most, size), 1 if _joins(drawing, node) else size
    return most


def _joins(drawing: Drawing, node: str) -> bool:
    return drawing.diagram.elements[node].kind == "parallelGateway" and len(drawing.incoming.get(node, ())) > 1


def _children_first(start: str, edges: Mapping[str, Iterable[str]]) -> list[str]:
    """Everything reachable, each after what it leads to, circles cut open."""
    order: list[str] = []
    seen = {start}
    path = [(start, iter(edges.get(start, ())))]
    while path:
        node, rest = path[-1]
        target = next((t for t in rest if t not in seen), None)
        if target is None:
            order.append(node)
            path.pop()
        else:
            seen.add(target)
            path.append((target, iter(edges.get(target, ()))))
    return order


RULES: tuple[Rule, ...] = (starts_and_ends, directions, conditions, reachability, automatic_loops)
