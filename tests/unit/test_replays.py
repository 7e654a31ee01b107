"""The replays pass, cover every branch of the four diagrams, and notice a broken condition."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import diagram, project, replay, xml
from handlers import topics

FILES = sorted(replay.FOLDER.glob("*.yaml"))
DIAGRAMS = {name: content for name, content in project.files().items() if name.endswith(".bpmn")}


@pytest.fixture(scope="module")
def results() -> list[replay.Result]:
    return replay.run(FILES, topics())


def test_every_replay_passes(results: list[replay.Result]) -> None:
    assert [(r.file, r.name, r.problem) for r in results if r.problem] == []


def test_every_flow_of_every_diagram_is_taken(results: list[replay.Result]) -> None:
    taken: dict[str, set[str]] = {}
    for result in results:
        taken.setdefault(result.process, set()).update(result.trail)
    for content in DIAGRAMS.values():
        drawn = diagram.read(xml.parse(content))
        assert set(drawn.flows) - taken[drawn.process] == set(), drawn.process


def test_a_broken_condition_is_named_with_its_step() -> None:
    files = dict(project.files())
    broken = files["link-termination.bpmn"].replace(b'S1_decision = "approve"', b'S1_decision = "yes"')
    assert broken != files["link-termination.bpmn"]
    files["link-termination.bpmn"] = broken
    first = replay.run([replay.FOLDER / "link-termination.yaml"], topics(), files)[0]
    assert first.problem is not None
    assert "step 3 (task S1_endorse by it-director)" in first.problem
    assert "after G_S1 expected notice, waits at S1_memo" in first.problem


def test_a_replay_names_a_task_that_is_not_open(tmp_path: Path) -> None:
    script = "name: wrong order\nprocess: link_termination\nstart: {by: it}\nsteps:\n  - {task: S2, by: it}\n"
    (tmp_path / "wrong.yaml").write_text(script, "utf-8")
    result = replay.run([tmp_path / "wrong.yaml"], topics())[0]
    assert result.problem == "step 1 (task S2 by it): task S2 is not open; open: S1"
