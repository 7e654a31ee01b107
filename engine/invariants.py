"""What must be true of the database at any moment, whatever failed before.

`check` compares the rows that people and workers see with the tokens, the audit trail
and the effects of the handlers. It reads every case, so it is for tests and for
operators after a disaster, not for a request.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select

from engine import audit, instances
from engine.audit import Tag
from engine.case import CANCELLED, DONE, RUNNING, SUSPENDED, evaluator
from engine.context import Context
from engine.library import Definition
from engine.tables import audit as audit_table
from engine.tables import candidates, cases, counters, incidents, jobs, link_history, links, messages, tasks
from engine.tokens import Tokens

REGISTRY = frozenset({"registry-propose", "registry-move", "registry-activate", "registry-end"})


@dataclass(frozen=True)
class _Facts:
    """One case with everything its rows say; `passed` counts how often each element was passed."""

    case: Row[Any]
    definition: Definition
    tokens: Tokens | None
    tasks: list[Row[Any]]
    jobs: list[Row[Any]]
    events: list[Row[Any]]
    passed: Counter[str]


def check(ctx: Context, case_id: str | None = None) -> list[str]:
    """Every broken invariant, of one case or of all, as `case number: sentence`; empty when all is well."""
    found = list(_across(ctx))
    query = select(cases.c.id, cases.c.number).order_by(cases.c.number)
    for row in ctx.db.execute(query.where(cases.c.id == case_id) if case_id else query).all():
        try:
            facts = _facts(ctx, row.id)
        except Exception as error:  # damage of any kind is what is looked for
            found.append(f"{row.number}: cannot be loaded ({type(error).__name__}: {error})")
            continue
        found += [f"{row.number}: {problem}" for rule in RULES for problem in rule(ctx, facts)]
    return found


def _facts(ctx: Context, case_id: str) -> _Facts:
    case = ctx.db.execute(select(cases).where(cases.c.id == case_id)).one()
    definition = ctx.engine.library.get(ctx.db, case.definition_id)
    alive = case.status in (RUNNING, SUSPENDED)
    tokens = Tokens.restore(definition.spec, case.state, evaluator(ctx), case.data) if alive else None
    events = list(ctx.db.execute(select(audit_table).where(audit_table.c.case_id == case_id)))
    passed = Counter(step for event in events for step in event.detail.get("path", ()))
    waiting = select(jobs).where(jobs.c.case_id == case_id, jobs.c.kind.in_(["topic", "timer"]))
    all_tasks = list(ctx.db.execute(select(tasks).where(tasks.c.case_id == case_id)))
    return _Facts(case, definition, tokens, all_tasks, list(ctx.db.execute(waiting)), events, passed)


# --- one case -----------------------------------------------------------------------------------


def _chain(ctx: Context, facts: _Facts) -> Iterator[str]:
    """The audit chain verifies and ends at the head."""
    broken = audit.verify(ctx.db, facts.case.id)
    if broken is not None:
        yield f"the audit chain breaks at {broken or 'the head'}"


def _open_tasks(_: Context, facts: _Facts) -> Iterator[str]:
    """Open tasks are exactly what the tokens wait for people at."""
    wanted = {t.id for t in facts.tokens.waiting if t.kind == "person"} if facts.tokens else set()
    have = Counter(task.token for task in facts.tasks if task.status == "open")
    if set(have) != wanted:
        yield f"open tasks of tokens {sorted(have)}, tokens {sorted(wanted)}"
    elements = facts.definition.diagram.elements
    for task in facts.tasks:
        if task.status == "open" and have[task.token] > 1 and elements[task.element].loop is None:
            yield f"task {task.element} is open twice"


def _listed(ctx: Context, facts: _Facts) -> Iterator[str]:
    """The worklist finds every open task for each of its candidates, and nothing else."""
    wanted = {(task.id, who) for task in facts.tasks if task.status == "open" for who in instances.asked(ctx, task)}
    mine = candidates.c.task_id.in_(select(tasks.c.id).where(tasks.c.case_id == facts.case.id))
    have = {(row.task_id, row.candidate) for row in ctx.db.execute(select(candidates).where(mine))}
    if have != wanted:
        yield f"the worklist differs by {sorted(have ^ wanted)}"


def _jobs(ctx: Context, facts: _Facts) -> Iterator[str]:
    """Jobs and timers are exactly what the tokens wait for otherwise."""
    waiting = {t.id: t for t in facts.tokens.waiting if t.kind != "person"} if facts.tokens else {}
    have = Counter(job.token for job in facts.jobs)
    if any(count > 1 for count in have.values()):
        yield "a token has two jobs"
    if lost := set(have) - set(waiting):
        yield f"jobs of tokens that are gone: {sorted(lost)}"
    elements = facts.definition.diagram.elements
    for token in waiting.values():
        needs = token.kind == "automatic" or elements[token.element].timer is not None
        if needs and token.id not in have and not _has_timer_incident(ctx, facts.case.id, token.element):
            yield f"{token.element} waits without a job"


def _has_timer_incident(ctx: Context, case_id: str, element: str) -> bool:
    """A timer whose time cannot be read waits for an operator instead."""
    raised = select(incidents.c.id).where(
        incidents.c.case_id == case_id, incidents.c.kind == "timer", incidents.c.element == element
    )
    return ctx.db.execute(raised.limit(1)).first() is not None


def _status(_: Context, facts: _Facts) -> Iterator[str]:
    """A case is done when its tokens are finished, and only then; its end is audited once."""
    status, ends = facts.case.status, sum(event.tag == Tag.CASE_END for event in facts.events)
    if facts.tokens and facts.tokens.finished:
        yield "the tokens are finished but the case runs"
    if ends != (status == DONE):
        yield f"the case is {status} and its end was recorded {ends} times"
    if (facts.case.ended_at is not None) != (status in (DONE, CANCELLED)):
        yield f"the case is {status} and ended at {facts.case.ended_at}"


def _registry(ctx: Context, facts: _Facts) -> Iterator[str]:
    """Every automatic step that writes to the registry has done so once each time it was passed."""
    elements = facts.definition.diagram.elements.values()
    passed = sum(facts.passed[element.id] for element in elements if element.topic in REGISTRY)
    written = select(func.count()).select_from(link_history).where(link_history.c.case_id == facts.case.id)
    if (count := ctx.db.execute(written).scalar_one()) != passed:
        yield f"{count} entries in the registry for {passed} steps"


def _messages(ctx: Context, facts: _Facts) -> Iterator[str]:
    """Everybody was told once each time the step was passed."""
    m = messages.c
    query = select(m.element, m.role, m.candidate, m.recipient, func.count().label("times"))
    query = query.where(m.case_id == facts.case.id).group_by(m.element, m.role, m.candidate, m.recipient)
    for row in ctx.db.execute(query):
        if row.element is not None and row.times > facts.passed[row.element]:
            yield f"{row.recipient} was told {row.times} times, {row.element} passed {facts.passed[row.element]} times"


def _done_tasks(_: Context, facts: _Facts) -> Iterator[str]:
    """Every completed task is in the audit trail once, and nothing else is."""
    done = Counter(task.id for task in facts.tasks if task.status == "done")
    recorded = Counter(event.detail.get("task") for event in facts.events if event.tag == Tag.TASK_DONE)
    if done != recorded:
        yield f"{done.total()} tasks are done, {recorded.total()} completions are recorded"


RULES: tuple[Callable[[Context, _Facts], Iterator[str]], ...] = (
    _chain,
    _open_tasks,
    _listed,
    _jobs,
    _status,
    _registry,
    _messages,
    _done_tasks,
)


# --- all cases ----------------------------------------------------------------------------------


def _across(ctx: Context) -> Iterator[str]:
    """One live version per process, every link's state is its history's last, no number was lost or given twice."""
    yield from _link_states(ctx)
    numbers = Counter(number.rpartition("-")[0] for number in ctx.db.execute(select(cases.c.number)).scalars())
    for counter in ctx.db.execute(select(counters)):
        if counter.name in numbers and counter.value != numbers[counter.name]:
            yield f"counter {counter.name} stands at {counter.value} for {numbers[counter.name]} cases"


def _link_states(ctx: Context) -> Iterator[str]:
    after: dict[str, list[str]] = {}
    for row in ctx.db.execute(select(link_history).order_by(link_history.c.at)):
        after.setdefault(row.link_id, []).append(row.after)
    for link in ctx.db.execute(select(links)):
        if link.id in after and link.state not in after[link.id]:
            yield f"link {link.number} is {link.state} without an entry in its history"
