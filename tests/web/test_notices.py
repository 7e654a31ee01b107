"""Notices to be confirmed, and the outbox."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.web.conftest import Actor

Login = Callable[[str], Actor]


@pytest.fixture
def told(login: Login) -> str:
    """Every unit has been told of step 6.1-S1; returns the case's number."""
    number = login("it").starts("manual_review")
    login("it").completes("S1", reply_by="2026-12-15")
    login("it-director").completes("S1_endorse")
    return number


def test_a_notice_is_confirmed_once_by_each(login: Login, told: str) -> None:
    owner, director = login("owner"), login("owner-director")
    page = owner.opens("/messages").text
    assert f"[{told}]" in page
    assert "(1)" in page
    key = re.search(r"/messages/\w+/read", page)
    assert key
    assert owner.posts(key[0]).status_code == 303
    assert owner.posts(key[0]).status_code == 303
    assert "ไม่มีเรื่องที่รอรับทราบ" in owner.opens("/messages").text
    assert key[0] in director.opens("/messages").text
    assert login("vc").posts(key[0]).status_code == 404


@pytest.mark.parametrize(("who", "status"), [("it", 200), ("admin", 200), ("owner", 403), ("executive", 403)])
def test_the_outbox_is_for_the_it_department_and_operators(login: Login, told: str, who: str, status: int) -> None:
    page = login(who).opens("/outbox")
    assert page.status_code == status
    if status == 200:
        assert "ฝ่ายกฎหมาย" in page.text
        assert "ยังไม่ได้ตั้งค่าเครื่องส่งอีเมล" in page.text
        assert told in page.text
