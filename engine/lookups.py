"""Lists that forms offer and multi-instance tasks run over, taken from the database.

A form names one through `valuesKey`; its entries are `{"label", "value"}` as form-js
wants them. The names are part of the vocabulary that process owners may use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set

from engine import people, registry
from engine.context import Context

Option = dict[str, str]


def _units(ctx: Context) -> list[Option]:
    return [{"label": row.name, "value": row.id} for row in people.units(ctx.db)]


def _live_links(ctx: Context) -> list[Option]:
    rows = registry.cancellable(ctx.db)
    return [{"label": f"{row.number} · {row.partner} · {row.dataset}", "value": row.number} for row in rows]


LOOKUPS: Mapping[str, Callable[[Context], list[Option]]] = {"list_units": _units, "list_live_links": _live_links}


def fill(ctx: Context, wanted: Set[str]) -> dict[str, list[Option]]:
    """The lists among the wanted names."""
    return {name: LOOKUPS[name](ctx) for name in LOOKUPS.keys() & wanted}
