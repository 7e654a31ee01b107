"""Places in nested data: reading, setting and removing a value by the path of its keys and row numbers."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from forms.components import Json

Place = tuple[str | int, ...]
Indexes = tuple[int, ...]
ABSENT = object()


def dig(source: Json, place: Place) -> Json:
    """The value at a place, or the marker for none."""
    if len(place) == 1 and type(source) is dict:  # as most places are
        return source.get(place[0], ABSENT)
    for step in place:
        named = type(source) is dict or isinstance(source, Mapping)
        inside = step in source if named else isinstance(step, int) and _has(source, step)
        if not inside:
            return ABSENT
        source = source[step]
    return source


def _has(rows: Json, index: int) -> bool:
    return isinstance(rows, list) and index < len(rows)


def put(target: Json, place: Place, value: Json) -> None:
    """Set the value at a place, making the contexts on the way; rows must exist."""
    if len(place) == 1:  # as most places are
        target[place[0]] = value
        return
    for step, inner in pairwise(place):
        if not isinstance(step, int) and not isinstance(target.get(step), list if isinstance(inner, int) else dict):
            target[step] = {}
        target = target[step]
    target[place[-1]] = value


def drop(target: dict[str, Json], place: Place) -> None:
    """Remove the value at a place, and the contexts that become empty."""
    parents: list[Json] = [target]
    for step in place[:-1]:
        inner = dig(parents[-1], (step,))
        if inner is ABSENT:
            return
        parents.append(inner)
    for parent, step in zip(reversed(parents), reversed(place), strict=True):
        if isinstance(parent, dict):
            parent.pop(str(step), None)
        if parent or isinstance(parent, list):
            return


def blame_at(errors: dict[str, Json], name: str, indexes: Indexes, messages: list[str]) -> None:
    """Put messages where form-js looks for them: `errors[id]`, or `errors[id][row]...` in lists."""
    if not indexes:
        errors[name] = messages
        return
    level = errors.setdefault(name, [])
    for index in indexes[:-1]:
        level.extend([] for _ in range(index + 1 - len(level)))
        level = level[index]
    level.extend([] for _ in range(indexes[-1] + 1 - len(level)))
    level[indexes[-1]] = messages
