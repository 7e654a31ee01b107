"""The rows of a list: which row was which before, after some were removed, added or moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from forms.components import Component, Json
from forms.inputs import CLEANERS, InputError
from forms.places import ABSENT, Place, dig


def with_old(
    component: Component, rows: list[Json], old: list[Json], settable: Callable[[Component], bool]
) -> Iterator[tuple[Json, Json]]:
    """Every row with the one it was: the one with the same values in the fields that nobody may change.

    No old row is taken twice. A row that does not say these values is the one of its number.
    """
    depth = len(component.path)
    locked = [(field, field.path[depth:]) for field in _fields(component) if not settable(field)]
    spare = [(_shown(locked, row), row) for row in old]
    for number, row in enumerate(rows):
        if all(dig(row, place) is ABSENT for _, place in locked):
            yield row, old[number] if number < len(old) else None
            continue
        said = _shown(locked, row)
        found = next((place for place, (shown, _) in enumerate(spare) if shown == said), None)
        yield row, None if found is None else spare.pop(found)[1]


def _fields(component: Component) -> Iterator[Component]:
    """The fields of one row that hold what a person filled in, without those of rows inside it."""
    for child in component.children:
        if child.is_input and child.type != "expression":
            yield child
        elif not child.repeats:
            yield from _fields(child)


def _shown(fields: Sequence[tuple[Component, Place]], row: Json) -> list[Json]:
    """What the form shows in some fields of a row; nothing is nothing, whatever its type."""
    return [_value(field, dig(row, place)) for field, place in fields]


def _value(component: Component, value: Json) -> Json:
    try:
        return (CLEANERS[component.type](component, value) or None) if value is not ABSENT else None
    except InputError:
        return None
