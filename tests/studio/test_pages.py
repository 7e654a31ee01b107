"""The studio's pages: who may open them, publishing, comparing, moving, checking, deploying, RACI, setup."""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from werkzeug.test import TestResponse

from engine import definitions, project, versions
from tests.studio.test_versions import FILE, PROCESS, renamed
from tests.web.conftest import Actor, House
from web.studio.raci import Table, table
from web.studio.setup import FLAGS

Login = Callable[[str], Actor]
PAGES = (
    "",
    f"/{PROCESS}",
    f"/{PROCESS}/compare",
    f"/{PROCESS}/heat",
    f"/{PROCESS}/try",
    "/check",
    "/raci",
    "/setup.zip",
)


def deploy(house: House, files: dict[str, bytes], by: str = "process-owner", *, publish: bool = True) -> None:
    house.does(lambda ctx: definitions.deploy(ctx, files, by, "test", note="ปรับถ้อยคำ", publish=publish))


def live(house: House) -> int:
    found = house.reads(lambda ctx: versions.process(ctx, PROCESS)).live
    assert found is not None
    return int(found.row.version)


def uploads(person: Actor, url: str, files: dict[str, bytes], **form: str) -> TestResponse:
    sent = [(io.BytesIO(content), name) for name, content in files.items()]
    return person.posts(url, files=sent, **form)


def hidden(page: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', page)
    assert found
    return html.unescape(found[1])


@pytest.mark.parametrize("page", PAGES)
def test_pages_open_for_owners_and_operators_only(login: Login, visitor: Login, page: str) -> None:
    assert login("process-owner").opens(f"/studio{page}").status_code == 200
    assert login("admin").opens(f"/studio{page}").status_code == 200
    assert login("it-director").opens(f"/studio{page}").status_code == 403
    assert visitor("it").opens(f"/studio{page}").status_code == 303


@pytest.mark.parametrize(
    "path",
    [
        f"{PROCESS}/1/publish", f"{PROCESS}/back", f"{PROCESS}/1/move", f"{PROCESS}/1/undo", "check", "deploy",
        f"{PROCESS}/try", f"{PROCESS}/try/x/y", f"{PROCESS}/try/x/wait", f"{PROCESS}/try/x/end",
    ],
)  # fmt: skip
def test_nobody_else_may_change_anything(login: Login, path: str) -> None:
    assert login("it-director").posts(f"/studio/{path}").status_code == 403


def test_the_menu_shows_the_studio_to_those_who_may(login: Login) -> None:
    assert "สตูดิโอ" in login("process-owner").opens("/").text
    assert "สตูดิโอ" not in login("it-director").opens("/").text


def test_what_is_not_there_is_not_found(login: Login) -> None:
    owner = login("process-owner")
    for path in (
        "nothing",
        f"{PROCESS}/compare?old=9",
        f"{PROCESS}/compare?new=x",
        f"{PROCESS}/7/files",
        f"{PROCESS}/7/move",
    ):
        assert owner.opens(f"/studio/{path}").status_code == 404
    assert owner.posts(f"/studio/{PROCESS}/9/publish").status_code == 404
    assert owner.posts(f"/studio/{PROCESS}/try", version="ก").status_code == 404


def test_a_candidate_is_published_and_taken_back(login: Login, house: House) -> None:
    deploy(house, renamed("ร่าง"), publish=False)
    owner = login("process-owner")
    page = owner.opens("/studio").text
    assert "รอเผยแพร่ 1 รุ่น" in page
    assert "ปรับถ้อยคำ" in owner.opens(f"/studio/{PROCESS}").text
    assert owner.posts(f"/studio/{PROCESS}/2/publish").status_code == 303
    assert live(house) == 2
    assert owner.posts(f"/studio/{PROCESS}/back").status_code == 303
    assert live(house) == 1
    assert "กลับไปใช้รุ่นที่ 1 แล้ว" in owner.opens(f"/studio/{PROCESS}").text


def test_where_two_must_publish_the_deployer_is_told(login: Login, house: House) -> None:
    deploy(house, renamed("ร่าง"), publish=False)
    parts = house.app.extensions["prasan"]
    house.app.extensions["prasan"] = replace(parts, engine=replace(parts.engine, two_person_publish=True))
    owner, admin = login("process-owner"), login("admin")
    assert "อีกท่านเผยแพร่" in owner.opens(f"/studio/{PROCESS}").text
    refused = owner.posts(f"/studio/{PROCESS}/2/publish")
    assert refused.status_code == 403
    assert "ผู้เผยแพร่ต้องเป็นคนละคน" in refused.text
    assert live(house) == 1
    assert admin.posts(f"/studio/{PROCESS}/2/publish").status_code == 303
    assert live(house) == 2


def test_what_changed_is_told_and_painted(login: Login, house: House) -> None:
    deploy(house, renamed("ร่าง"))
    page = login("process-owner").opens(f"/studio/{PROCESS}/compare?old=1&new=2").text
    assert "ชื่อ “จัดทำบันทึกแจ้งการขอยกเลิก” → “ร่าง”" in html.unescape(page)
    drawn = [
        json.loads(text)
        for text in re.findall(r'<script type="application/json" id="\w+-diagram">(.*?)</script>', page)
    ]
    assert [each["painted"] for each in drawn] == [{"S1_memo": "changed"}] * 2
    assert "เป็นรุ่นเดียวกัน" in login("process-owner").opens(f"/studio/{PROCESS}/compare?old=2&new=2").text


def test_files_of_a_version_come_back_as_they_were(login: Login, house: House) -> None:
    deploy(house, renamed("ร่าง"))
    owner = login("process-owner")
    with zipfile.ZipFile(io.BytesIO(owner.opens(f"/studio/{PROCESS}/1/files").data)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            name: content for name, content in project.files().items() if name.startswith("link-termination")
        }
    assert owner.opens(f"/studio/{PROCESS}/2/files?only=diagram").data == renamed("ร่าง")[FILE]


def test_running_cases_are_moved_and_moved_back(login: Login, house: House) -> None:
    it, owner = login("it"), login("process-owner")
    it.starts(PROCESS)
    deploy(house, renamed("ร่าง"))
    page = owner.opens(f"/studio/{PROCESS}/2/move").text
    assert "ย้ายได้" in page
    case = hidden(page, "case")
    assert owner.posts(f"/studio/{PROCESS}/2/move", reason="ทดสอบ").status_code == 303
    assert "กรุณาเลือกเรื่อง" in owner.opens(f"/studio/{PROCESS}/2/move").text
    assert owner.posts(f"/studio/{PROCESS}/2/move", case=case, reason="ใช้ถ้อยคำใหม่").status_code == 303
    page = owner.opens(f"/studio/{PROCESS}/2/move").text
    assert "ย้าย 1 เรื่องไปรุ่นที่ 2 แล้ว" in page
    assert "ใช้ถ้อยคำใหม่" in page
    assert owner.posts(f"/studio/{PROCESS}/2/undo", case=case).status_code == 303
    assert "ย้ายได้" in owner.opens(f"/studio/{PROCESS}/2/move").text


def test_a_case_that_cannot_move_says_why(login: Login, house: House) -> None:
    login("it").starts(PROCESS)
    changed = project.files()[FILE].replace(b'id="S1"', b'id="S1_new"').replace(b'"S1"', b'"S1_new"')
    deploy(house, {FILE: changed.replace(b">S1<", b">S1_new<")})
    page = login("process-owner").opens(f"/studio/{PROCESS}/2/move").text
    assert "ย้ายไม่ได้" in page
    assert "ไม่มีขั้นตอน S1" in page


def test_the_heat_map_counts_and_paints(login: Login, house: House) -> None:
    login("it").starts(PROCESS)
    house.clock.forward(days=12)
    page = login("process-owner").opens(f"/studio/{PROCESS}/heat").text
    drawn = json.loads(re.findall(r'id="heat-diagram">(.*?)</script>', page)[0])
    assert drawn["painted"] == {"S1": "heat3"}
    assert drawn["notes"] == {"S1": "1 เรื่อง · 12 วัน"}


def test_faults_are_told_with_their_places(login: Login, house: House) -> None:
    broken = project.files()[FILE].replace(b'topic="registry-end"', b'topic="nothing"')
    page = uploads(login("process-owner"), "/studio/check", {FILE: broken, "readme.txt": b"x"}).text
    assert "มี 2 จุดที่ต้องแก้ไข" in page
    assert "unknown-topic" in page
    assert "unknown-file" in page
    drawn = json.loads(re.findall(r'id="picture-1">(.*?)</script>', page)[0])
    assert drawn["painted"]["endlink"] == "faulty"
    assert 'action="/studio/deploy"' not in page
    assert len(house.reads(lambda ctx: versions.process(ctx, PROCESS)).versions) == 1


@pytest.mark.parametrize("content", [b"", b"<a", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"\xff\xfe", b"<a/>"])
def test_what_is_no_diagram_is_told_calmly(login: Login, content: bytes) -> None:
    answer = uploads(login("process-owner"), "/studio/check", {"ก.bpmn": content})
    assert answer.status_code == 200
    assert "ยังนำขึ้นระบบไม่ได้" in answer.text


def test_without_a_file_nothing_is_checked(login: Login) -> None:
    assert login("process-owner").posts("/studio/check").status_code == 303


@pytest.mark.parametrize(("publish", "state"), [("yes", "live"), ("", "candidate")])
def test_checked_files_are_deployed_with_a_note(login: Login, house: House, publish: str, state: str) -> None:
    owner = login("process-owner")
    page = uploads(owner, "/studio/check", renamed("ร่าง")).text
    assert "ผ่านการตรวจ" in page
    assert "→ “ร่าง”" in html.unescape(page)
    files = hidden(page, "files")
    assert owner.posts("/studio/deploy", files=files, note="").location == "/studio/check"
    answer = owner.posts("/studio/deploy", files=files, note="ใช้คำสั้น", publish=publish)
    assert answer.location == f"/studio/{PROCESS}"
    newest = house.reads(lambda ctx: versions.process(ctx, PROCESS)).versions[0]
    assert (newest.state, newest.row.note, newest.row.source) == (state, "ใช้คำสั้น", "studio")


def test_files_that_changed_on_the_way_are_checked_again(login: Login, house: House) -> None:
    owner = login("process-owner")
    assert owner.posts("/studio/deploy", files='{"a.bpmn": "PGEvPg=="}', note="x").status_code == 400
    for strange in ("", "[]", '{"a.bpmn": 1}', '{"a.bpmn": "*"}', "{"):
        assert owner.posts("/studio/deploy", files=strange, note="x").status_code == 400
    assert live(house) == 1


def test_files_that_nothing_uses_make_no_version(login: Login) -> None:
    form = b'{"id": "alone", "type": "default", "components": []}'
    owner = login("process-owner")
    page = uploads(owner, "/studio/check", {"alone.form": form}).text
    assert owner.posts("/studio/deploy", files=hidden(page, "files"), note="ทดลอง").location == "/studio"


def tables(house: House) -> list[Table]:
    rows = house.reads(
        lambda ctx: [ctx.engine.library.get(ctx.db, row.id).diagram for row in definitions.all_live(ctx.db)]
    )
    return [found for each in rows if (found := table(each))]


def test_the_raci_table_is_the_printed_one(login: Login, house: House) -> None:
    assert sum(each.filled for each in tables(house)) == 65
    assert sum(each.differing for each in tables(house)) == 0
    assert sum(each.faults for each in tables(house)) == 9
    page = login("process-owner").opens("/studio/raci").text
    assert page.count("raci__fault") == 9
    assert "raci__differs" not in page


def test_a_letter_that_differs_is_marked() -> None:
    changed = project.files()["information-request.bpmn"].replace(
        b'raci.accountable" value="cdo_dpo"', b'raci.accountable" value="dgc"'
    )
    found = table(definitions_of(changed))
    assert found is not None
    assert found.differing == 2
    assert found.roles[-1] == "dgc"
    [line] = [line for line in found.lines if line.step == "6.3-S6"]
    assert [(cell.drawn, cell.printed) for cell in line.cells if cell.differs] == [("", "A"), ("A", "")]


def definitions_of(content: bytes) -> Any:
    from engine import diagram, xml

    return diagram.read(xml.parse(content))


def test_the_setup_zip_holds_all_the_modeler_needs(login: Login, house: House) -> None:
    with zipfile.ZipFile(io.BytesIO(login("process-owner").opens("/studio/setup.zip").data)) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert json.loads(parts["resources/flags.json"]) == FLAGS
    templates = orjson.loads(parts["resources/element-templates/prasan.json"])
    assert {each["id"] for each in templates} == {
        "prasan.user-task", *(f"prasan.{name}" for name in house.engine.topics.names)
    }  # fmt: skip
    assert "dist/client.js" in parts["resources/plugins/prasan/index.js"]
    plugin = parts["resources/plugins/prasan/dist/client.js"]
    assert '"notify"' in plugin
    assert "lintRules.bpmn" in plugin
    assert "bpmn.platform.modeler.additionalModules" in plugin
    assert "camunda-modeler" in parts["README.th.txt"]


def test_the_modelers_links_lead_somewhere(login: Login, house: House) -> None:
    number = login("it").starts(PROCESS)
    case = house.reads(lambda ctx: ctx.db.exec_driver_sql("SELECT id FROM cases").scalar())
    owner = login("admin")
    assert owner.opens("/studio/repository?deploymentsQuery=x").location == "/studio"
    assert owner.opens(f"/studio/process-instance/{case}").location == f"/cases/{number}"
    assert owner.opens("/studio/").location == "/studio"
