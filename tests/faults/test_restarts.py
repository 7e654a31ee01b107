"""The server is killed between any two steps of a case and goes on after a restart; a power cut of the database too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from engine import jobs
from engine.calendar import moment_of
from engine.context import Engine
from engine.database import Database
from engine.errors import Unavailable
from engine.replay import BEGIN, FOLDER, Play
from tests.conftest import Office
from tests.faults.kill import AFTER, BEFORE, in_process
from tests.faults.scenes import LARGE, LINK, SIGNED_FIRST, asked_units, problems
from tests.postgres import PostgresStage


def written_replays() -> list[Any]:
    """The first replay of every process and the first in which time passes; before a release all of them."""
    found = []
    for path in sorted(FOLDER.glob("*-*.yaml")):
        scripts = [script for script in yaml.safe_load_all(path.read_text("utf-8")) if script]
        waiting = [script for script in scripts[1:] if any("wait" in step for step in script["steps"])]
        chosen = scripts if LARGE else scripts[:1] + waiting[:1]
        found += [pytest.param(script, id=f"{path.stem}-{n}") for n, script in enumerate(chosen, 1)]
    return found


@pytest.mark.parametrize("script", written_replays())
def test_a_case_survives_a_kill_after_every_step(
    office: Office, answers: Mapping[str, Any], script: dict[str, Any]
) -> None:
    office.clock.set(moment_of(script.get("now", BEGIN)))
    play = Play(office.database, office.engine, script, answers)

    def begin(engine: Engine, database: Database) -> None:
        Play(database, engine, script, answers)._start()

    assert in_process(office, begin, BEFORE)
    assert office.query("SELECT id FROM cases") == []
    assert in_process(office, begin, AFTER)
    play.case = office.query("SELECT id FROM cases")[0].id
    for step in script["steps"]:
        if "refused" in step:
            play._step(step)
        else:
            _killed_step(office, play, script, step)
        assert problems(office) == []
    play._compare_path(whole=True)
    play._compare_outcome(script.get("expect", {}))


def _killed_step(office: Office, play: Play, script: dict[str, Any], step: Mapping[str, Any]) -> None:
    if "wait" in step:
        play._move_clock(str(step["wait"]))
        while in_process(office, jobs.run_due, AFTER, SIGNED_FIRST):
            pass
        return

    def act(engine: Engine, database: Database) -> None:
        again = Play(database, engine, script, play.answers)
        again.case = play.case
        again._step(step)

    version = office.row(play.case).version
    if LARGE:
        assert in_process(office, act, BEFORE)
        assert office.row(play.case).version == version
    assert in_process(office, act, AFTER)
    assert office.row(play.case).version == version + 1


def test_a_power_cut_of_postgresql_loses_no_committed_step(
    postgresql_stage: PostgresStage, answers: Mapping[str, Any]
) -> None:
    postgresql_stage.remove("cut")
    database, engine = postgresql_stage.copy("cut", BEGIN)
    postgresql_stage.cluster.checkpoint()
    office = Office(database, engine, answers)
    kept = [office.start("link_termination", "it") for _ in range(3)]
    for case in kept[:2]:
        postgresql_stage.cluster.crash()
        with pytest.raises(Unavailable):
            office.do(case, "S1", "it", **LINK)
        postgresql_stage.cluster.start()
        office.do(case, "S1", "it", **LINK)
        assert [task.element for task in office.open(case)] == ["S1_memo"]
    assert len(office.open(kept[2])) == 1
    assert problems(office) == []
    database.close()


def test_timers_that_fell_due_while_down_fire_once(office: Office) -> None:
    """F-13. The database is left and opened again three days after the time was over."""
    asked = [asked_units(office) for _ in range(20)]
    office.database.close()
    office.clock.forward(days=40)
    assert office.tick() == len(asked)
    assert office.tick(days=1) == 0
    fired = office.query("SELECT case_id FROM audit WHERE tag = 'timer:fired'")
    assert sorted(row.case_id for row in fired) == sorted(asked)
    assert problems(office) == []
