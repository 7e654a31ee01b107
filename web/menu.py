"""The menu: the pages this person may open, which of them this is, how much waits there."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from flask import g, request, url_for

from engine.people import Person


class Entry(NamedTuple):
    """One page; `current` is `page` on it, `true` below it, else empty."""

    url: str
    words: str
    current: str
    waiting: int


EVERYBODY, OPERATORS = None, frozenset[str]()
PAGES = (  # where, in words, for whom: everybody, or operators and these candidates
    ("work.worklist", "งานของฉัน", EVERYBODY),
    ("work.start", "เริ่มเรื่องใหม่", EVERYBODY),
    ("case.index", "เรื่องทั้งหมด", EVERYBODY),
    ("links.index", "ทะเบียน", EVERYBODY),
    ("notices.index", "แจ้งเพื่อทราบ", EVERYBODY),
    ("notices.outbox", "ข้อความที่แจ้งออก", frozenset({"it_dept"})),
    ("studio.index", "สตูดิโอ", frozenset({"process_owners"})),
    ("site.troubles", "ปัญหา", OPERATORS),
    ("tokens.index", "รหัสโปรแกรม", frozenset({"process_owners", "workers"})),
    ("site.guide", "วิธีใช้", EVERYBODY),
)


def menu() -> list[Entry]:
    """The menu on this page."""
    person, here, counts = g.person, request.endpoint, {"notices.index": g.unread, "site.troubles": g.trouble}
    below = "studio.index" if request.blueprint == "studio" else None
    return [
        Entry(fixed_url(endpoint), words, _current(endpoint, here, below), counts.get(endpoint, 0))
        for endpoint, words, whose in PAGES
        if _may_open(person, whose)
    ]


def _may_open(person: Person, whose: frozenset[str] | None) -> bool:
    return whose is EVERYBODY or person.operator or person.stands_in(whose)


def _current(endpoint: str, here: str | None, below: str | None) -> str:
    return "page" if endpoint == here else "true" if endpoint == below else ""


def fixed_url(endpoint: str, **given: Any) -> str:
    """The address of a page or file that many pages link to; built once, for building it costs more than the link."""
    return _fixed_url(request.script_root, endpoint, **given)


@functools.lru_cache(100)
def _fixed_url(_root: str, endpoint: str, **given: Any) -> str:
    return url_for(endpoint, **given)
