"""The reachability graph of a process version, drawn as its cases walk it.

A marking is where tokens stand, whoever's case it is. What an act does to one depends on
nothing but what the conditions on the way say: who comes to the same marking later need
not walk again. A graph holds at most `MOST` arcs; a full one begins anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

MOST = 1_000
LARGEST = 4_096  # bytes; where more tokens than that stand, no second case comes to the same marking

Act: TypeAlias = tuple[str, ...]  # its name, what it is done to, and with what
Answers: TypeAlias = list[tuple[str, bool]]  # conditions, and whether they hold


class Marking(NamedTuple):
    """Where tokens stand: the stored state without their ids, and the same as JSON."""

    shape: list[Any]
    key: bytes
    waiting: tuple[tuple[int, str, str], ...]  # which token, at which element, for what
    finished: bool


class Arc(NamedTuple):
    """What an act comes to; `origins` says which token of before each one is, None for a new one."""

    to: Marking
    origins: tuple[int | None, ...]
    passed: tuple[str, ...]
    caught: bool = True  # False for an error that no event catches: nothing has happened


class Graph:
    """What is known of a process: for a marking, an act and some answers the next question, or the arc."""

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, Act, tuple[bool, ...]], str | Arc] = {}

    def __len__(self) -> int:
        return len(self._known)

    def follow(self, key: bytes, act: Act, holds: Callable[[str], bool], asked: Answers) -> Arc | None:
        """Where an act leads from a marking; None where no case has gone yet. Raises what `holds` raises.

        What it had to ask is added to `asked`.
        """
        answers: tuple[bool, ...] = ()
        while isinstance(found := self._known.get((key, act, answers)), str):
            asked.append((found, holds(found)))
            answers = (*answers, asked[-1][1])
        return found

    def draw(self, key: bytes, act: Act, asked: Answers, arc: Arc) -> None:
        """Remember where an act led, and what was asked on the way."""
        if any(len(part) > LARGEST for part in (key, arc.to.key, *act)):
            return
        if len(self._known) >= MOST:
            self._known = {}
        answers = tuple(answer for _, answer in asked)
        for count, (condition, _) in enumerate(asked):
            self._known[key, act, answers[:count]] = condition
        self._known[key, act, answers] = arc
