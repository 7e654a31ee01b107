"""The printed manual ISMS-PCD-ITD-017 as data: steps, RACI, communication plan, criteria.

Reads manual/specification.json and manual/roles.json once. Nothing here is invented:
the faults of the printed tables stay in (specification section 13).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

FOLDER = Path(__file__).parent.parent / "manual"


@dataclass(frozen=True)
class Step:
    """One of the 23 printed steps."""

    id: str
    th: str
    en: str


@dataclass(frozen=True)
class PlanRow:
    """One of the 15 rows of the communication plans; ids run 6.1-C1, 6.1-C2 … in print order."""

    id: str
    stakeholder: str
    message: str
    channel: str
    sender: str


@dataclass(frozen=True)
class Criterion:
    """One item of 7.1 (with its weight in per cent) or one criterion of 7.2 (weight 0)."""

    id: str
    th: str
    aspect: str = ""
    weight: int = 0


@dataclass(frozen=True)
class Role:
    """Who stands in a lane. `kind` is standing, unit, every_unit, outside or told."""

    id: str
    th: str
    kind: str
    group: str | None = None
    variable: str | None = None
    heads: bool = False


@dataclass(frozen=True)
class Manual:
    """The whole manual."""

    steps: Mapping[str, Step]
    raci: Mapping[str, Mapping[str, frozenset[str]]]
    columns: Mapping[str, tuple[str, ...]]  # roles of the printed RACI tables by process, from left to right
    plan: Mapping[str, PlanRow]
    score_items: tuple[Criterion, ...]
    pass_mark: int
    endings: tuple[Criterion, ...]
    roles: Mapping[str, Role]


@functools.cache
def manual() -> Manual:
    """The manual, read once."""
    data = orjson.loads((FOLDER / "specification.json").read_bytes())
    processes = data["processes"]
    selection = data["partner_selection"]
    return Manual(
        steps={s["id"]: Step(s["id"], s["th"], s["en"]) for p in processes.values() for s in p["steps"]},
        raci={step: cells for p in processes.values() for step, cells in _raci(p["raci"]).items()},
        columns={number: tuple(column["id"] for column in p["raci"]["columns"]) for number, p in processes.items()},
        plan={row.id: row for number, p in processes.items() for row in _plan(number, p["communication"])},
        score_items=tuple(_item(i, aspect) for aspect in selection["aspects"] for i in aspect["items"]),
        pass_mark=selection["pass_mark"],
        endings=tuple(Criterion(c["id"], c["th"]) for c in data["cancellation_criteria"]),
        roles=_roles(),
    )


def _raci(table: dict[str, Any]) -> dict[str, dict[str, frozenset[str]]]:
    """Per step: role id -> letters, for the cells that hold any."""
    return {
        row["step"]: {role: frozenset(letters) for role, letters in row["cells"].items() if letters}
        for row in table["rows"]
    }


def _plan(number: str, rows: list[dict[str, Any]]) -> list[PlanRow]:
    return [
        PlanRow(f"{number}-C{i}", r["stakeholder_th"], r["message_th"], r["channel_th"], r["sender_th"])
        for i, r in enumerate(rows, 1)
    ]


def _item(item: dict[str, Any], aspect: dict[str, Any]) -> Criterion:
    return Criterion(item["id"], item["th"], aspect["id"], item["weight"])


def _roles() -> dict[str, Role]:
    data = orjson.loads((FOLDER / "roles.json").read_bytes())
    return {
        key: Role(key, r["th"], r["kind"], r.get("group"), r.get("variable"), r.get("who") == "heads")
        for key, r in data.items()
    }
