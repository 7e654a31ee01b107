"""Versions: candidates, publishing by a second person, going back, two deployments at once, forms that come alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from engine import audit, cases, definitions, project, versions
from engine.context import Context
from engine.errors import DeploymentRefused, NotFound, PublishedAlone
from tests.conftest import Office

FILES = project.files()
FILE, PROCESS = "link-termination.bpmn", "link_termination"


def renamed(name: str) -> dict[str, bytes]:
    """6.4 with another name on one step."""
    before = FILES[FILE].decode()
    after = before.replace('name="จัดทำบันทึกแจ้งการขอยกเลิก"', f'name="{name}"')
    assert before != after
    return {FILE: after.encode()}


def does(office: Office, act: Callable[[Context], Any], *, two: bool = False) -> Any:
    engine = replace(office.engine, two_person_publish=two)
    with office.database.write() as db:
        return act(engine.context(db))


def deploy(office: Office, files: dict[str, bytes], by: str = "process-owner", **given: Any) -> Any:
    two = given.pop("two", False)
    [key] = does(office, lambda ctx: definitions.deploy(ctx, files, by, "test", **given), two=two)
    with office.database.read() as db:
        return definitions.find(db, key)


def process(office: Office) -> versions.Process:
    with office.database.read() as db:
        return versions.process(office.context(db), PROCESS)


def states(office: Office) -> list[tuple[int, str]]:
    return [(each.row.version, each.state) for each in process(office).versions]


def test_a_candidate_waits_until_it_is_published(office: Office) -> None:
    row = deploy(office, renamed("ร่าง"), note="ใช้คำให้สั้นลง", publish=False)
    assert states(office) == [(2, "candidate"), (1, "live")]
    assert (row.by, row.note, row.published_at) == ("process-owner", "ใช้คำให้สั้นลง", None)
    old = office.start(PROCESS, "it")
    does(office, lambda ctx: definitions.publish(ctx, row.id, office.person("process-owner")))
    assert states(office) == [(2, "live"), (1, "retired")]
    new = office.start(PROCESS, "it")
    assert office.row(new).definition_id == row.id != office.row(old).definition_id
    assert [(each.row.version, each.running) for each in process(office).running] == [(2, 1), (1, 1)]


def test_the_second_person_publishes_where_two_must(office: Office) -> None:
    row = deploy(office, renamed("ร่าง"), two=True)
    assert not row.live, "one person alone makes a candidate only"
    owner, admin = office.person("process-owner"), office.person("admin")
    with pytest.raises(PublishedAlone):
        does(office, lambda ctx: definitions.publish(ctx, row.id, owner), two=True)
    does(office, lambda ctx: definitions.publish(ctx, row.id, admin), two=True)
    assert states(office)[0] == (2, "live")
    does(office, lambda ctx: definitions.roll_back(ctx, PROCESS, owner), two=True)
    does(office, lambda ctx: definitions.publish(ctx, row.id, owner), two=True)
    assert states(office)[0] == (2, "live"), "what was published once may be published again by anybody"


def test_the_projects_own_deployment_is_live_at_once(office: Office) -> None:
    assert deploy(office, renamed("ร่าง"), by=audit.SYSTEM, two=True).live


def test_going_back_is_one_click_and_can_be_taken_back(office: Office) -> None:
    deploy(office, renamed("ร่าง"))
    office.clock.forward(hours=1)
    owner = office.person("process-owner")
    assert does(office, lambda ctx: definitions.roll_back(ctx, PROCESS, owner)).version == 1
    assert states(office) == [(2, "retired"), (1, "live")]
    office.clock.forward(hours=1)
    assert does(office, lambda ctx: definitions.roll_back(ctx, PROCESS, owner)).version == 2
    tags = [row.tag for row in office.query("SELECT tag FROM audit WHERE tag LIKE 'definition:%' ORDER BY id")]
    assert tags[-4:] == ["definition:deploy", "definition:publish", "definition:roll_back", "definition:publish"]


def test_going_back_leads_to_the_version_before_when_the_clock_went_back(office: Office) -> None:
    owner = office.person("process-owner")
    for name in ("สอง", "สาม"):
        office.clock.forward(hours=-2)
        deploy(office, renamed(name))
    assert states(office) == [(3, "live"), (2, "retired"), (1, "retired")]
    before = process(office).previous
    assert before is not None
    assert before.row.version == 2
    assert does(office, lambda ctx: definitions.roll_back(ctx, PROCESS, owner)).version == 2


def test_there_is_nothing_to_go_back_to_at_first(office: Office) -> None:
    with pytest.raises(NotFound):
        does(office, lambda ctx: definitions.roll_back(ctx, PROCESS, office.person("admin")))


def test_the_same_files_make_no_second_version(office: Office) -> None:
    first = deploy(office, renamed("ร่าง"), publish=False)
    again = deploy(office, renamed("ร่าง"))
    assert again.id == first.id
    assert again.live
    assert deploy(office, dict(renamed("ร่าง"))).version == 2


def test_a_form_that_comes_alone_makes_a_new_version_of_what_uses_it(office: Office) -> None:
    form = json.loads(FILES["link-termination-S2.form"])
    form["components"].append({"type": "textfield", "id": "extra", "key": "extra_note", "label": "หมายเหตุ"})
    row = deploy(office, {"link-termination-S2.form": json.dumps(form, ensure_ascii=False).encode()})
    assert (row.process, row.version, row.live) == (PROCESS, 2, True)
    with office.database.read() as db:
        parsed = office.engine.library.get(db, row.id)
        assert len(definitions.files_of(db, row.id)) == 6
    assert "extra_note" in parsed.forms["link_termination_S2"].keys()  # noqa: SIM118 - a form's own method


def test_a_candidates_form_is_not_taken_by_another_deployment(office: Office) -> None:
    form = json.loads(FILES["link-termination-S2.form"])
    form["components"].append({"type": "textfield", "id": "extra", "key": "extra_note", "label": "หมายเหตุ"})
    deploy(office, {"link-termination-S2.form": json.dumps(form).encode()}, publish=False)
    row = deploy(office, renamed("ร่าง"), publish=False)
    with office.database.read() as db:
        parsed = office.engine.library.get(db, row.id)
    assert row.version == 3
    assert "extra_note" not in parsed.forms["link_termination_S2"].keys()  # noqa: SIM118 - a form's own method


def test_a_refused_file_leaves_nothing(office: Office) -> None:
    broken = FILES[FILE].replace(b'topic="registry-end"', b'topic="nothing"')
    with pytest.raises(DeploymentRefused):
        deploy(office, {FILE: broken})
    assert states(office) == [(1, "live")]
    assert len(office.query("SELECT id FROM deployments")) == 1


def test_the_check_result_is_kept(office: Office) -> None:
    row = deploy(office, renamed("ร่าง"))
    assert {each["code"] for each in row.warnings} >= {"printed-fault"}
    assert all(each["level"] == "warning" and each["th"] and each["en"] for each in row.warnings)


def test_deployments_at_once_are_all_kept_in_order(office: Office) -> None:
    results: list[Any] = []

    def one(number: int) -> None:
        try:
            results.append(deploy(office, renamed(f"รุ่นของคนที่ {number}"), by=f"p{number}").version)
        except Exception as error:
            results.append(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [2, 3, 4, 5]
    assert states(office) == [(5, "live"), (4, "retired"), (3, "retired"), (2, "retired"), (1, "retired")]


def test_where_cases_wait_and_for_how_long(office: Office) -> None:
    for days in (10, 4, 1):
        office.start(PROCESS, "it")
        office.clock.forward(days=days)
    case = office.start(PROCESS, "it")
    office.do(case, "S1", "it", link_no="L-2570-0001", criterion="CX3")
    cancelled = office.start(PROCESS, "it")
    does(office, lambda ctx: cases.cancel(ctx, cancelled, office.person("admin"), "ทดสอบ"))
    with office.database.read() as db:
        waits = versions.waits(office.context(db), PROCESS)
    assert [(w.element, w.cases, round(w.median_days), round(w.oldest_days)) for w in waits] == [
        ("S1", 3, 5, 15), ("S1_memo", 1, 0, 0),
    ]  # fmt: skip
    assert waits[0].late == 1
