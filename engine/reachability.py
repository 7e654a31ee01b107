"""The reachability graph of a process version, drawn as its cases walk it.

A marking is where tokens stand, whoever's case it is. What an act does to one depends on
nothing but what the conditions on the way say: who comes to the same marking later need
not walk again. A graph holds at most `MOST` arcs; a full one begins anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

MOST = 1_000
LARGEST = 4_096  # characters; where more tokens than that stand, no second case comes to the same marking
_ID = re.compile(r'(?<=",)"([0-9a-f]{32})"')  # behind the name of an element, where nothing else looks like one

Gaps: TypeAlias = tuple[str, ...]
Act: TypeAlias = tuple[str, ...]  # its name, what it is done to, and with what
Answers: TypeAlias = list[tuple[str, bool]]  # conditions, and whether they hold


class Marking(NamedTuple):
    """Where tokens stand: the stored state without their ids."""

    gaps: Gaps
    waiting: tuple[tuple[int, str, str], ...]  # which token, at which element, for what
    finished: bool


class Arc(NamedTuple):
    """What an act comes to; `origins` says which token of before each one is, None for a new one."""

    to: Marking
    origins: tuple[int | None, ...]
    passed: tuple[str, ...]
    caught: bool = True  # False for an error that no event catches: nothing has happened


def cut(state: str) -> tuple[Gaps, list[str]]:
    """The text of a state between the ids of its tokens, and the ids."""
    parts = _ID.split(state)
    return tuple(parts[::2]), parts[1::2]


def joined(gaps: Gaps, ids: Sequence[str]) -> str:
    """The state that `cut` cuts so."""
    parts = [""] * (len(gaps) + len(ids))
    parts[::2], parts[1::2] = gaps, ids
    return '"'.join(parts)


def name_of(place: int) -> str:
    """What a token is called where it does not matter whose it is."""
    return f"{place:032x}"


class Graph:
    """What is known of a process: for a marking, an act and some answers the next question, or the arc."""

    def __init__(self) -> None:
        self._known: dict[tuple[Gaps, Act, tuple[bool, ...]], str | Arc] = {}

    def __len__(self) -> int:
        return len(self._known)

    def follow(self, gaps: Gaps, act: Act, holds: Callable[[str], bool], asked: Answers) -> Arc | None:
        """Where an act leads from a marking; None where no case has gone yet. Raises what `holds` raises.

        What it had to ask is added to `asked`.
        """
        answers: tuple[bool, ...] = ()
        while isinstance(found := self._known.get((gaps, act, answers)), str):
            asked.append((found, holds(found)))
            answers = (*answers, asked[-1][1])
        return found

    def draw(self, gaps: Gaps, act: Act, asked: Answers, arc: Arc) -> None:
        """Remember where an act led, and what was asked on the way."""
        if any(sum(map(len, part)) > LARGEST for part in (gaps, arc.to.gaps, act)):
            return
        if len(self._known) >= MOST:
            self._known = {}
        answers = tuple(answer for _, answer in asked)
        for count, (condition, _) in enumerate(asked):
            self._known[gaps, act, answers[:count]] = condition
        self._known[gaps, act, answers] = arc
