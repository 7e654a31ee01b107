"""F-18: the drill of docs/operations.md. A copy made while people work is restored, verified, and gone on with."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.database import Database
from engine.polling import Worker
from engine.procrastination import Distributed
from engine.replay import Stage
from tests.conftest import Office
from tests.faults.scenes import LINK, asked_units, count, problems, times, with_due_job
from tests.faults.test_workers import at_work, undone, until
from tests.postgres import PostgresStage
from tests.web.conftest import Actor, House

RESTORED = "restored"


@pytest.fixture
def copy(office: Office, stage_of: Stage, tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """How to copy the running database and restore the copy elsewhere."""
    made: list[Database] = []

    def restore() -> Database:
        made.append(_restored(office.database, stage_of, tmp_path))
        return made[0]

    yield restore
    for database in made:
        database.close()
    stage_of.remove(RESTORED)


@pytest.fixture
def stage_of(request: pytest.FixtureRequest, office: Office) -> Stage:
    """The stage that the office was copied from."""
    found: Stage = request.getfixturevalue("sqlite_stage" if office.database.sqlite else "postgresql_stage")
    return found


def _restored(running: Database, stage: Stage, folder: Path) -> Database:
    if not isinstance(stage, PostgresStage):
        home, away = sqlite3.connect(str(running.url.database)), sqlite3.connect(folder / "copy.db")
        home.backup(away)
        home.close()
        away.close()
        return Database(f"sqlite:///{folder / 'copy.db'}")
    cluster, dump = stage.cluster, str(folder / "prasan.dump")
    _run(cluster.program("pg_dump"), "--format=custom", f"--file={dump}", cluster.url(str(running.url.database)))
    cluster.create(RESTORED)
    _run(cluster.program("pg_restore"), "--exit-on-error", f"--dbname={cluster.url(RESTORED)}", dump)
    return Database(cluster.url(RESTORED))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_was_restored_is_sound_and_goes_on(
    office: Office, house: House, login: Callable[[str], Actor], copy: Callable[[], Database]
) -> None:
    waiting, due, fresh = asked_units(office), with_due_job(office), office.start("link_termination", "it")
    for _ in range(times(5, 10_000)):
        asked_units(office)
    kept = count(office, "SELECT count(*) FROM cases")
    with office.database.write() as db:
        db.exec_driver_sql("UPDATE counters SET value = value")  # somebody is in the middle of something
        restored = copy()
    office.start("link_termination", "it")  # after the copy: lost with the machine
    office.database.close()
    office.database = restored
    house.app.extensions["prasan"] = house.parts = replace(house.parts, database=restored)

    verified = house.app.test_cli_runner().invoke(args=["verify-audit"])
    assert (verified.exit_code, verified.output) == (0, f"{kept} cases, 0 broken\n")
    assert restored.revision() is not None
    restored.migrate()
    assert count(office, "SELECT count(*) FROM cases") == kept
    assert problems(office) == []

    with at_work(office, Worker if restored.sqlite else Distributed):
        until(lambda: undone(office) == kept - 2)  # the timers of those who were asked still wait
    assert [task.element for task in office.open(due)] == ["S1_memo"]
    office.do(fresh, "S1", "it", **LINK)
    office.do(waiting, "S2", "owner", item="housing")
    clerk = login("clerk")
    number = clerk.starts("link_termination")
    assert clerk.opens(f"/cases/{number}").status_code == 200
    assert problems(office) == []
