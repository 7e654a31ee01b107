"""Case data as Camunda's typed variables, and back; moments and ids as Camunda writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from engine import variables
from engine.calendar import BANGKOK
from web.engine_rest.given import InvalidRequest

INTEGER = range(-(2**31), 2**31)
LONG = range(-(2**63), 2**63)
WHOLE = ("integer", "long", "short")
UNREADABLE = ("bytes", "file", "xml")


def moment(value: datetime | None) -> str | None:
    """`2026-11-23T09:05:14.242+0700`, the only form that Camunda's clients read."""
    if value is None:
        return None
    local = value.astimezone(BANGKOK)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03}{local:%z}"


def typed(value: Any) -> dict[str, Any]:
    """One value with its type, as a variable."""
    kind, shown = _typed(value)
    return {"type": kind, "value": shown, "valueInfo": {}}


def _typed(value: Any) -> tuple[str, Any]:
    if value is None:
        return "Null", None
    if isinstance(value, bool):
        return "Boolean", value
    if isinstance(value, int):
        return "Integer" if value in INTEGER else "Long", value
    if isinstance(value, float):
        return "Double", value
    if isinstance(value, str):
        return "String", value
    return "Json", orjson.dumps(value).decode()


def typed_all(data: Mapping[str, Any]) -> dict[str, Any]:
    """Every value with its type."""
    return {name: typed(value) for name, value in data.items()}


def plain_all(given: Mapping[str, Any]) -> dict[str, Any]:
    """Variables as sent by a client as case data; raises `InvalidRequest` or `VariableRefused`."""
    return variables.accept({name: plain(name, each) for name, each in given.items()})


def plain(name: str, sent: Any) -> Any:
    """One variable as a plain value; raises `InvalidRequest`."""
    if not isinstance(sent, dict):
        raise InvalidRequest(reason=f"the variable {name[:100]} must be an object with value and type")
    kind, value = str(sent.get("type") or "").lower(), sent.get("value")
    if value is None or kind == "null":
        return None
    if kind in UNREADABLE:
        raise InvalidRequest(reason=f"the variable {name[:100]}: files are attached to a case on its page")
    try:
        return _converted(kind, value)
    except (ValueError, TypeError, OverflowError) as fault:
        raise InvalidRequest(reason=f"the variable {name[:100]} is no {kind}: {fault}") from None


def _converted(kind: str, value: Any) -> Any:
    if kind in WHOLE:
        return _whole(value)
    if kind == "double":
        return float(value)
    if kind == "boolean":
        return _boolean(value)
    if kind == "date":
        return day_or_moment(str(value))
    if kind in ("json", "object") and isinstance(value, str):
        return orjson.loads(value)
    if kind == "string" and not isinstance(value, str):
        return str(value)
    return _whole(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _whole(value: Any) -> int:
    number = int(value)
    if number not in LONG or (isinstance(value, float) and not value.is_integer()):
        raise ValueError("not a whole number of 64 bits")
    return number


def _boolean(value: Any) -> bool:
    if value in (True, "true"):
        return True
    if value in (False, "false"):
        return False
    raise ValueError("neither true nor false")


def day_or_moment(text: str) -> str:
    """A date of Camunda as ours: `2026-11-23` for midnight in Bangkok, else with time and zone; raises ValueError."""
    found = datetime.fromisoformat(text)
    local = (found if found.tzinfo else found.replace(tzinfo=BANGKOK)).astimezone(BANGKOK)
    midnight = (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)
    return local.date().isoformat() if midnight else local.isoformat(timespec="milliseconds")


def milliseconds(since: datetime, until: datetime | None) -> int | None:
    """How long something took."""
    return None if until is None else int((until.astimezone(UTC) - since.astimezone(UTC)).total_seconds() * 1000)


def definition_id(process: str, version: int, key: str) -> str:
    """The id of a version as Camunda writes it; any id of ours ends it."""
    return f"{process}:{version}:{key}"


def own_id(key: str) -> str:
    """Our id in an id of Camunda's: the last part of a version's id, a UUID without its dashes."""
    return key.rpartition(":")[2].replace("-", "").lower()[:32]
