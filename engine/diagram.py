"""What a diagram says, as plain data: elements, flows, lanes, RACI letters, forms, topics.

Reads BPMN 2.0 with the Camunda 7 extensions that Camunda Modeler writes. It judges
nothing (see checks/) and moves no token (see spiff.py).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine import xml
from engine.errors import DiagramRefused

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
NODES = frozenset(
    "task userTask manualTask serviceTask sendTask receiveTask scriptTask businessRuleTask callActivity "
    "subProcess transaction adHocSubProcess exclusiveGateway inclusiveGateway parallelGateway complexGateway "
    "eventBasedGateway startEvent endEvent intermediateCatchEvent intermediateThrowEvent boundaryEvent".split()
)
PERSONAL = frozenset({"userTask", "manualTask"})
AUTOMATIC = frozenset({"serviceTask", "sendTask", "businessRuleTask"})
MAX_INSTANCES = 1_000  # of one multi-instance step


@dataclass(frozen=True)
class Timer:
    """When an event fires: `kind` is date, duration or cycle; `text` as the Modeler wrote it."""

    kind: str
    text: str


@dataclass(frozen=True)
class Loop:
    """A multi-instance marker: one instance per item of `collection`, or `cardinality` of them."""

    collection: str
    item: str
    cardinality: str
    condition: str
    sequential: bool


@dataclass(frozen=True)
class Element:
    """One flow node. `attributes` are its camunda: attributes, `properties` its camunda:property values."""

    id: str
    kind: str
    name: str
    line: int
    documentation: str = ""
    lane: str | None = None
    parent: str | None = None
    attached_to: str | None = None
    interrupting: bool = True
    default: str | None = None
    events: tuple[str, ...] = ()
    timer: Timer | None = None
    message: str | None = None
    loop: Loop | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def form(self) -> str | None:
        """Id of the form staff fill in."""
        return self.attributes.get("formRef")

    @property
    def topic(self) -> str | None:
        """Topic of the handler that does this step."""
        return self.attributes.get("topic")

    @property
    def step(self) -> str | None:
        """Step of the printed manual that this element is, e.g. 6.3-S6."""
        return self.properties.get("manual.step")

    @property
    def step_of(self) -> str | None:
        """Step of the printed manual that this element is or belongs to."""
        return self.step or self.properties.get("manual.of")

    def roles(self, letter: str) -> tuple[str, ...]:
        """Role ids under `raci.<letter>`: responsible, accountable, consulted or informed."""
        return _parts(self.properties.get(f"raci.{letter}", ""))

    @property
    def separate_from(self) -> tuple[str, ...]:
        """Steps that whoever does this one may not have done."""
        return _parts(self.properties.get("separate.from", ""))


@dataclass(frozen=True)
class Flow:
    """One sequence flow; `condition` is its text or None."""

    id: str
    source: str
    target: str
    name: str
    condition: str | None
    line: int


@dataclass(frozen=True)
class Lane:
    """One lane. `role` is a role id of manual/roles.json: the lane's property, or its id without `lane_`."""

    id: str
    name: str
    role: str
    nodes: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Diagram:
    """One executable process as it was drawn."""

    process: str
    name: str
    line: int
    properties: Mapping[str, str]
    elements: Mapping[str, Element]
    flows: Mapping[str, Flow]
    lanes: Mapping[str, Lane]
    documentation: str = ""

    def role(self, element: str) -> str | None:
        """Role id of the lane the element stands in, or None outside lanes."""
        lane = self.elements[element].lane
        return self.lanes[lane].role if lane else None

    def outgoing(self, element: str) -> list[Flow]:
        """Sequence flows leaving an element."""
        return [flow for flow in self.flows.values() if flow.source == element]

    def step(self, step: str) -> Element | None:
        """The element that is a printed step, e.g. 6.3-S6, or None."""
        return next((e for e in self.elements.values() if e.step == step), None)

    @functools.cached_property
    def steps(self) -> dict[str, str]:
        """Element ids by themselves, and flow ids by `source>target`."""
        return {key: key for key in self.elements} | {f"{f.source}>{f.target}": f.id for f in self.flows.values()}


def split(text: str) -> tuple[str, ...]:
    """Parts of a comma list, blanks dropped."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


_parts = functools.lru_cache(maxsize=1_024)(split)  # asked for at every step; of diagrams only, no answer is kept


def read(root: xml.Element) -> Diagram:
    """The single executable process of a definitions document; raises `DiagramRefused`."""
    processes = [p for p in root.iter(BPMN + "process") if p.get("isExecutable") == "true"]
    if len(processes) != 1:
        reason = f"the file must hold exactly one executable process, it holds {len(processes)}"
        raise DiagramRefused(reason, xml.line(processes[1]) if processes else xml.line(root))
    return _diagram(processes[0])


def _diagram(process: xml.Element) -> Diagram:
    lanes = {lane.id: lane for lane in map(_lane, process.iter(BPMN + "lane"))}
    lane_of = {node: lane.id for lane in lanes.values() for node in lane.nodes}
    elements = {n.get("id", ""): _element(n, lane_of) for n in _nodes(process)}
    flows = {f.get("id", ""): _flow(f) for f in process.iter(BPMN + "sequenceFlow")}
    name, key = process.get("name", ""), process.get("id", "")
    purpose = (process.findtext(BPMN + "documentation") or "").strip()
    return Diagram(key, name or key, xml.line(process), _properties(process), elements, flows, lanes, purpose)


def _nodes(process: xml.Element) -> Iterator[xml.Element]:
    return (n for n in process.iter() if isinstance(n.tag, str) and _local(n) in NODES and n.tag.startswith(BPMN))


def _lane(node: xml.Element) -> Lane:
    key, name = node.get("id", ""), (node.get("name") or "").strip()
    role = _properties(node).get("role") or key.removeprefix("lane_")
    refs = tuple((ref.text or "").strip() for ref in node.findall(BPMN + "flowNodeRef"))
    return Lane(key, name, role, refs, xml.line(node))


def _element(node: xml.Element, lane_of: Mapping[str, str]) -> Element:
    key = node.get("id", "")
    parent = node.getparent()
    inner = parent is not None and _local(parent) in NODES
    parent_id = parent.get("id", "") if inner and parent is not None else None
    return Element(
        id=key,
        kind=_local(node),
        name=" ".join((node.get("name") or "").split()),
        line=xml.line(node),
        documentation=(node.findtext(BPMN + "documentation") or "").strip(),
        lane=lane_of.get(key) or lane_of.get(parent_id or ""),
        parent=parent_id,
        attached_to=node.get("attachedToRef"),
        interrupting=node.get("cancelActivity", "true") == "true",
        default=node.get("default"),
        events=_events(node),
        timer=_timer(node),
        message=_message(node),
        loop=_loop(node),
        attributes=_camunda(node),
        properties=_properties(node),
        inputs=_parameters(node, "inputParameter"),
        outputs=_parameters(node, "outputParameter"),
    )


def _flow(node: xml.Element) -> Flow:
    condition = node.findtext(BPMN + "conditionExpression")
    return Flow(
        node.get("id", ""),
        node.get("sourceRef", ""),
        node.get("targetRef", ""),
        node.get("name") or "",
        condition.strip() if condition and condition.strip() else None,
        xml.line(node),
    )


def _events(node: xml.Element) -> tuple[str, ...]:
    return tuple(_local(c) for c in node if isinstance(c.tag, str) and c.tag.endswith("EventDefinition"))


def _timer(node: xml.Element) -> Timer | None:
    definition = node.find(BPMN + "timerEventDefinition")
    if definition is None:
        return None
    for child in definition:
        kind = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}.get(_local(child))
        if kind and (child.text or "").strip():
            return Timer(kind, (child.text or "").strip())
    return Timer("date", "")


def _message(node: xml.Element) -> str | None:
    definition = node.find(BPMN + "messageEventDefinition")
    ref = node.get("messageRef") if definition is None else definition.get("messageRef")
    if ref is None:
        return None
    found = next((m for m in node.getroottree().iter(BPMN + "message") if m.get("id") == ref), None)
    return found.get("name") if found is not None else None


def _loop(node: xml.Element) -> Loop | None:
    loop = node.find(BPMN + "multiInstanceLoopCharacteristics")
    if loop is None:
        return None
    text = functools.partial(loop.findtext, default="")
    return Loop(
        loop.get(CAMUNDA + "collection", ""),
        loop.get(CAMUNDA + "elementVariable", ""),
        text(BPMN + "loopCardinality").strip(),
        text(BPMN + "completionCondition").strip(),
        loop.get("isSequential") == "true",
    )


def _camunda(node: xml.Element) -> dict[str, str]:
    return {str(k)[len(CAMUNDA) :]: str(v) for k, v in node.attrib.items() if str(k).startswith(CAMUNDA)}


def _properties(node: xml.Element) -> dict[str, str]:
    path = f"{BPMN}extensionElements/{CAMUNDA}properties/{CAMUNDA}property"
    return {p.get("name", ""): (p.get("value") or "").strip() for p in node.findall(path)}


def _parameters(node: xml.Element, kind: str) -> dict[str, str]:
    path = f"{BPMN}extensionElements/{CAMUNDA}inputOutput/{CAMUNDA}{kind}"
    return {p.get("name", ""): (p.text or "").strip() for p in node.findall(path)}


def _local(node: xml.Element) -> str:
    return str(node.tag).rpartition("}")[2]
