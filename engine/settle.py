"""After every act: move tokens on, do the automatic steps, write down what now waits.

Tasks for people, timers and jobs are rows; this module makes the rows equal to the
tokens. A handler runs in a savepoint; if it fails the case stands where it was, with a
job that tries again.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, insert, select

from engine import case as cases
from engine import inbox, incidents, instances, topics
from engine.audit import Tag
from engine.calendar import Cycle, Duration, moment_of
from engine.case import Case, text_value
from engine.context import Context
from engine.diagram import Element, Timer
from engine.errors import EngineFault
from engine.tables import jobs, tasks
from engine.tables.base import new_id
from engine.tokens import Token

_TIMERS = select(jobs.c.token).where(jobs.c.case_id == bindparam("case"), jobs.c.kind == "timer")
RETRY_AFTER = (timedelta(seconds=30), timedelta(minutes=5), timedelta(hours=1))


class Act(NamedTuple):
    """What made the case move: recorded in the audit trail with the path the tokens took."""

    tag: Tag
    person: str
    element: str | None = None
    detail: Mapping[str, Any] = MappingProxyType({})


def settle(ctx: Context, case: Case, act: Act) -> None:
    """Run a case to its next waits, record the act, and store everything."""
    _run_automatic(ctx, case, act.person)
    case.log(ctx, act.tag, act.person, {**act.detail, "path": path(case)}, act.element)
    if case.tokens.finished:
        _finish(ctx, case, act.person)
    elif not case.tokens.waiting:
        incidents.raise_for_case(ctx, case.id, "stuck", "the case has no work left and has not ended")
    _match_rows(ctx, case)
    case.title = _title(ctx, case)
    cases.store(ctx, case)


def path(case: Case) -> list[str]:
    """Ids of the elements and flows passed in this command, in order."""
    steps = case.definition.diagram.steps
    return [steps[passed] for passed in case.tokens.passed if passed in steps]


# --- automatic steps -------------------------------------------------------------------------


def _run_automatic(ctx: Context, case: Case, person: str) -> None:
    tried: set[str] = set()
    while True:
        if inbox.take_early(ctx, case):
            continue
        todo = (t for t in case.tokens.waiting if t.kind == "automatic" and t.id not in tried)
        token = next((t for t in todo if t.id not in case.rows), None)
        if token is None:
            return
        tried.add(token.id)
        attempt(ctx, case, token, person)


def attempt(ctx: Context, case: Case, token: Token, person: str) -> bool:
    """Do one automatic step now, or leave a job that will; True when it is done."""
    element = case.definition.diagram.elements[token.element]
    served = ctx.engine.topics.get(element.topic or "")
    later = element.attributes.get("asyncBefore") == "true" or (element.kind != "businessRuleTask" and served is None)
    if later:
        add_job(ctx, case, token, element, attempts=0, due=ctx.now)
        return False
    result, savepoint = None, ctx.db.begin_nested()
    try:
        with savepoint:
            result = perform(ctx, case, element, person)
    except Exception as error:  # a handler may raise anything; the person's work is kept
        if result is not None:  # the savepoint broke, not the handler: what it wrote would stay
            raise
        _fail_first(ctx, case, token, element, error, person)
        return False
    case.data.update(result)
    case.tokens.complete(token.id)
    return True


def perform(ctx: Context, case: Case, element: Element, person: str) -> dict[str, Any]:
    """The result of a decision table or handler as case data."""
    if element.kind == "businessRuleTask":
        return _decide(ctx, case, element)
    topic = ctx.engine.topics.get(element.topic or "")
    if topic is None:
        raise EngineFault(reason=f"no handler serves {element.topic}")
    given = {name: text_value(ctx, text, case.data) for name, text in element.inputs.items()}
    call = topics.Call(
        ctx, case.id, case.number, case.process, case.title, case.definition.diagram, element, case.data, person
    )
    result = topics.perform(topic, given, call)
    case.number = str(result.get("case_number", case.number))
    return map_outputs(ctx, case, element, result)


def map_outputs(ctx: Context, case: Case, element: Element, result: Mapping[str, Any]) -> dict[str, Any]:
    """Declared output parameters choose and rename; without them everything is kept."""
    if not element.outputs:
        return dict(result)
    scope = {**case.data, **result}
    return {name: text_value(ctx, text, scope) for name, text in element.outputs.items()}


def _decide(ctx: Context, case: Case, element: Element) -> dict[str, Any]:
    decision = case.definition.decisions[element.attributes["decisionRef"]]
    result = decision.evaluate(case.data, ctx.now)
    if element.attributes.get("mapDecisionResult") == "singleEntry" and isinstance(result, dict):
        result = next(iter(result.values()), None)
    return {element.attributes["resultVariable"]: result}


def add_job(
    ctx: Context, case: Case, token: Token, element: Element, attempts: int, due: datetime, error: str | None = None
) -> str:
    """Write down that a step waits for the worker or for an outside worker."""
    key = new_id()
    ctx.db.execute(
        insert(jobs),
        {
            "id": key,
            "case_id": case.id,
            "kind": "topic",
            "token": token.id,
            "element": element.id,
            "topic": element.topic,
            "due_at": due,
            "priority": 0,
            "attempts": attempts,
            "status": "due",
            "error": error,
        },
    )
    return key


def _fail_first(ctx: Context, case: Case, token: Token, element: Element, error: Exception, person: str) -> None:
    detail = "".join(traceback.format_exception(error))[-4_000:]
    key = add_job(ctx, case, token, element, 1, ctx.now + RETRY_AFTER[0], detail)
    case.log(ctx, Tag.HANDLER_FAILED, person, {"job": key, "attempt": 1, "error": type(error).__name__}, element.id)
    incidents.raise_for_job(ctx, case.id, key, element.id, "handler", f"{type(error).__name__}: {error}")


# --- the rows of what waits ------------------------------------------------------------------


def _match_rows(ctx: Context, case: Case) -> None:
    """Withdraw the rows of tokens that are gone, write those of tokens that have come."""
    now = {token.id: token for token in case.tokens.waiting}
    gone = [token for key, token in case.rows.items() if key not in now]
    fresh = [token for key, token in now.items() if key not in case.rows]
    if gone:
        _withdraw(ctx, case, gone)
    instances.open_all(ctx, case, [token for token in fresh if token.kind == "person"])
    for token in _untimed(ctx, case):
        _add_timer(ctx, case, token, again=token.id in case.rows)
    case.rows = now


def _untimed(ctx: Context, case: Case) -> list[Token]:
    """Tokens at a timer that no job will fire: new ones, and those whose time could not be read before."""
    elements = case.definition.diagram.elements
    timed = [token for token in case.tokens.waiting if token.kind == "event" and elements[token.element].timer]
    if not timed:
        return []
    have = set(ctx.db.execute(_TIMERS, {"case": case.id}).scalars())
    return [token for token in timed if token.id not in have]


def _withdraw(ctx: Context, case: Case, gone: list[Token]) -> None:
    people = {token.id for token in gone if token.kind == "person"}
    if people:
        instances.withdraw(ctx, (tasks.c.case_id == case.id) & tasks.c.token.in_(people))
    others = {token.id for token in gone} - people
    if others:
        incidents.resolve_for_tokens(ctx, case.id, others)
        ctx.db.execute(delete(jobs).where(jobs.c.case_id == case.id, jobs.c.token.in_(others)))


def _add_timer(ctx: Context, case: Case, token: Token, *, again: bool) -> None:
    element = case.definition.diagram.elements[token.element]
    if element.timer is None:
        return
    try:
        due, detail = timer_due(ctx, case.data, element.timer)
    except ValueError as error:
        if not again:
            incidents.raise_for_case(ctx, case.id, "timer", f"{element.id}: {error}", element.id)
        return
    if again:
        incidents.resolve_for_element(ctx, case.id, "timer", element.id)
    ctx.db.execute(
        insert(jobs),
        {
            "id": new_id(),
            "case_id": case.id,
            "kind": "timer",
            "token": token.id,
            "element": element.id,
            "due_at": due,
            "priority": 5,
            "attempts": 0,
            "status": "due",
            "detail": detail,
        },
    )


def timer_due(ctx: Context, data: Mapping[str, Any], timer: Timer) -> tuple[datetime, dict[str, Any] | None]:
    """When a timer fires first, and for a cycle what is left of it; raises ValueError."""
    value = str(text_value(ctx, timer.text, data) or "")
    if timer.kind == "cycle":
        cycle = Cycle.parse(value)
        if cycle.too_often or cycle.endless:
            raise ValueError(f"{value!r} repeats too often, or without an end")
        left = None if cycle.times is None else cycle.times - 1
        return cycle.every.after(ctx.now), {"cycle": value, "left": left}
    return (Duration.parse(value).after(ctx.now) if timer.kind == "duration" else moment_of(value)), None


# --- the end --------------------------------------------------------------------------------------


def _finish(ctx: Context, case: Case, person: str) -> None:
    elements = case.definition.diagram.elements
    ends = [step for step in case.tokens.passed if step in elements and elements[step].kind == "endEvent"]
    case.status, case.outcome = cases.DONE, ends[-1] if ends else None
    case.log(ctx, Tag.CASE_END, person, {"end": case.outcome}, case.outcome)


def _title(ctx: Context, case: Case) -> str:
    text = case.definition.diagram.properties.get("case.title", "")
    value = text_value(ctx, text if text.startswith(("${", "=")) else f"={text}", case.data) if text else None
    return str(value or "")[:500]
