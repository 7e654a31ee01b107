"""The worklist, the page of a task, starting a case."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import tasks, todo
from tests.statements import all_statements
from tests.web.conftest import Actor, House

Login = Callable[[str], Actor]


def test_a_case_goes_from_start_to_its_next_person(login: Login) -> None:
    it, director = login("it"), login("it-director")
    started = it.posts("/start/external_link")
    assert started.status_code == 303
    page = it.opens(started.location)
    assert page.status_code == 200
    assert 'id="form-data"' in page.text
    sent = it.completes("S1")
    assert sent.status_code == 200
    assert sent.json
    assert sent.json["next"] == "/cases/6.2-2570-0001"
    assert "เรียบร้อยแล้ว" in it.opens("/cases/6.2-2570-0001").text
    assert "6.2-2570-0001" in director.opens("/").text
    assert director.completes("S1_endorse").status_code == 200


def test_a_double_click_on_start_opens_one_case(login: Login) -> None:
    it = login("it")
    first = it.posts("/start/external_link", once="a1")
    second = it.posts("/start/external_link", once="a1")
    assert (first.status_code, second.status_code) == (303, 303)
    assert "6.2-2570-0002" not in it.opens("/cases").text
    assert second.location == "/cases/6.2-2570-0001"


def test_who_may_not_start_is_refused(login: Login) -> None:
    assert login("cdo").posts("/start/manual_review").status_code == 403
    assert login("it").posts("/start/nothing").status_code == 404


def test_my_next_task_of_the_same_case_comes_next(login: Login) -> None:
    it = login("it")
    number = it.starts("information_request")
    sent = it.completes("S1")
    assert sent.json
    assert sent.json["next"] == f"/tasks/{it.task('S2')}"
    assert number in it.opens(sent.json["next"]).text


def test_refused_answers_name_the_fields(login: Login) -> None:
    it = login("it")
    it.starts("external_link")
    sent = it.sends(f"/tasks/{it.task('S1')}", {"partner_found": "perhaps"})
    assert sent.status_code == 422
    assert sent.json
    assert sent.json["errors"]
    assert sent.json["title"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"answers": 1}', b"{", '{"answers": "ก"}'.encode()])
def test_a_body_that_holds_no_answers_is_refused(login: Login, body: bytes) -> None:
    it = login("it")
    it.starts("external_link")
    sent = it.client.post(
        f"/tasks/{it.task('S1')}", data=body, content_type="application/json", headers={"X-CSRFToken": it.csrf()}
    )
    assert sent.status_code == 400


def test_a_task_that_is_done_says_who_was_faster(login: Login) -> None:
    it, director = login("it"), login("it-director")
    it.starts("external_link")
    task = director.task("S1")
    it.completes("S1")
    page = director.opens(f"/tasks/{task}")
    assert page.status_code == 409
    assert "เจ้าหน้าที่ ทส." in page.text
    assert director.sends(f"/tasks/{task}", {}).status_code == 409


def test_a_claimed_task_is_shown_but_not_sent_by_another(login: Login) -> None:
    it, director = login("it"), login("it-director")
    it.starts("external_link")
    task = it.task("S1")
    page = director.opens(f"/tasks/{task}").text
    assert "รับงานนี้ไว้แล้ว" in page
    assert "data-form-submit" not in page
    assert director.sends(f"/tasks/{task}", {}).status_code == 409
    assert director.posts(f"/tasks/{task}/release").status_code == 403
    assert it.posts(f"/tasks/{task}/release").status_code == 303
    assert director.posts(f"/tasks/{task}/claim").location == f"/tasks/{task}"


def test_separation_of_duties_is_said_before_filling_in(login: Login) -> None:
    director = login("it-director")
    director.starts("external_link")
    director.completes("S1")
    task = director.task("S1_endorse")
    page = director.opens(f"/tasks/{task}")
    assert page.status_code == 200
    assert "ท่านพิจารณาขั้นตอนนี้เองไม่ได้" in page.text
    assert "data-form-submit" not in page.text
    assert director.completes("S1_endorse").status_code == 403


def test_a_draft_is_kept_for_its_writer_only(login: Login, house: House) -> None:
    it, director = login("it"), login("it-director")
    it.starts("external_link")
    task = it.task("S1")
    assert it.sends(f"/tasks/{task}/draft", {"partner_name": "ร่างของฉัน"}, "PUT").status_code == 204
    assert house.reads(lambda ctx: tasks.draft(ctx, task, it.person)).answers == {"partner_name": "ร่างของฉัน"}
    assert "ร่างล่าสุด" in it.opens(f"/tasks/{task}").text
    assert house.reads(lambda ctx: tasks.draft(ctx, task, director.person)) is None


def test_the_worklist_filters_and_counts(login: Login) -> None:
    it, director = login("it"), login("it-director")
    it.starts("external_link")
    it.starts("information_request")
    assert "ทั้งหมด (2)" in director.opens("/").text
    assert "ยังไม่มีผู้รับ (0)" in director.opens("/").text
    assert "ที่ฉันรับไว้ (2)" in it.opens("/?scope=mine").text
    assert "6.3-2570-0001" not in it.opens("/?process=external_link").text
    assert "6.3-2570-0001" in it.opens("/?q=6.3-").text
    assert "ไม่พบงานตามที่เลือก" in it.opens("/?q=%25zzz").text
    for strange in ("page=0", "page=-1", "page=x", "page=99999999999999", "scope=none", "endpoint=x&_external=1"):
        assert it.opens(f"/?{strange}").status_code == 200


def test_a_late_task_is_marked(login: Login, house: House) -> None:
    it = login("it")
    it.starts("external_link")
    house.clock.forward(days=20)
    it.is_logged_in()
    page = it.opens("/").text
    assert "task--late" in page
    assert "เกินกำหนด (1)" in page


def test_pages_ask_the_database_little(login: Login, house: House) -> None:
    it = login("it")
    for _ in range(3):
        it.starts("information_request")
    task = it.task("S1")
    it.opens("/")
    for url, most in (("/", 4), (f"/tasks/{task}", 7)):
        with all_statements(house.database.engine) as seen:
            assert it.opens(url).status_code == 200
        assert len(seen) <= most, "\n".join(seen)
        assert all(statement.startswith(("SELECT", "WITH")) for statement in seen)


def test_a_submit_asks_for_the_person_the_name_and_the_next_task_beside_the_command(login: Login, house: House) -> None:
    it = login("it")
    it.starts("information_request")
    it.starts("information_request")
    first, second = (row.id for row in house.reads(lambda ctx: todo.worklist(ctx, it.person)).rows)
    given, person = house.answers["information_request_S1"], it.person
    with all_statements(house.database.engine) as command:
        house.database.command(lambda db: tasks.complete(house.engine.context(db), first, person, given))
    it.csrf()
    token = it.csrf()
    with all_statements(house.database.engine) as request:
        sent = it.client.post(f"/tasks/{second}", json={"answers": given}, headers={"X-CSRFToken": token})
    assert sent.status_code == 200
    assert len(request) <= len(command) + 3, "\n".join(request)


def test_who_may_not_know_of_a_task_learns_nothing_by_doing_it(login: Login, house: House) -> None:
    it, outsider = login("it"), login("dpo")
    it.starts("external_link")
    task = it.task("S1")
    for _ in ("open", "done"):
        assert outsider.sends(f"/tasks/{task}", {}).status_code == 404
        it.sends(f"/tasks/{task}", house.answers["external_link_S1"])
    assert it.sends(f"/tasks/{task}", {}).status_code == 409
