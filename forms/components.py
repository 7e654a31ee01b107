"""The components of a form-js schema: what a form writes into the data and what it reads from it."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from forms.feel import FeelError, compile_expression, compile_unary

Json: TypeAlias = Any

INPUTS = frozenset(
    "textfield textarea number datetime checkbox checklist radio select taglist expression filepicker".split()
)
MANY = frozenset({"checklist", "taglist"})
ONE = frozenset({"radio", "select"})
RULES = ("pattern", "required", "min", "max", "minLength", "maxLength", "validationType")
SCOPE_NAMES = frozenset({"this", "parent", "i", "_this_", "_parent_", "_i_", "data", "item", "?"})
_TEMPLATE = re.compile(r"\{\{\s*(#if|#loop|/if|/loop)?\s*(.*?)\s*\}\}", re.DOTALL)
_LITERAL = frozenset({"id", "key", "path", "type", "subtype", "values", "layout", "properties", "pattern", "valuesKey"})


class FormError(ValueError):
    """The file is not a form this system can read."""

    def __init__(self, code: str, element: str, th: str, en: str) -> None:
        """Name the rule, the component and both sentences."""
        super().__init__(en)
        self.code, self.element, self.th, self.en = code, element, th, en


@dataclass(frozen=True)
class Component:
    """One component of a form; `path` leads to its value in the data, without row numbers.

    What follows from the attributes is worked out once: a form is read once and checked many times.
    """

    id: str
    type: str
    key: str | None
    path: tuple[str, ...]
    attributes: dict[str, Json] = field(repr=False)
    children: tuple[Component, ...] = ()

    @functools.cached_property
    def is_input(self) -> bool:
        """Whether it holds a value of its own."""
        return self.type in INPUTS

    @functools.cached_property
    def skipped(self) -> bool:
        """Whether it is a field that nobody can fill in, so that nothing is kept of it."""
        return self.is_input and bool(self.attributes.get("disabled"))

    @functools.cached_property
    def repeats(self) -> bool:
        """Whether it is a list of rows."""
        return self.type == "dynamiclist" and self.attributes.get("isRepeating", True) is not False

    @functools.cached_property
    def hide(self) -> str | None:
        """The condition under which it is hidden, without its `=`."""
        conditional = self.attributes.get("conditional")
        rule = conditional.get("hide") if isinstance(conditional, dict) else None
        return rule[1:] if isinstance(rule, str) and rule.startswith("=") else None

    @functools.cached_property
    def settable(self) -> bool | str:
        """Whether a person may set its value: not computed, disabled or read-only; or the rule for read-only."""
        if self.type == "expression" or self.attributes.get("disabled"):
            return False
        rule = self.attributes.get("readonly")
        return rule if isinstance(rule, str) and rule.startswith("=") else not rule

    @functools.cached_property
    def rules(self) -> dict[str, Json]:
        """Its `validate` rules that are set, in the order in which they are checked."""
        rules = self.attributes.get("validate")
        found = rules if isinstance(rules, dict) else {}
        return {name: found[name] for name in RULES if found.get(name) is not None}

    @functools.cached_property
    def options(self) -> Literal["given", "computed"] | None:
        """Whether the options for its value are there from the start or computed from the answer; or it has none."""
        if self.type not in ONE | MANY:
            return None
        return "computed" if self.attributes.get("valuesExpression") else "given"

    @functools.cached_property
    def values(self) -> list[Json]:
        """The values of its own fixed options."""
        return values_of(self.attributes.get("values"))

    @functools.cached_property
    def tops(self) -> frozenset[str]:
        """The names at the top of the data that it and its children write."""
        own = {self.path[0]} if self.path else set()
        return frozenset(own.union(*(child.tops for child in self.children)))

    @property
    def label(self) -> str:
        """Its label as written."""
        return str(self.attributes.get("label") or "")


@dataclass(frozen=True)
class Form:
    """A form that was read; `schema` is what the browser gets, with every component's id filled in."""

    id: str
    schema: dict[str, Json] = field(repr=False)
    roots: tuple[Component, ...] = field(repr=False)

    def components(self) -> Iterator[Component]:
        """Every component, parents before children."""
        return _flatten(self.roots)

    def keys(self) -> frozenset[str]:
        """The top-level data keys that the form writes."""
        return self._keys

    def reads(self) -> frozenset[str]:
        """The variable names that the form needs to be shown: its own keys and the names in its expressions."""
        return self._reads

    @functools.cached_property
    def needs(self) -> frozenset[str]:
        """What it is shown with: what it reads, and what it wrote before."""
        return self._reads | self._keys

    @functools.cached_property
    def needs_afresh(self) -> frozenset[str]:
        """What it is shown with where it begins empty every time."""
        return self._reads - self._keys

    @functools.cached_property
    def computes(self) -> bool:
        """Whether any field is computed from others."""
        return any(component.type == "expression" for component in self.components())

    @functools.cached_property
    def tops(self) -> frozenset[str]:
        """The names at the top of the data that its components write."""
        return frozenset[str]().union(*(root.tops for root in self.roots))

    @functools.cached_property
    def deep(self) -> frozenset[str]:
        """The names at the top of the data that its components write into, not only over."""
        return frozenset(component.path[0] for component in self.components() if len(component.path) > 1)

    def heeds(self, names: Set[str | int]) -> bool:
        """Whether an expression may read one of these names at the top of the data."""
        return bool(names) and not (self._used.isdisjoint(names) and self._used.isdisjoint(SCOPE_NAMES))

    @functools.cached_property
    def _keys(self) -> frozenset[str]:
        written = (c for c in self.components() if c.is_input or (c.type == "dynamiclist" and c.path))
        return frozenset(c.path[0] for c in written if c.path and not c.attributes.get("disabled"))

    @functools.cached_property
    def _used(self) -> frozenset[str]:
        return frozenset(name for component in self.components() for name in names_of(component))

    @functools.cached_property
    def _reads(self) -> frozenset[str]:
        return (self.tops | self._used) - SCOPE_NAMES


def _flatten(components: tuple[Component, ...]) -> Iterator[Component]:
    for component in components:
        yield component
        yield from _flatten(component.children)


def values_of(options: Json) -> list[Json]:
    """The values in a list of options, each a value or an entry with one."""
    found = options if isinstance(options, list) else []
    return [item.get("value") if isinstance(item, dict) else item for item in found]


def names_of(component: Component) -> set[str]:
    """The variable names in the expressions, templates and option sources of one component."""
    names = {name for place, text in expressions(component) for name in _names(place, text)}
    source = component.attributes.get("valuesKey")
    if isinstance(source, str) and source:
        names.add(source)
    table = component.attributes.get("dataSource")
    if isinstance(table, str) and table and not table.startswith("="):
        names.add(table.split(".")[0])
    return names


def _names(place: str, text: str) -> frozenset[str]:
    try:
        return compile_unary(text).names if place in UNARY else compile_expression(text).names
    except FeelError:
        return frozenset()


UNARY = frozenset({"conditional.hide", "readonly"})


def expressions(component: Component) -> Iterator[tuple[str, str]]:
    """Every FEEL text of a component with the attribute where it stands, templates included."""
    for name, value in component.attributes.items():
        if name not in _LITERAL and name != "components":
            yield from _texts(name, value, 0)


def _texts(place: str, value: Json, level: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if value.startswith("="):
            yield place, value[1:]
        elif "{{" in value:
            yield from ((place, match[2]) for match in _TEMPLATE.finditer(value) if match[2])
    elif isinstance(value, dict) and level < 4:
        for name, item in value.items():
            if name not in _LITERAL:
                yield from _texts(f"{place}.{name}", item, level + 1)
    elif isinstance(value, list) and level < 4:
        for item in value:
            yield from _texts(place, item, level + 1)
