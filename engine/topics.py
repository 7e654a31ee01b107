"""What a handler sees: how to register for a topic, and the call it is given.

A handler is a function from a frozen dataclass to a frozen dataclass. Its input fields are
filled from the step's input parameters, else from case data of the same name; its output
fields become case data. Handlers import nothing else of the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from engine import messages, numbering, registry, watchdog
from engine.calendar import today
from engine.context import Context
from engine.diagram import Diagram, Element
from engine.errors import HandlerFailed, RegistryRefused
from engine.manual import Manual, PlanRow, manual
from engine.messages import Notice
from engine.registry import Link, LinkState, Registry

__all__ = [
    "Call",
    "HandlerFailed",
    "Link",
    "LinkState",
    "Manual",
    "Notice",
    "PlanRow",
    "Registry",
    "RegistryRefused",
    "Topics",
]

Given = TypeVar("Given")
Handler = Callable[[Any, "Call"], Any]


@dataclass(frozen=True)
class Call:
    """One run of a handler: the case it works for and what it may touch."""

    ctx: Context
    case_id: str
    case_number: str
    process: str
    title: str
    diagram: Diagram
    element: Element
    data: Mapping[str, Any]
    person: str

    @property
    def now(self) -> datetime:
        """The moment, in UTC."""
        return self.ctx.now

    @property
    def today(self) -> date:
        """The calendar day in Bangkok."""
        return today(self.ctx.engine.clock)

    @property
    def manual(self) -> Manual:
        """The printed manual as data."""
        return manual()

    @property
    def registry(self) -> Registry:
        """The link registry, written in this case's name."""
        return registry.Registry(self.ctx, self.case_id, self.person)

    def number_case(self) -> str:
        """Give the case its human number by process and fiscal year."""
        return numbering.number_case(self.ctx, self.case_id, self.diagram)

    def notify(self, notice: Notice, roles: Iterable[str]) -> int:
        """Put a notice into the outbox for everyone the roles stand for; returns how many were told."""
        return messages.notify(self.ctx, self.case_id, self.element.id, notice, roles, self.data)


@dataclass(frozen=True)
class Topic:
    """A registered handler with its Thai name for pickers and messages."""

    name: str
    th: str
    takes: type
    gives: type
    run: Handler


class Topics:
    """The handlers by topic."""

    def __init__(self) -> None:
        self._topics: dict[str, Topic] = {}

    @property
    def names(self) -> frozenset[str]:
        """Every topic that has a handler."""
        return frozenset(self._topics)

    def add(self, name: str, th: str, takes: type[Given], gives: type, run: Callable[[Given, Call], Any]) -> None:
        """Register a handler; a topic is served once."""
        if name in self._topics:
            raise ValueError(f"topic {name} is served twice")
        self._topics[name] = Topic(name, th, takes, gives, run)

    def get(self, name: str) -> Topic | None:
        """The handler of a topic, None where an external worker serves it."""
        return self._topics.get(name)


def perform(topic: Topic, given: Mapping[str, Any], call: Call) -> dict[str, Any]:
    """Run a handler on its inputs and return what it adds to the case data."""
    with watchdog.watched(topic.name):
        result = topic.run(_bind(topic, given, call), call)
    if not isinstance(result, topic.gives) or not is_dataclass(result) or isinstance(result, type):
        raise HandlerFailed(element=call.element.name, reason=f"{topic.name} returned {type(result).__name__}")
    return {key: value for key, value in asdict(result).items() if not key.startswith("_")}


def _bind(topic: Topic, given: Mapping[str, Any], call: Call) -> Any:
    values: dict[str, Any] = {}
    for item in fields(topic.takes):
        if item.name == "data":
            values["data"] = call.data
        elif item.name in given:
            values[item.name] = given[item.name]
        elif item.name in call.data:
            values[item.name] = call.data[item.name]
        elif item.default is MISSING and item.default_factory is MISSING:
            raise HandlerFailed(element=call.element.name, reason=f"input {item.name} is missing")
    return topic.takes(**values)
