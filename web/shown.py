"""How values are shown in Thai pages: dates of the Buddhist era, due times, names of states and roles."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Flask, get_flashed_messages, request, url_for

from engine import calendar
from engine.calendar import BANGKOK, WorkCalendar
from engine.documents import CLASSES
from engine.manual import manual
from engine.registry import STATE_NAMES
from forms.dates import thai_date, thai_date_short, thai_datetime
from web.events import sentence
from web.menu import fixed_url, menu
from web.request import site

SOON_DAYS = 1
STRAY_DOT = re.compile(r"(?<=[ก-๛]{8})\.$")  # a print error of the manual; ทส. keeps its dot
FILTERS = frozenset({"scope", "q", "process", "status", "state", "direction", "page"})
FARTHEST_COUNTED = 100
CASE_STATES = {"running": "กำลังดำเนินการ", "suspended": "พักไว้", "done": "เสร็จสิ้น", "cancelled": "ยกเลิกแล้ว"}
CASE_BADGES = {"running": "now", "suspended": "wait", "done": "ok", "cancelled": "stop"}
LINK_BADGES = {
    "live": "ok", "suspended": "wait", "notice": "wait", "ended": "", "failed": "stop", "refused": "stop",
}  # fmt: skip
MESSAGE_STATES = {"recorded": "บันทึกไว้", "queued": "รอส่ง", "sent": "ส่งแล้ว", "failed": "ส่งไม่สำเร็จ"}
MESSAGE_BADGES = {"recorded": "", "queued": "wait", "sent": "ok", "failed": "stop"}
DIRECTIONS = {"outbound": "กคช. ขอใช้ข้อมูล", "inbound": "กคช. ให้ใช้ข้อมูล"}
ENDING_DAYS = 60
INCIDENT_KINDS = {
    "handler": "งานอัตโนมัติขัดข้อง",
    "topic": "งานอัตโนมัติขัดข้อง",
    "timer": "ตั้งเวลาไม่ได้",
    "send": "ส่งข้อความไม่สำเร็จ",
    "nobody": "ไม่มีผู้รับผิดชอบงาน",
    "stuck": "เรื่องเดินต่อไม่ได้",
}


@dataclass(frozen=True)
class Due:
    """How a due time stands: `kind` is late, soon or ok."""

    kind: str
    text: str


def day(value: date | str | None) -> str:
    """`15 สิงหาคม 2567` of a date or ISO text; an em dash for none."""
    if isinstance(value, str):
        value = date.fromisoformat(value[:10])
    return thai_date(value) if value else "–"


def short_day(moment: datetime | date | None) -> str:
    """`15 ส.ค. 67`."""
    local = moment.astimezone(BANGKOK).date() if isinstance(moment, datetime) else moment
    return thai_date_short(local) if local else "–"


def moment(value: datetime | None) -> str:
    """`15 ส.ค. 2567 14:05 น.` in Bangkok."""
    return thai_datetime(value) if value else "–"


def due(value: datetime, now: datetime | None = None) -> Due:
    """Late, soon (today or the next day), or how many working days are left."""
    now = now or site().engine.clock.now()
    last, today = value.astimezone(BANGKOK).date(), now.astimezone(BANGKOK).date()
    left = (last - today).days
    if value < now:
        return Due("late", f"เกินกำหนด {-left} วัน" if left else "เลยกำหนดวันนี้")
    if left <= SOON_DAYS:
        return Due("soon", "ครบกำหนดพรุ่งนี้" if left else "ครบกำหนดวันนี้")
    if left > FARTHEST_COUNTED:
        return Due("ok", f"เหลือ {left} วัน")
    return Due("ok", f"เหลือ {_working_days(site().engine.calendar, today, last)} วันทำการ")


def term(last: date) -> str:
    """How the end of an agreement stands: late, soon (within 60 days) or ok."""
    days = (last - calendar.today(site().engine.clock)).days
    return "late" if days < 0 else "soon" if days <= ENDING_DAYS else "ok"


@functools.lru_cache(256)  # the tasks of a list are due on few different days
def _working_days(office: WorkCalendar, today: date, last: date) -> int:
    """Working days after today until the last day."""
    return sum(office.is_working(today + timedelta(days=number)) for number in range(1, (last - today).days + 1))


def since(value: datetime, now: datetime) -> str:
    """How long something has waited: today at a time, yesterday, or days."""
    local = value.astimezone(BANGKOK)
    days = (now.astimezone(BANGKOK).date() - local.date()).days
    if days <= 0:
        return f"วันนี้ {local.hour:02}:{local.minute:02} น."
    return "เมื่อวาน" if days == 1 else f"{days} วันก่อน"


def thai_lines(text: str) -> list[str]:
    """The Thai lines of a documentation that is written in Thai and English."""
    return [line.strip() for line in text.splitlines() if any("ก" <= letter <= "๛" for letter in line)]


def truncate(text: str, length: int) -> str:
    """The beginning of a long text; Thai is cut between letters, no vowel or tone mark left without its own."""
    if len(text) <= length:
        return text
    cut = length - 1
    while cut and unicodedata.category(text[cut]) == "Mn":
        cut -= 1
    return text[:cut].rstrip("เแโใไ ") + "…"


def role(key: str | None) -> str:
    """A role as the manual's RACI table prints it."""
    known = manual().roles.get(key or "")
    return STRAY_DOT.sub("", known.th) if known else key or ""


def doers(candidates: Iterable[str], groups: Mapping[str, str]) -> str:
    """Candidates in words: the groups' names, heads named as such."""
    parts = (candidate.partition("/") for candidate in candidates)
    return ", ".join(f"หัวหน้า{groups.get(key, key)}" if head else groups.get(key, key) for key, _, head in parts)


def size(value: int) -> str:
    """A file size in KB or MB."""
    return f"{value / 1_048_576:.1f} MB" if value >= 1_048_576 else f"{max(1, round(value / 1024))} KB"


def section(number: str) -> str:
    """Section of the manual a case number begins with: 6.3."""
    return number.partition("-")[0] if "-" in number else ""


def ending(key: str) -> str:
    """A cancellation criterion of the manual's section 7.2 in its words."""
    return next((f"{each.th} ({key})" for each in manual().endings if each.id == key), key)


def here(**changed: str | int | None) -> str:
    """This page with other query arguments; None leaves one out."""
    kept = {name: value for name, value in request.args.items() if name in FILTERS}
    arguments = {**kept, **(request.view_args or {}), **changed}
    return url_for(request.endpoint or "work.worklist", **arguments)


def register(app: Flask) -> None:
    """Give every template the filters and tables above."""
    filters = (day, short_day, moment, due, since, thai_lines, role, doers, size, section, sentence, ending, term)
    app.jinja_env.filters.update({each.__name__: each for each in (*filters, truncate)})
    app.jinja_env.globals.update(
        CASE_STATES=CASE_STATES,
        CASE_BADGES=CASE_BADGES,
        LINK_STATES={str(k): v for k, v in STATE_NAMES.items()},
        LINK_BADGES=LINK_BADGES,
        MESSAGE_STATES=MESSAGE_STATES,
        MESSAGE_BADGES=MESSAGE_BADGES,
        DIRECTIONS=DIRECTIONS,
        INCIDENT_KINDS=INCIDENT_KINDS,
        CLASSES=CLASSES,
        flashed=get_flashed_messages,
        here=here,
        menu=menu,
        fixed_url=fixed_url,
        settings=app.extensions["prasan"].settings,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
