"""The command line."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import select, update

from engine import polling, project, watchdog, worker
from engine.tables import audit, definitions, jobs
from tests.web.conftest import Actor, House
from web.server import Server

DIAGRAM = project.FOLDER / "bpmn" / "external-link.bpmn"
Run = Callable[..., Result]


@pytest.fixture
def run(house: House) -> Run:
    """Runs `flask --app app` with arguments."""
    return lambda *arguments: house.app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])


def test_check_finds_nothing_in_the_project_s_own_diagrams(run: Run) -> None:
    result = run("check", DIAGRAM)
    assert "0 errors" in result.output
    assert result.exit_code == 0


def test_check_names_every_problem_with_its_line(run: Run, tmp_path: Path) -> None:
    broken = tmp_path / "external-link.bpmn"
    broken.write_text(DIAGRAM.read_text().replace('camunda:topic="score-partner"', 'camunda:topic="score-nobody"'))
    result = run("check", broken)
    assert result.exit_code == 1
    assert "external-link.bpmn:" in result.output
    assert "score-nobody" in result.output
    refused = run("deploy", broken)
    assert refused.exit_code == 1
    assert "score-nobody" in refused.output


def test_deploy_makes_a_new_version(run: Run, house: House, tmp_path: Path) -> None:
    assert "external_link version 1" in run("deploy", DIAGRAM).output
    changed = tmp_path / "external-link.bpmn"
    changed.write_text(DIAGRAM.read_text().replace("</bpmn:definitions>", "<!-- changed --></bpmn:definitions>"))
    assert "external_link version 2" in run("deploy", changed).output
    live = select(definitions.c.version).where(definitions.c.process == "external_link", definitions.c.live)
    assert house.reads(lambda ctx: ctx.db.execute(live).scalar_one()) == 2


def test_migrate_and_demo_can_be_repeated(run: Run) -> None:
    assert "the database is at" in run("migrate").output
    assert "was loaded before" in run("demo").output


def test_verify_audit_finds_a_changed_event(run: Run, house: House, login: Callable[[str], Actor]) -> None:
    login("it").starts("external_link")
    assert "1 cases, 0 broken" in run("verify-audit").output
    house.does(lambda ctx: ctx.db.execute(update(audit).where(audit.c.tag == "case:start").values(person="vc")))
    result = run("verify-audit")
    assert result.exit_code == 1
    assert "6.2-2570-0001: broken at event" in result.output


def test_retry_needs_a_job(run: Run) -> None:
    result = run("retry", "none")
    assert result.exit_code == 1
    assert "There is no job none" in result.output


def test_the_worker_does_due_work_and_stops(house: House, login: Callable[[str], Actor]) -> None:
    login("it").starts("manual_review")
    login("it").completes("S1", reply_by="2026-12-15")
    login("it-director").completes("S1_endorse")
    house.clock.forward(days=30)
    stop = worker.in_thread(polling.Worker(house.engine, house.database).run)
    due = select(jobs.c.id).where(jobs.c.kind == "timer")
    until = time.monotonic() + 20
    while house.reads(lambda ctx: ctx.db.execute(due).first()) and time.monotonic() < until:
        time.sleep(0.05)
    stop()
    assert house.reads(lambda ctx: ctx.db.execute(due).first()) is None


def test_whoever_works_or_serves_keeps_a_watchdog(run: Run, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[float] = []
    monkeypatch.setattr(watchdog, "start", limits.append)
    monkeypatch.setattr(worker, "for_database", lambda *_: lambda _stop: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert run("worker").exit_code == 0
    server = Server(house.app, house.parts)
    server._begin(None)
    server._end(None, None)
    assert limits == [30, 30]
