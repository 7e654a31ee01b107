"""What a request brings: the JSON body, filters, pages and orders. What is not understood is refused, never ignored."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import orjson
from flask import request

from engine.errors import PrasanError
from engine.external import LONGEST_LOCK

MOST = 1_000
MILLISECOND = timedelta(milliseconds=1)
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
# Names that change how an answer is presented, not what it holds.
PRESENTATION = frozenset(
    "firstResult maxResults sortBy sortOrder sorting deserializeValues deserializeValue variableNamesIgnoreCase "
    "variableValuesIgnoreCase withCommentAttachmentInfo".split()
)


class InvalidRequest(PrasanError):
    """The request cannot be carried out: {reason}."""

    status: ClassVar[int] = 400
    title: ClassVar[str] = "คำขอไม่ถูกต้อง"
    th: ClassVar[str] = "ระบบอ่านคำขอนี้ไม่ได้"


def body() -> dict[str, Any]:
    """The JSON object that was sent, empty for no body; raises `InvalidRequest`."""
    raw = request.get_data(cache=True)
    if not raw.strip():
        return {}
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError as fault:
        raise InvalidRequest(reason=f"the body is not JSON: {fault}") from None
    if not isinstance(found, dict) or (b"u0000" in raw and NUL.search(raw)):
        raise InvalidRequest(reason="the body must be a JSON object without NUL characters")
    return found


def text(given: Mapping[str, Any], name: str, longest: int = 200) -> str:
    """A text, empty where it is missing or null; raises `InvalidRequest`."""
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest:
        raise InvalidRequest(reason=f"{name} must be a text of at most {longest} characters")
    return value


def needed(given: Mapping[str, Any], name: str, longest: int = 200) -> str:
    """A text that must be there; raises `InvalidRequest`."""
    value = text(given, name, longest).strip()
    if not value:
        raise InvalidRequest(reason=f"{name} is missing")
    return value


def number(given: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    """A whole number between two bounds; raises `InvalidRequest`."""
    value = given.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InvalidRequest(reason=f"{name} must be a whole number from {least} to {most}")
    return value


def duration(given: Mapping[str, Any], name: str) -> timedelta:
    """Milliseconds, at least one and at most 7 days; raises `InvalidRequest`."""
    return number(given, name, 0, 1, int(LONGEST_LOCK / MILLISECOND)) * MILLISECOND or _missing(name)


def _missing(name: str) -> timedelta:
    raise InvalidRequest(reason=f"{name} is missing")


def texts(given: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A list of texts, or one text with commas as in an address; raises `InvalidRequest`."""
    value = given.get(name)
    if value is None:
        return ()
    found = value.split(",") if isinstance(value, str) else value
    if not isinstance(found, list) or len(found) > MOST or not all(isinstance(each, str) for each in found):
        raise InvalidRequest(reason=f"{name} must be a list of texts")
    return tuple(each.strip() for each in found)


def flag(given: Mapping[str, Any], name: str) -> bool:
    """True for `true`, of JSON or of an address."""
    return given.get(name) in (True, "true")


def record(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A JSON object, empty where it is missing or null; raises `InvalidRequest`."""
    value = given.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidRequest(reason=f"{name} must be an object")
    return value


def records(given: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """A list of JSON objects, empty where it is missing or null; raises `InvalidRequest`."""
    value = given.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MOST or not all(isinstance(each, dict) for each in value):
        raise InvalidRequest(reason=f"{name} must be a list of objects")
    return value


def filters(known: Collection[str]) -> dict[str, Any]:
    """What a query asks for, of the address and the body; raises `InvalidRequest` for a filter that we do not have."""
    sent = {**request.args.to_dict(), **(body() if request.method == "POST" else {})}
    found = {name: value for name, value in sent.items() if value not in (None, "", [], {})}
    unknown = sorted(found.keys() - known - PRESENTATION)
    if unknown:
        raise InvalidRequest(reason=f"no such filter: {', '.join(unknown)[:200]}")
    return {name: value for name, value in found.items() if name in known}


@dataclass(frozen=True)
class Page:
    """Which part of a list is wanted, and in which order; `by` is empty for the list's own order."""

    first: int
    most: int
    by: str
    down: bool


def page(orders: Collection[str] = ()) -> Page:
    """The page and the order asked for; raises `InvalidRequest` for an order that the list does not have."""
    by, down = _order()
    if by and by not in orders:
        raise InvalidRequest(reason=f"this list cannot be sorted by {by[:50]}")
    return Page(_argument("firstResult", 0, 10**9), _argument("maxResults", MOST, MOST), by, down)


def _order() -> tuple[str, bool]:
    sent = body() if request.method == "POST" else {}
    sorting = sent.get("sorting") or {}
    first = sorting[0] if isinstance(sorting, list) else sorting
    first = first if isinstance(first, dict) and first else request.args
    return str(first.get("sortBy") or ""), str(first.get("sortOrder") or "").lower() == "desc"


def _argument(name: str, default: int, most: int) -> int:
    value = request.args.get(name, "")
    if not value:
        return default
    if not (value.isascii() and value.isdecimal() and len(value) < 10):
        raise InvalidRequest(reason=f"{name} must be a whole number")
    return min(int(value), most)
