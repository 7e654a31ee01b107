"""Trying a version: every role in turn, nothing real touched, few at a time and not for ever."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from engine import definitions, project, trials
from engine.errors import AnswersRefused, Busy, DeploymentRefused, NotFound, SandboxGone
from engine.sandbox import Sandboxes, State
from engine.trials import Act, Trial
from handlers import topics
from tests.studio.test_versions import renamed
from tests.web.conftest import Actor, House

NOW = datetime.fromisoformat("2026-11-23T09:00:00+07:00")
FILES = {name: content for name, content in project.files().items() if name.startswith("link-termination")}
REVIEW = {name: content for name, content in project.files().items() if name.startswith("manual-review")}


class Table:
    """One owner with one trial, and the process that plays it; what is done is noted as the web does."""

    def __init__(self, files: Mapping[str, bytes] = FILES, process: str = "link_termination") -> None:
        self.files = files
        self.sandboxes = Sandboxes(topics())
        self.trial = Trial("t", "owner", "d", process, 1, None, [], NOW)

    def does(self, act: Act) -> None:
        with self.sandboxes.play(self.trial, self.files) as sandbox:
            sandbox.do(act)
        self.trial = self.trial._replace(acts=[*self.trial.acts, act])

    def completes(self, element: str, answers: Mapping[str, Any]) -> None:
        place = next(place for place, each in self.state().todo.items() if each.element.id == element)
        self.does({"do": place, "answers": dict(answers)})

    def state(self) -> State:
        with self.sandboxes.play(self.trial, self.files) as sandbox:
            return sandbox.state()

    def folders(self) -> list[Path]:
        return [each.stage.folder for each in self.sandboxes._played.values()]


@pytest.fixture
def table() -> Iterator[Callable[..., Table]]:
    made: list[Table] = []

    def make(*given: Any) -> Table:
        made.append(Table(*given))
        return made[-1]

    yield make
    for each in made:
        folders = each.folders()
        each.sandboxes.clear()
        assert not any(folder.exists() for folder in folders)


def test_a_case_is_played_to_its_end_in_every_role(table: Callable[..., Table], answers: Mapping[str, Any]) -> None:
    trial = table()
    usual = {key.removeprefix("link_termination_"): given for key, given in answers.items()}
    trial.completes("S1", {**usual["S1"], "link_no": "L-2570-0001"})
    trial.completes("S1_memo", usual["S1_memo"])
    trial.completes("S1_endorse", {**usual["S1_endorse"], "S1_decision": "approve"})
    trial.completes("S2", usual["S2"])
    trial.completes("S3", usual["S3"])
    state = trial.state()
    assert (state.case.row.status, state.case.row.outcome) == ("done", "end_cancelled")
    assert state.todo == {}
    assert len(state.case.entries) == 5
    assert state.case.messages


def test_time_passes_when_it_is_told_to(table: Callable[..., Table], answers: Mapping[str, Any]) -> None:
    trial = table(REVIEW, "manual_review")
    trial.completes("S1", {**answers["manual_review_S1"], "reply_by": "2026-12-15"})
    trial.completes("S1_endorse", {**answers["manual_review_S1_endorse"], "S1_decision": "approve"})
    state = trial.state()
    assert {each.element.id for each in state.todo.values()} == {"S2"}
    assert [element.id for element, _ in state.waiting] == ["S2_due"]
    trial.does({"wait": 30})
    assert {each.element.id for each in trial.state().todo.values()} == {"S3"}


def test_another_process_goes_on_where_one_has_stopped(table: Callable[..., Table], answers: Mapping[str, Any]) -> None:
    here, there = table(REVIEW, "manual_review"), table(REVIEW, "manual_review")
    here.completes("S1", {**answers["manual_review_S1"], "reply_by": "2026-12-15"})
    there.trial = here.trial
    there.completes("S1_endorse", {**answers["manual_review_S1_endorse"], "S1_decision": "approve"})
    here.trial = there.trial
    here.does({"do": "S2:housing", "answers": answers["manual_review_S2"]})
    there.trial = here.trial
    assert list(there.state().todo) == list(here.state().todo)
    assert "S2:housing" not in there.state().todo
    assert there.state().now == here.state().now


def test_what_was_not_noted_has_not_happened(table: Callable[..., Table]) -> None:
    trial = table()
    before = trial.trial
    trial.does({"wait": 5})
    trial.trial = before
    assert trial.state().now == NOW


def test_wrong_answers_and_strange_tasks_are_refused(table: Callable[..., Table]) -> None:
    trial = table()
    with pytest.raises(AnswersRefused):
        trial.completes("S1", {})
    with pytest.raises(NotFound):
        trial.does({"do": "nothing", "answers": {}})


def test_few_sandboxes_are_kept(table: Callable[..., Table], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.sandbox.MOST", 2)
    trial = table()
    seen: list[Path] = []
    for number in range(3):
        trial.trial = trial.trial._replace(id=str(number))
        trial.state()
        seen.append(trial.folders()[-1])
    assert [folder.exists() for folder in seen] == [False, True, True]


def test_what_would_be_refused_cannot_be_tried_and_leaves_nothing(
    table: Callable[..., Table], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(DeploymentRefused):
        table({"link-termination.bpmn": FILES["link-termination.bpmn"]}).state()
    assert list(tmp_path.iterdir()) == []


def test_a_trial_is_its_owners_and_ends(house: House) -> None:
    (definition,) = house.reads(
        lambda ctx: [r.id for r in definitions.all_live(ctx.db) if r.process == "link_termination"]
    )
    key = house.does(lambda ctx: trials.start(ctx, "process-owner", definition, None))
    found = house.reads(lambda ctx: trials.find(ctx, key, "process-owner"))
    assert (found.process, found.acts) == ("link_termination", [])
    with pytest.raises(SandboxGone):
        house.reads(lambda ctx: trials.find(ctx, key, "it"))
    house.does(lambda ctx: trials.note(ctx, found, {"wait": 1}))
    with pytest.raises(Busy):
        house.does(lambda ctx: trials.note(ctx, found, {"wait": 5}))
    assert house.reads(lambda ctx: trials.find(ctx, key, "process-owner")).acts == [{"wait": 1}]
    house.clock.forward(seconds=trials.LIFETIME.total_seconds() + 1)
    with pytest.raises(SandboxGone):
        house.reads(lambda ctx: trials.find(ctx, key, "process-owner"))
    house.does(trials.clear)
    house.does(lambda ctx: trials.end(ctx, key, "process-owner"))


def test_there_are_few_trials_at_a_time(house: House) -> None:
    (definition,) = house.reads(
        lambda ctx: [r.id for r in definitions.all_live(ctx.db) if r.process == "link_termination"]
    )
    keys = []
    for _ in range(trials.MOST + 1):
        house.clock.forward(seconds=1)
        keys.append(house.does(lambda ctx: trials.start(ctx, "owner", definition, None)))
    with pytest.raises(SandboxGone):
        house.reads(lambda ctx: trials.find(ctx, keys[0], "owner"))
    kept = house.reads(lambda ctx: [trials.find(ctx, key, "owner").id for key in keys[1:]])
    assert kept == keys[1:]


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
