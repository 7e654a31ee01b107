"""The command line: `flask --app app COMMAND`. Every command that writes is one transaction."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

import click
from flask import Blueprint, current_app
from sqlalchemy import select

from engine import audit, checks, definitions, demo, jobs, project, replay, templates, watchdog, worker
from engine.audit import SYSTEM
from engine.checks import document
from engine.errors import DeploymentRefused, PrasanError
from engine.people import Person
from engine.tables import cases
from web.mail import sender
from web.request import reading, site, writing
from web.server import Server

commands = Blueprint("commands", __name__, cli_group=None)
OPERATOR = Person(SYSTEM, SYSTEM, "ระบบ", "", operator=True, candidates=frozenset(), unit=None)
FILES = click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))


def _read(files: tuple[Path, ...]) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in files}


@commands.cli.command("migrate")
def migrate() -> None:
    """Bring the database's schema to the newest version."""
    site().database.migrate()
    click.echo(f"the database is at {site().database.revision()}")


@commands.cli.command("check")
@FILES
def check(files: tuple[Path, ...]) -> None:
    """Check FILES as a deployment would; the project's own forms and tables stand beside them."""
    given = _read(files)
    beside = {name: content for name, content in project.files().items() if name not in given}
    problems = checks.check(given, site().engine.topics.names, definitions.keyed(beside))
    for problem in problems:
        click.echo(str(problem))
    errors = sum(problem.level == "error" for problem in problems)
    warnings = len(problems) - errors
    click.echo(_counted(errors, "error") + (f", {_counted(warnings, 'warning')}" if warnings else ""))
    sys.exit(1 if errors else 0)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


@commands.cli.command("deploy")
@FILES
@click.option("--note", default="", help="what is new in this version")
def deploy(files: tuple[Path, ...], note: str) -> None:
    """Publish FILES as new live versions."""
    try:
        with writing() as ctx:
            ids = definitions.deploy(ctx, _read(files), SYSTEM, files[0].name, "command line", note)
            live = [ctx.engine.library.get(ctx.db, key) for key in ids]
    except DeploymentRefused as refusal:
        for problem in refusal.problems:
            click.echo(str(problem))
        raise click.ClickException(refusal.en) from refusal
    for definition in live:
        click.echo(f"{definition.process} version {definition.version}")


@commands.cli.command("demo")
def demonstration() -> None:
    """Load the demonstration's organisation and accounts, and the project's own diagrams."""
    _prepare_demonstration()


def _prepare_demonstration() -> None:
    with writing() as ctx:
        fresh = demo.load(ctx)
        if fresh or not definitions.all_live(ctx.db):
            definitions.deploy(ctx, project.files(), SYSTEM, "project", "demonstration", "รุ่นแรกตามคู่มือ")
    click.echo("the demonstration is loaded" if fresh else "the demonstration was loaded before")


@commands.cli.command("replay")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def play(files: tuple[Path, ...]) -> None:
    """Play the replays FILES, all of the project's without any."""
    results = replay.run(files or tuple(sorted(replay.FOLDER.glob("*.yaml"))), site().engine.topics)
    for result in results:
        click.echo(f"{'FAILED' if result.problem else 'ok':6} {result.file}: {result.name}")
        if result.problem:
            click.echo(f"       {result.problem}")
    failed = sum(result.problem is not None for result in results)
    click.echo(f"{len(results)} replays, {failed} failed")
    sys.exit(1 if failed else 0)


@commands.cli.command("worker")
def work() -> None:
    """Do due jobs, timers and outgoing mail until SIGTERM or Ctrl-C."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    watchdog.start(site().settings.handler_seconds)
    click.echo("the worker is running")
    worker.for_database(site().engine, site().database, sender(site().settings))(stop)


@commands.cli.command("serve")
def serve() -> None:
    """Migrate, load the demonstration where this is one, and serve the pages with the worker."""
    settings = site().settings
    site().database.migrate()
    if settings.demo:
        _prepare_demonstration()
        click.echo("accounts: " + ", ".join(account.username for account in demo.ACCOUNTS))
        click.echo(f"password: {demo.PASSWORD} (the login page has a button for each account)")
    click.echo(f"Prasan is at http://{settings.host}:{settings.port}")
    Server(current_app._get_current_object(), site()).run()  # type: ignore[attr-defined]  # noqa: SLF001


@commands.cli.command("verify-audit")
def verify_audit() -> None:
    """Verify the chain of audit events of every case."""
    with reading() as ctx:
        rows = ctx.db.execute(select(cases.c.id, cases.c.number).order_by(cases.c.number)).all()
        broken = [(row.number, at) for row in rows if (at := audit.verify(ctx.db, row.id)) is not None]
    for number, at in broken:
        click.echo(f"{number}: broken at event {at or 'head'}")
    click.echo(f"{len(rows)} cases, {len(broken)} broken")
    sys.exit(1 if broken else 0)


@commands.cli.command("templates")
def make_templates() -> None:
    """Write the element templates of Camunda Modeler from the handlers' types."""
    templates.write(site().engine.topics, templates.form_ids(project.files()))
    click.echo(f"wrote {templates.FILE.relative_to(project.FOLDER)}")


@commands.cli.command("docs")
def make_docs() -> None:
    """Write docs/checks.md from the catalogue of the checker."""
    document.write()
    click.echo(f"wrote {document.FILE.relative_to(project.FOLDER)}")


@commands.cli.command("retry")
@click.argument("job")
def retry(job: str) -> None:
    """Have a failed JOB tried again by the worker."""
    try:
        with writing() as ctx:
            jobs.retry(ctx, job, OPERATOR)
    except PrasanError as refusal:
        raise click.ClickException(refusal.en) from refusal
    click.echo("the worker will try it again")
