"""The tokens of one case: where it waits, and what moves it on.

Every act moves all tokens to their next waits. The library walks it (walk.py) the first
time that any case of the version does it from there; then it is known (reachability.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.errors import EngineFault
from engine.reachability import Act, Answers, Arc, Marking, cut, joined, name_of
from engine.spiff import Evaluate, Spec
from engine.tables.base import new_id
from engine.walk import Walk, walked

NOWHERE = Marking((), (), finished=False)


class Token(NamedTuple):
    """A place where the case waits. `kind` is person, automatic or event."""

    id: str
    element: str
    kind: str


class Tokens:
    """The tokens of one case in memory; thrown away after each command.

    `data` is the case's own dict, read by conditions. `waiting` is every place where the
    case now waits; `passed` collects what tokens went through since loading, in order:
    ids of elements, and `source>target` between them.
    """

    def __init__(self, spec: Spec, evaluate: Evaluate, data: Mapping[str, Any]) -> None:
        self._spec, self._evaluate, self._data = spec, evaluate, data
        self._at, self._ids = NOWHERE, list[str]()
        self.waiting: tuple[Token, ...] = ()
        self.passed: list[str] = []

    @classmethod
    def at_start(cls, spec: Spec, evaluate: Evaluate, data: Mapping[str, Any]) -> Tokens:
        """Tokens of a new case, come to its first waits."""
        tokens = cls(spec, evaluate, data)
        tokens._follow("start")
        return tokens

    @classmethod
    def at_element(cls, spec: Spec, element: str, evaluate: Evaluate, data: Mapping[str, Any]) -> Tokens:
        """A single token that entered at an element; raises `EngineFault` for an unknown one."""
        tokens = cls(spec, evaluate, data)
        tokens._follow("enter", element)
        return tokens

    @classmethod
    def restore(cls, spec: Spec, state: str, evaluate: Evaluate, data: Mapping[str, Any]) -> Tokens:
        """Tokens of a stored case; raises `EngineFault` for a state of another format, or damage."""
        tokens = cls(spec, evaluate, data)
        gaps, tokens._ids = cut(state)
        tokens._at = Marking(gaps, (), finished=False)
        tokens._follow("load")
        return tokens

    def dump(self) -> str:
        """The state as JSON: no spec, no user data, finished history cut out."""
        return joined(self._at.gaps, self._ids)

    @property
    def finished(self) -> bool:
        """True when every token has reached an end."""
        return self._at.finished

    @property
    def single(self) -> bool:
        """True when one token of the process itself waits and no join waits for another."""
        return walked(self._spec, self._at.gaps, ("load",), self._evaluate)[0].single

    def complete(self, token: str) -> None:
        """A person or a handler has done the step; raises `EngineFault` when no token waits there."""
        self._follow("complete", self._name(token, "person", "automatic"))

    def fire(self, token: str) -> None:
        """The awaited time or message has come; a repeating event goes on waiting."""
        self._follow("fire", self._name(token, "event"))

    def fail(self, token: str, code: str) -> bool:
        """A BPMN error is thrown at a step; True when a boundary event around that step catches it."""
        return self._follow("fail", self._name(token, "person", "automatic"), code).caught

    def _name(self, token: str, *kinds: str) -> str:
        for place, _, kind in self._at.waiting:
            if self._ids[place] == token and kind in kinds:
                return name_of(place)
        raise EngineFault(reason=f"no token {token} waits for this")

    def _follow(self, *act: str) -> Arc:
        """Move on, and say how; raises `EndlessLoop` or `EngineFault`."""
        asked: Answers = []
        try:
            arc = self._spec.graph.follow(self._at.gaps, act, self._holds, asked)
        except Exception:  # whatever a condition raises, the library will ask the same, and say where
            arc = None
        arc = arc or self._draw(act, asked)
        self._ids = [new_id() if origin is None else self._ids[origin] for origin in arc.origins]
        self._at = arc.to
        self.waiting = tuple([Token(self._ids[place], element, kind) for place, element, kind in arc.to.waiting])
        self.passed += arc.passed
        return arc

    def _holds(self, condition: str) -> bool:
        return bool(self._evaluate(condition, self._data))

    def _draw(self, act: Act, told: Answers) -> Arc:
        """Where an act leads, walked, and noted for those who come after; what is told need not be asked."""
        asked: Answers = []

        def evaluate(condition: str, _: object) -> bool:
            holds = told[len(asked)][1] if len(asked) < len(told) else self._holds(condition)
            asked.append((condition, holds))
            return holds

        walk, caught = walked(self._spec, self._at.gaps, act, evaluate)
        arc = _arc(walk, len(self._ids), caught=caught)
        self._spec.graph.draw(self._at.gaps, act, asked, arc)
        return arc


def _arc(walk: Walk, before: int, *, caught: bool) -> Arc:
    """What a walk came to, that began with so many tokens."""
    gaps, names = cut(walk.state())
    places = {name: place for place, name in enumerate(names)}
    waiting = tuple((places[name], element, kind) for name, element, kind in walk.waiting())
    origins = {name_of(place): place for place in range(before)}
    return Arc(Marking(gaps, waiting, walk.finished), tuple(map(origins.get, names)), tuple(walk.passed), caught)
