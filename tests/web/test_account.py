"""Login, sessions, logout."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from engine.tables import audit, people, sessions
from tests.web.conftest import Actor, House
from web.request import TOKEN

Login = Callable[[str], Actor]


def tags(house: House) -> list[str]:
    return list(house.reads(lambda ctx: ctx.db.execute(select(audit.c.tag).order_by(audit.c.id)).scalars().all()))


def cookie(actor: Actor, name: str) -> object:
    with actor.client.session_transaction() as found:
        return found.get(name)


def test_login_opens_the_worklist_and_is_recorded(visitor: Login, house: House) -> None:
    it = visitor("it")
    sent = it.logs_in()
    assert (sent.status_code, sent.location) == (303, "/")
    assert "งานของฉัน" in it.opens("/").text
    assert it.opens("/login").status_code == 303
    it.posts("/logout")
    assert it.opens("/").status_code == 303
    assert tags(house)[-2:] == ["account:login", "account:logout"]


def test_every_failed_login_says_the_same(visitor: Login, house: House) -> None:
    house.does(lambda ctx: ctx.db.execute(update(people).where(people.c.username == "vc").values(active=False)))
    answers = [
        visitor("it").logs_in("wrong"),
        visitor("nobody").logs_in(),
        visitor("vc").logs_in(),
        visitor("").logs_in(),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert all("ชื่อผู้ใช้หรือรหัสผ่านไม่ถูกต้อง" in answer.text for answer in answers)
    assert tags(house)[-1] == "account:login_refused"


def test_from_the_fourth_failure_on_the_account_waits(visitor: Login, house: House) -> None:
    it = visitor("it")
    for _ in range(4):
        it.logs_in("wrong")
    assert it.logs_in().status_code == 403
    house.clock.forward(seconds=61)
    assert it.logs_in().status_code == 303


@pytest.mark.parametrize(
    ("target", "goes_to"),
    [
        ("/cases?status=done", "/cases?status=done"),
        ("//evil.example", "/"),
        ("https:evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
        ("/%2f/evil", "/%2f/evil"),
    ],
)
def test_login_goes_on_only_to_own_paths(visitor: Login, target: str, goes_to: str) -> None:
    assert visitor("it").logs_in(next=target).location == goes_to


def test_the_page_asked_for_comes_after_login(visitor: Login) -> None:
    assert visitor("it").opens("/cases?status=done").location == "/login?next=/cases?status%3Ddone"


def test_a_session_ends_after_half_an_hour_of_rest(login: Login, house: House) -> None:
    it = login("it")
    for _ in range(3):
        house.clock.forward(minutes=20)
        assert it.opens("/").status_code == 200
    house.clock.forward(minutes=30)
    assert it.opens("/").status_code == 303


def test_a_session_ends_after_twelve_hours(login: Login, house: House) -> None:
    it = login("it")
    for _ in range(12 * 3 - 1):
        house.clock.forward(minutes=20)
        assert it.opens("/help").status_code == 200
    house.clock.forward(minutes=20)
    assert it.opens("/help").status_code == 303


def test_a_login_makes_a_new_session_and_ends_the_old(visitor: Login) -> None:
    it = visitor("it")
    it.logs_in()
    first = cookie(it, TOKEN)
    other = visitor("it")
    with other.client.session_transaction() as planted:
        planted[TOKEN] = first
    it.client.get("/help")
    it.logs_in()
    assert cookie(it, TOKEN) != first
    assert other.opens("/").status_code == 303


def test_the_token_is_stored_hashed(visitor: Login, house: House) -> None:
    it = visitor("it")
    it.logs_in()
    stored = house.reads(lambda ctx: ctx.db.execute(select(sessions.c.id)).scalars().all())
    assert cookie(it, TOKEN) not in stored


def test_a_token_of_a_page_before_login_is_worth_nothing_after_it(visitor: Login) -> None:
    it = visitor("it")
    before = it.csrf()
    it.logs_in()
    assert it.client.post("/logout", data={"csrf_token": before}).status_code == 403


def test_an_open_form_can_still_be_sent_after_logging_in_again(visitor: Login, house: House) -> None:
    it = visitor("it")
    it.logs_in()
    on_the_page = it.csrf()
    house.clock.forward(hours=2)
    assert it.client.post("/start/external_link", data={"csrf_token": on_the_page}).location == "/login"
    it.logs_in()
    assert it.client.post("/start/external_link", data={"csrf_token": on_the_page}).location.startswith("/tasks/")


def test_a_closed_account_is_out_at_once(login: Login, house: House) -> None:
    it = login("it")
    house.does(lambda ctx: ctx.db.execute(update(people).where(people.c.username == "it").values(active=False)))
    assert it.opens("/").status_code == 303


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(visitor: Login) -> None:
    sent = visitor("it").logs_in().headers["Set-Cookie"]
    assert "HttpOnly" in sent
    assert "SameSite=Lax" in sent
