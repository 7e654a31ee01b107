"""What may be written into case data from outside: usable names, none of the system's own, values that can be kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from engine.errors import VariableRefused

NAME = re.compile(r"[A-Za-z_\u0e00-\u0e7f][A-Za-z0-9_\u0e00-\u0e7f]{0,99}")
RESERVED = frozenset("starter starter_unit fiscal_year case_number loopCounter".split())
RESERVED_STARTS = ("list_", "all_", "nrOf")


def accept(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as case data; raises `VariableRefused` for the first that cannot be written."""
    for name, value in values.items():
        if not NAME.fullmatch(name):
            raise VariableRefused(name=name[:100], reason="not a name", reason_th="ชื่อใช้ไม่ได้")
        if name in RESERVED or name.startswith(RESERVED_STARTS):
            raise VariableRefused(name=name, reason="the system writes it", reason_th="ระบบเป็นผู้กำหนดค่านี้เอง")
        if not _storable(value):
            raise VariableRefused(name=name, reason="its value cannot be kept", reason_th="ค่านี้เก็บไม่ได้")
    return dict(values)


def _storable(value: Any) -> bool:
    try:
        orjson.dumps(value)
    except (TypeError, ValueError):
        return False
    return True
