"""Trying a version: every role in turn, nothing real touched, few at a time and not for ever."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine import definitions, project
from engine.calendar import FixedClock
from engine.errors import AnswersRefused, DeploymentRefused, NotFound, SandboxGone
from engine.sandbox import LIFETIME, MOST, Sandbox, Sandboxes
from handlers import topics
from tests.studio.test_versions import renamed
from tests.web.conftest import Actor, House

CLOCK = "2026-11-23T09:00:00+07:00"
FILES = {name: content for name, content in project.files().items() if name.startswith("link-termination")}
REVIEW = {name: content for name, content in project.files().items() if name.startswith("manual-review")}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime.fromisoformat(CLOCK))


@pytest.fixture
def sandboxes(clock: FixedClock) -> Iterator[Sandboxes]:
    made = Sandboxes(clock)
    yield made
    made.clear()
    assert not made._open


def open_one(sandboxes: Sandboxes, files: Mapping[str, bytes] = FILES, process: str = "link_termination") -> Sandbox:
    return sandboxes.open("owner", 1, files, process, topics())


def do(trial: Sandbox, element: str, answers: Mapping[str, Any]) -> None:
    task = next(each for each in trial.state().todo if each.element.id == element)
    trial.complete(task.row.id, answers)


def test_a_case_is_played_to_its_end_in_every_role(sandboxes: Sandboxes, answers: Mapping[str, Any]) -> None:
    trial = open_one(sandboxes)
    trial.start(None)
    usual = {key.removeprefix("link_termination_"): given for key, given in answers.items()}
    do(trial, "S1", {**usual["S1"], "link_no": "L-2570-0001"})
    do(trial, "S1_memo", usual["S1_memo"])
    do(trial, "S1_endorse", {**usual["S1_endorse"], "S1_decision": "approve"})
    do(trial, "S2", usual["S2"])
    do(trial, "S3", usual["S3"])
    state = trial.state()
    assert (state.case.row.status, state.case.row.outcome) == ("done", "end_cancelled")
    assert state.todo == []
    assert len(state.case.entries) == 5
    assert state.case.messages


def test_time_passes_when_it_is_told_to(sandboxes: Sandboxes, answers: Mapping[str, Any]) -> None:
    trial = open_one(sandboxes, REVIEW, "manual_review")
    trial.start("it_dept")
    do(trial, "S1", {**answers["manual_review_S1"], "reply_by": "2026-12-15"})
    do(trial, "S1_endorse", {**answers["manual_review_S1_endorse"], "S1_decision": "approve"})
    state = trial.state()
    assert {each.element.id for each in state.todo} == {"S2"}
    assert [element.id for element, _ in state.waiting] == ["S2_due"]
    trial.wait(30)
    assert {each.element.id for each in trial.state().todo} == {"S3"}


def test_wrong_answers_and_strange_tasks_are_refused(sandboxes: Sandboxes) -> None:
    trial = open_one(sandboxes)
    trial.start(None)
    with pytest.raises(AnswersRefused):
        do(trial, "S1", {})
    with pytest.raises(NotFound):
        trial.complete("nothing", {})


def test_a_trial_is_its_owners_and_ends(sandboxes: Sandboxes, clock: FixedClock) -> None:
    trial = open_one(sandboxes)
    folder = trial.stage.folder
    assert sandboxes.get(trial.id, "owner") is trial
    with pytest.raises(SandboxGone):
        sandboxes.get(trial.id, "somebody else")
    clock.set(clock.now() + LIFETIME + timedelta(seconds=1))
    with pytest.raises(SandboxGone):
        sandboxes.get(trial.id, "owner")
    assert not folder.exists()
    sandboxes.close(trial.id, "owner")


def test_there_are_few_trials_at_a_time(sandboxes: Sandboxes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST <= 10
    monkeypatch.setattr("engine.sandbox.MOST", 2)
    first, second, third = (open_one(sandboxes) for _ in range(3))
    with pytest.raises(SandboxGone):
        sandboxes.get(first.id, "owner")
    assert not first.stage.folder.exists()
    assert sandboxes.get(second.id, "owner").id != sandboxes.get(third.id, "owner").id


def test_what_would_be_refused_cannot_be_tried_and_leaves_nothing(
    sandboxes: Sandboxes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(DeploymentRefused):
        open_one(sandboxes, {"link-termination.bpmn": FILES["link-termination.bpmn"]})
    assert not sandboxes._open
    assert list(tmp_path.iterdir()) == []


def test_a_candidate_is_tried_on_its_page(
    house: House, login: Callable[[str], Actor], answers: Mapping[str, Any]
) -> None:
    house.does(lambda ctx: definitions.deploy(ctx, renamed("ร่าง"), "process-owner", "test", publish=False))
    owner, before = login("process-owner"), house.reads(lambda ctx: count(ctx.db))
    choose = owner.opens("/studio/link_termination/try?version=2").text
    assert "ยังไม่เผยแพร่" in choose
    begun = owner.posts("/studio/link_termination/try", version="2", unit="housing")
    page = owner.opens(begun.location).text
    assert "ทดลองรุ่นที่ 2" in page
    form = json.loads(re.findall(r'id="form-data">(.*?)</script>', page)[0])
    refused = owner.sends(form["submitUrl"], {})
    assert refused.status_code == 422
    given = {**answers["link_termination_S1"], "link_no": "L-2570-0001"}
    assert owner.sends(form["submitUrl"], given).json == {"next": begun.location}
    assert "ร่าง" in owner.opens(begun.location).text
    assert owner.posts(f"{begun.location}/wait", days="5").status_code == 303
    assert login("admin").opens(begun.location).status_code == 404
    assert owner.posts(f"{begun.location}/end").status_code == 303
    assert owner.opens(begun.location).status_code == 404
    assert house.reads(lambda ctx: count(ctx.db)) == before


def count(db: Any) -> int:
    return int(db.exec_driver_sql("SELECT count(*) FROM cases").scalar() or 0)
