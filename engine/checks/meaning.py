"""What the steps ask for: topics, decisions, forms; and no code of any kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.checks.drawing import Drawing, Rule, local
from engine.checks.problem import Problem
from engine.diagram import BPMN, CAMUNDA, Element
from engine.variables import NAME, RESERVED, RESERVED_STARTS

TOPICAL = frozenset({"serviceTask", "sendTask"})
CODE_ATTRIBUTES = tuple(
    "class expression delegateExpression variableMappingClass variableMappingDelegateExpression formHandlerClass "
    "decisionRefTenantId taskProxy".split()
)
FOREIGN_EXTENSIONS = {
    "executionListener": "listener",
    "taskListener": "listener",
    "connector": "connector",
    "script": "script",
    "field": "java-code",
    "formData": "form-key",
}
LANGUAGES = ("feel", "juel")
MAPPINGS = ("singleEntry", "singleResult", "collectEntries", "resultList")
OUTSIDE = "served.by"  # the property that names who runs the outside program of a step


def code(drawing: Drawing) -> Iterator[Problem]:
    """Programs, listeners, connectors and scripts, wherever they stand."""
    for node in drawing.process.iter():
        for attribute in CODE_ATTRIBUTES:
            if node.get(CAMUNDA + attribute) is not None:
                yield drawing.at_node("java-code", node, attribute=attribute)
        foreign = (node.get("language") or "feel").lower() not in LANGUAGES
        if foreign or (node.get(CAMUNDA + "resource") and node.tag != BPMN + "scriptTask"):
            yield drawing.at_node("script", node)
        if str(node.tag).startswith(CAMUNDA) and local(node) in FOREIGN_EXTENSIONS:
            yield drawing.at_node(FOREIGN_EXTENSIONS[local(node)], node, attribute=local(node))


def parameters(drawing: Drawing) -> Iterator[Problem]:
    """Input and output parameters are texts."""
    for node in drawing.process.iter(CAMUNDA + "inputParameter", CAMUNDA + "outputParameter"):
        if any(local(child) in ("list", "map") for child in node):
            yield drawing.at_node("structured-parameter", node, parameter=node.get("name"))


def topics(drawing: Drawing) -> Iterator[Problem]:
    """Automatic tasks name a topic that a handler serves, or who runs the outside program that serves it."""
    known = ", ".join(sorted(drawing.pack.topics))
    for element in drawing.elements:
        if element.kind not in TOPICAL:
            continue
        if element.attributes.get("type") != "external":
            yield drawing.at("not-external", element)
        elif not element.topic:
            yield drawing.at("missing-topic", element, known=known)
        elif element.topic not in drawing.pack.topics and not element.properties.get(OUTSIDE):
            yield drawing.at("unknown-topic", element, topic=element.topic, known=known)


def decisions(drawing: Drawing) -> Iterator[Problem]:
    """Business rule tasks name a decision that exists and where its result goes."""
    for element in (e for e in drawing.elements if e.kind == "businessRuleTask"):
        wanted = element.attributes.get("decisionRef")
        mapping = element.attributes.get("mapDecisionResult", "singleResult")
        if not wanted:
            yield drawing.at("missing-decision", element)
        elif wanted not in drawing.pack.decisions:
            yield drawing.at("unknown-decision", element, decision=wanted)
        if not element.attributes.get("resultVariable"):
            yield drawing.at("missing-result-variable", element)
        if mapping not in MAPPINGS:
            yield drawing.at("bad-result-mapping", element, mapping=mapping)


def forms(drawing: Drawing) -> Iterator[Problem]:
    """User tasks name a form that exists; other kinds of forms are not read."""
    for element in drawing.elements:
        foreign = "formKey" in element.attributes
        if element.kind == "startEvent" and (element.form or foreign):
            yield drawing.at("start-form", element)
        elif foreign:
            yield drawing.at("form-key", element, attribute="formKey")
        if element.kind != "userTask" or foreign:
            continue
        if element.form is None:
            yield drawing.at("no-form", element)
        elif element.form not in drawing.pack.forms:
            yield drawing.at("unknown-form", element, form=element.form)
        if element.attributes.get("formRefBinding") == "version":
            yield drawing.at("form-binding", element)


def candidates(drawing: Drawing) -> Iterator[Problem]:
    """People are named by lanes only."""
    for element in drawing.elements:
        if "candidateUsers" in element.attributes:
            yield drawing.at("candidate-users", element)
    if any(drawing.process.get(CAMUNDA + f"candidateStarter{who}") for who in ("Users", "Groups")):
        yield drawing.at("candidate-starters")


def variables(drawing: Drawing) -> Iterator[Problem]:
    """Variables that the diagram writes: usable names, none of the system's."""
    for element in drawing.elements:
        for variable in written(element):
            if variable in RESERVED or variable.startswith(RESERVED_STARTS):
                yield drawing.at("reserved-variable", element, variable=variable)
            elif not NAME.fullmatch(variable):
                yield drawing.at("bad-variable-name", element, variable=variable)


def written(element: Element) -> Iterator[str]:
    """Names that an element writes by what the diagram says of it."""
    yield from _given(element.attributes, "resultVariable")
    yield from element.outputs
    if element.loop is not None and element.loop.item:
        yield element.loop.item


def _given(attributes: Mapping[str, str], key: str) -> Iterator[str]:
    if attributes.get(key):
        yield attributes[key]


RULES: tuple[Rule, ...] = (code, parameters, topics, decisions, forms, candidates, variables)
