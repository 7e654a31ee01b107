"""Moments at which something can go wrong: for every command a case that stands just before it.

A scene prepares its case, and holds the act, run as a request or as a worker would run
it, and how often its effect has happened, which must be 0 or 1 whatever fails.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Row, update

from engine import cases, definitions, demo, invariants, jobs, project, tasks
from engine.context import Engine
from engine.database import Database
from engine.tables import groups
from engine.topics import Call, HandlerFailed, Topics
from tests.conftest import Office
from tests.faults.kill import command

LARGE = os.environ.get("PRASAN_FAULTS") == "large"
LINK = {"link_no": "L-2570-0001", "criterion": "CX3"}
SIGNED_FIRST = 2  # the worker's first transaction signs the row, the second does it
TABLES = (
    "cases tasks candidates participants drafts jobs incidents counters audit messages links link_history definitions"
).split()


@dataclass(frozen=True)
class Scene:
    """`act` is what may fail, in its transaction `nth`; `effects` counts how often it has happened.

    `mail` holds what the mail server got.
    """

    act: Callable[[Engine, Database], Any]
    effects: Callable[[], int]
    mail: Path | None = None
    nth: int = 1


def times(few: int, many: int) -> int:
    """How often: few in continuous integration, many before a release (PRASAN_FAULTS=large)."""
    return many if LARGE else few


def snapshot(office: Office) -> Mapping[str, list[Any]]:
    """Everything that a command could change, but not which worker signed a job last."""
    queries = {table: f"SELECT * FROM {table} ORDER BY 1, 2" for table in TABLES}  # noqa: S608 - fixed names
    queries["jobs"] = "SELECT id, kind, token, due_at, attempts, status, error FROM jobs ORDER BY 1"
    return {table: office.query(query) for table, query in queries.items()}


def problems(office: Office, case: str | None = None) -> list[str]:
    """Broken invariants, of one case or of all."""
    with office.database.read() as db:
        return invariants.check(office.context(db), case)


def count(office: Office, sql: str, **values: Any) -> int:
    """The one number of a query."""
    return int(office.query(sql, **values)[0][0])


def start(office: Office) -> Scene:
    it = office.person("it")
    before = count(office, "SELECT count(*) FROM cases")
    return Scene(
        command(lambda ctx: cases.start(ctx, "link_termination", it)),
        lambda: count(office, "SELECT count(*) FROM cases") - before,
    )


def complete(office: Office) -> Scene:
    case, it = office.start("link_termination", "it"), office.person("it")
    task = office.open(case)[0].id
    given = {**office._answers["link_termination_S1"], **LINK}
    done = "SELECT count(*) FROM audit WHERE case_id = :case AND tag = 'task:done'"
    return Scene(command(lambda ctx: tasks.complete(ctx, task, it, given)), lambda: count(office, done, case=case))


def complete_with_effects(office: Office) -> Scene:
    """A completion that moves the registry and tells people."""
    case = office.start("link_termination", "it")
    office.do(case, "S1", "it", **{**LINK, "link_no": new_link(office)})
    office.do(case, "S1_memo", "it")
    task, director = office.open(case)[0].id, office.person("it-director")
    given = {**office._answers["link_termination_S1_endorse"], "S1_decision": "approve"}
    moved = "SELECT count(*) FROM link_history WHERE case_id = :case"
    return Scene(
        command(lambda ctx: tasks.complete(ctx, task, director, given)), lambda: count(office, moved, case=case)
    )


def claim(office: Office) -> Scene:
    case, it = office.start("link_termination", "it"), office.person("it")
    task = office.open(case)[0].id
    claimed = "SELECT count(*) FROM audit WHERE case_id = :case AND tag = 'task:claim'"
    return Scene(command(lambda ctx: tasks.claim(ctx, task, it)), lambda: count(office, claimed, case=case))


def cancel(office: Office) -> Scene:
    case, admin = office.start("link_termination", "it"), office.person("admin")
    ended = "SELECT count(*) FROM audit WHERE case_id = :case AND tag = 'case:cancel'"
    return Scene(command(lambda ctx: cases.cancel(ctx, case, admin, "เปิดผิด")), lambda: count(office, ended, case=case))


def timer(office: Office) -> Scene:
    """Units were asked, one has answered, and the time is over."""
    case = asked_units(office)
    office.do(case, "S2", "owner", item="housing")
    office.clock.forward(days=40)
    fired = "SELECT count(*) FROM audit WHERE case_id = :case AND tag = 'timer:fired'"
    return Scene(jobs.run_due, lambda: count(office, fired, case=case), nth=SIGNED_FIRST)


def handler(office: Office) -> Scene:
    """A handler failed before and tries again now."""
    case = with_due_job(office)
    done = "SELECT count(*) FROM audit WHERE case_id = :case AND tag = 'handler:done'"
    return Scene(jobs.run_due, lambda: count(office, done, case=case), nth=SIGNED_FIRST)


def send(office: Office) -> Scene:
    """One notice is to leave the house; the mail server writes down what it is given."""
    office.engine = replace(office.engine, mail=True)
    with office.database.write() as db:
        db.execute(update(groups).where(groups.c.id == "finance").values(email="finance@example.org"))
    case = asked_units(office)
    file = office.engine.files.parent / f"mail-{case}"
    file.write_text("")

    def mail(message: Row[Any]) -> None:
        with file.open("a") as sent:
            sent.write(f"{message.id}\n")
            sent.flush()
            os.fsync(sent.fileno())

    sent = "SELECT count(*) FROM messages WHERE case_id = :case AND status = 'sent'"
    return Scene(
        lambda engine, database: jobs.run_due(engine, database, mail), lambda: count(office, sent, case=case), file
    )


def deploy(office: Office) -> Scene:
    file = "link-termination.bpmn"
    before = count(office, "SELECT count(*) FROM definitions")
    note = b"<!-- version %d --></bpmn:definitions>" % before
    changed = project.files()[file].replace(b"</bpmn:definitions>", note)
    return Scene(
        command(lambda ctx: definitions.deploy(ctx, {file: changed}, "it", "test")),
        lambda: count(office, "SELECT count(*) FROM definitions") - before,
    )


SCENES: Mapping[str, Callable[[Office], Scene]] = {
    scene.__name__: scene
    for scene in (start, complete, complete_with_effects, claim, cancel, timer, handler, send, deploy)
}


# --- cases that stand somewhere -----------------------------------------------------------------


def asked_units(office: Office) -> str:
    """A review whose units are asked for three weeks."""
    case = office.start("manual_review", "it")
    until = office.clock.now() + timedelta(days=22)
    office.do(case, "S1", "it", reply_by=until.date().isoformat())
    office.do(case, "S1_endorse", "it-director", S1_decision="approve")
    return case


def new_link(office: Office) -> str:
    """One more link that is live; returns its number."""
    with office.database.write() as db:
        demo._enter(office.context(db), demo.LINKS[0])
    return str(office.query("SELECT max(number) AS newest FROM links")[0].newest)


def with_due_job(office: Office, link: str = LINK["link_no"]) -> str:
    """A case whose handler has failed once and is due again."""
    sound = office.engine
    office.engine = replace(sound, topics=failing(sound.topics, "registry-read"))
    case = office.start("link_termination", "it")
    office.do(case, "S1", "it", **{**LINK, "link_no": link})
    office.engine = sound
    office.clock.forward(seconds=31)
    return case


def failing(real: Topics, *names: str) -> Topics:
    """The handlers, some of which always fail."""

    def run(_given: object, call: Call) -> object:
        raise HandlerFailed(element=call.element.name, reason="it is broken for this test")

    found = Topics()
    found._topics = {name: replace(topic, run=run) if name in names else topic for name, topic in real._topics.items()}
    return found


def go_on(office: Office, scene: Scene) -> None:
    """What the system does by itself after a restart; what has not happened then, a person does once more."""
    office.tick(minutes=3)  # a lease of the dead process runs out
    if scene.effects() == 0:
        scene.act(office.engine, office.database)
