"""Topic notify: the I letters of a step and the named rows of the communication plan.

Every role printed as I on the step is told; a plan row adds its message and channel as
the manual prints them. Texts are Thai sentences with values put in, never templates.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.topics import Call, HandlerFailed, Notice, PlanRow, Topics


@dataclass(frozen=True)
class Wanted:
    """`step` of the manual (6.1-S1 …) and `rows` of its communication plan (6.1-C1, …)."""

    step: str
    rows: str = ""


@dataclass(frozen=True)
class Told:
    """Nothing is added to the case: what was told stands in the outbox."""


def notify(given: Wanted, call: Call) -> Told:
    """Tell everyone the manual wants informed when this step ends."""
    step = call.manual.steps.get(given.step)
    drawn = call.diagram.step(given.step)
    if step is None or drawn is None:
        raise HandlerFailed(element=call.element.name, reason=f"{given.step} is no step of this diagram")
    rows = [call.manual.plan[key.strip()] for key in given.rows.split(",") if key.strip() in call.manual.plan]
    notice = Notice(_subject(call, step.th), _body(call, step.th, rows), given.step, _keys(rows), _channels(rows))
    call.notify(notice, drawn.roles("informed"))
    return Told()


def _subject(call: Call, step: str) -> str:
    return f"[{call.case_number}] เพื่อทราบ: {step}"[:300]


def _body(call: Call, step: str, rows: list[PlanRow]) -> str:
    about = f"เรื่อง {call.title}\n" if call.title else ""
    messages = "".join(f"- {row.message} (ช่องทาง: {row.channel})\n" for row in rows)
    return f"เรื่องเลขที่ {call.case_number}\n{about}ขั้นตอน “{step}” ดำเนินการแล้ว\n{messages}จึงแจ้งมาเพื่อโปรดทราบ"


def _keys(rows: list[PlanRow]) -> str | None:
    return ",".join(row.id for row in rows) or None


def _channels(rows: list[PlanRow]) -> str:
    return ", ".join(dict.fromkeys(row.channel for row in rows))[:200]


def register(topics: Topics) -> None:
    """Serve notify."""
    topics.add("notify", "แจ้งผู้เกี่ยวข้องเพื่อทราบ (I) และตามแผนการสื่อสาร", Wanted, Told, notify)
