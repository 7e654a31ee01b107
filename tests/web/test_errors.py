"""Error pages: calm, in Thai, without a traceback; JSON for scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from sqlalchemy import QueuePool

from engine import sessions, todo
from engine.errors import Busy
from tests.web.conftest import Actor

Login = Callable[[str], Actor]
pytestmark = pytest.mark.parametrize("office", ["sqlite"], indirect=True)  # one database is enough for these


def fails(error: Exception) -> Callable[..., NoReturn]:
    def fail(*_: Any, **__: Any) -> NoReturn:
        raise error

    return fail


def test_a_fault_of_ours_shows_nothing_of_itself(login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    it = login("it")
    monkeypatch.setattr(todo, "worklist", fails(ZeroDivisionError("SELECT secret FROM engine/todo.py")))
    page = it.opens("/")
    assert page.status_code == 500
    assert "ระบบขัดข้อง" in page.text
    for word in ("Traceback", "ZeroDivisionError", "secret", ".py"):
        assert word not in page.text
    answer = it.opens("/", Accept="application/json")
    assert answer.json == {"title": "ระบบขัดข้อง", "message": answer.json and answer.json["message"], "errors": {}}


def test_no_page_keeps_a_connection(login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    it = login("it")
    pool = it.house.database.engine.pool
    assert isinstance(pool, QueuePool)
    for url in ("/", "/help", "/nowhere", "/tasks/none", "/outbox", "/incidents", "/registry.xlsx", "/studio/"):
        it.opens(url)
        assert pool.checkedout() == 0, url
    monkeypatch.setattr(todo, "worklist", fails(ZeroDivisionError()))
    it.opens("/")
    monkeypatch.setattr(sessions, "find", fails(Busy()))
    assert it.opens("/").status_code == 503
    assert pool.checkedout() == 0


def test_a_busy_case_says_when_to_come_back(login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    it = login("it")
    monkeypatch.setattr(todo, "worklist", fails(Busy()))
    page = it.opens("/")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "2")
    assert "กรุณาลองใหม่อีกครั้ง" in page.text


def test_what_was_typed_is_never_markup(login: Login) -> None:
    it = login("it")
    for url in (
        "/?q=<script>alert(1)</script>",
        "/cases?q=%22><b>",
        "/registry?q='><i>{{7*7}}",
        "/<script>",
        "/cases/<b>",
    ):
        text = it.opens(url).text
        assert "<script>alert" not in text
        assert "><b>" not in text
        assert "><i>" not in text
        assert "49" not in text or "{{7*7}}" not in url


def test_health_needs_no_login(visitor: Login) -> None:
    answer = visitor("it").opens("/health")
    assert answer.status_code == 200
    assert answer.json
    assert answer.json["ok"] is True
    assert answer.json["revision"]
    assert "Set-Cookie" not in answer.headers
