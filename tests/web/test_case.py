"""The page of a case: where it stands, what happened, documents, comments, incidents, cancelling."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from engine import jobs as job_commands
from engine.tables import audit, jobs
from engine.topics import Topic
from tests.web.conftest import Actor, House

Login = Callable[[str], Actor]
PDF = b"%PDF-1.7 something"


def diagram(page: str) -> dict[str, Any]:
    found = re.search(r'id="diagram-data">(.*?)</script>', page, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_a_case_shows_where_it_stands(login: Login) -> None:
    it = login("it")
    number = it.starts("external_link")
    it.completes("S1")
    page = it.opens(f"/cases/{number}").text
    drawn = diagram(page)
    assert {"start", "number", "S1", "score"} <= set(drawn["done"])
    assert drawn["current"] == ["S1_endorse"]
    assert drawn["xml"].startswith("<?xml")
    for words in ("ขณะนี้รอ", "หัวหน้าฝ่ายเทคโนโลยีสารสนเทศ", "กรมการปกครอง", "รุ่นที่ 1", "เปิดเรื่อง ตามแผนผังรุ่นที่ 1", "ทำแล้ว"):
        assert words in page


def test_who_has_answered_and_who_has_not(login: Login) -> None:
    it, director, owner = login("it"), login("it-director"), login("owner")
    number = it.starts("manual_review")
    it.completes("S1", reply_by="2026-12-15")
    director.completes("S1_endorse")
    owner.completes("S2", "housing")
    page = it.opens(f"/cases/{number}").text
    assert "ตอบแล้ว 1 จาก 8" in page
    silent = page[page.index("ยังไม่ตอบ") :][:600]
    assert "ฝ่ายกฎหมาย" in silent
    assert "ฝ่ายบริหารงานเคหะ" not in silent
    assert diagram(page)["counts"] == {"S2": 7}


def test_a_case_that_ended_says_how(login: Login) -> None:
    it = login("it")
    number = it.starts("external_link")
    it.completes("S1", partner_found="no", not_found_reason="ไม่มีหน่วยงานที่เป็นเจ้าของข้อมูลชุดนี้โดยตรง")
    page = it.opens(f"/cases/{number}").text
    assert "เสร็จสิ้น" in page
    assert "สิ้นสุดเรื่อง" in page
    assert "ขณะนี้รอ" not in page
    assert it.posts(f"/cases/{number}/comments", text="ช้าไป").status_code == 409


def test_the_list_of_cases_filters(login: Login) -> None:
    it = login("it")
    it.starts("external_link")
    number = it.starts("information_request")
    assert number in it.opens("/cases?status=running&process=information_request").text
    assert "6.2-2570-0001" not in it.opens("/cases?process=information_request").text
    assert "ไม่พบเรื่องตามที่เลือก" in it.opens("/cases?status=done").text
    assert "ยังไม่มีเรื่อง" in login("dgc").opens("/cases").text
    assert number in login("admin").opens("/cases?q=2570").text


def test_whoever_is_consulted_reads_and_comments(login: Login) -> None:
    it, owner = login("it"), login("owner")
    number = it.starts("external_link")
    it.completes("S1")
    assert owner.opens(f"/cases/{number}").status_code == 404
    it_director, seam, vc = login("it-director"), login("seam"), login("vc")
    it_director.completes("S1_endorse")
    it.completes("S2")
    it.completes("S2_answer")
    it.completes("S3")
    seam.completes("S3_endorse")
    assert vc.posts(f"/cases/{number}/comments", text="เห็นควร <b>ดำเนินการ</b>").status_code == 303
    page = it.opens(f"/cases/{number}").text
    assert "เห็นควร &lt;b&gt;ดำเนินการ&lt;/b&gt;" in page
    assert it.posts(f"/cases/{number}/comments", text=" ").status_code == 422


def test_a_document_is_only_ever_downloaded(login: Login) -> None:
    it = login("it")
    number = it.starts("external_link")
    sent = it.posts(f"/cases/{number}/documents", file=(io.BytesIO(PDF), "../หนังสือ ที่ 1.pdf"), classification="internal")
    assert sent.location == f"/cases/{number}"
    found = re.search(r"/documents/\w+", it.opens(f"/cases/{number}").text)
    assert found
    file = it.opens(found[0])
    assert file.data == PDF
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert ".." not in file.headers["Content-Disposition"]
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert login("dgc").opens(found[0]).status_code == 404


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.svg", b"<svg><script>alert(1)</script></svg>"),
        ("a.html", b"<script>"),
        ("a.pdf", b"MZ not a pdf"),
        ("a.pdf", b""),
        ("a.pdf.exe", PDF),
        ("pdf", PDF),
        ("a.txt", b"a\0b"),
        ("a.docx", b"%PDF-1.7"),
        ("", PDF),
    ],
)
def test_an_unfit_file_is_refused(login: Login, name: str, content: bytes) -> None:
    it = login("it")
    number = it.starts("external_link")
    sent = it.posts(f"/cases/{number}/documents", file=(io.BytesIO(content), name))
    assert sent.status_code == 422
    assert "/documents/" not in it.opens(f"/cases/{number}").text.replace(f"/cases/{number}/documents", "")


def test_too_large_a_body_is_refused(login: Login) -> None:
    it = login("it")
    number = it.starts("external_link")
    large = PDF + b"x" * (3 * 1024 * 1024)
    boundary, form = encode_multipart({"csrf_token": it.csrf(), "file": FileStorage(io.BytesIO(large), "a.pdf")})
    sent = it.client.post(
        f"/cases/{number}/documents", data=form, content_type=f"multipart/form-data; boundary={boundary}"
    )
    assert sent.status_code == 303
    huge = {"data": b"x" * (22 * 1024 * 1024), "content_type": "multipart/form-data; boundary=x"}
    assert it.client.post(f"/cases/{number}/documents", **huge).status_code == 413
    refused = it.sends(f"/tasks/{it.task('S1')}", {"partner_name": "ก" * (3 * 1024 * 1024)})
    assert refused.status_code == 413
    assert refused.json
    assert refused.json["title"] == "ข้อมูลมีขนาดใหญ่เกินไป"


def test_an_operator_cancels_with_a_reason(login: Login) -> None:
    it, admin = login("it"), login("admin")
    number = it.starts("external_link")
    assert "ยกเลิกเรื่องนี้" not in it.opens(f"/cases/{number}").text
    assert it.posts(f"/cases/{number}/cancel", reason="ไม่ต้องการ").status_code == 403
    admin.posts(f"/cases/{number}/cancel", reason="")
    assert "กำลังดำเนินการ" in admin.opens(f"/cases/{number}").text
    admin.posts(f"/cases/{number}/cancel", reason="เปิดซ้ำ")
    page = it.opens(f"/cases/{number}").text
    assert "ยกเลิกแล้ว" in page
    assert "เปิดซ้ำ" in page


def test_an_incident_is_shown_and_tried_again(login: Login, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    it, admin = login("it"), login("admin")
    number = it.starts("information_request")
    known = house.engine.topics.get("notify")
    assert known
    broken = Topic(known.name, known.th, known.takes, known.gives, _fail)
    monkeypatch.setitem(house.engine.topics._topics, "notify", broken)
    assert it.completes("S1").status_code == 200
    page = it.opens(f"/cases/{number}").text
    assert "เรื่องนี้มีปัญหาที่ต้องแก้ไข" in page
    assert "the registry is away" not in page
    assert diagram(page)["incidents"] == ["notify_S1"]
    listed = admin.opens("/incidents").text
    assert "the registry is away" in listed
    job = re.search(r"/jobs/(\w+)/retry", listed)
    assert job
    monkeypatch.undo()
    assert admin.posts(job[0], next=f"/cases/{number}").location == f"/cases/{number}"
    assert job_commands.run_due(house.engine, house.database) == 1
    assert "ไม่มีปัญหา" in admin.opens("/incidents").text
    assert diagram(it.opens(f"/cases/{number}").text)["current"] == ["S2"]


def _fail(*_: object) -> None:
    raise ConnectionError("the registry is away")


def test_every_event_has_a_sentence(login: Login, house: House) -> None:
    from engine.audit import Tag
    from web.events import _SENTENCES

    of_cases = {tag for tag in Tag if not tag.startswith(("account:", "definition:", "registry:", "link:"))}
    assert of_cases - {Tag.MESSAGE_READ} <= set(_SENTENCES)
    it = login("it")
    number = it.starts("external_link")
    known = house.reads(lambda ctx: ctx.db.execute(select(audit).where(audit.c.tag == "case:start")).one())
    assert known.person == "it"
    house.does(lambda ctx: ctx.db.execute(update(audit).where(audit.c.id == known.id).values(tag="odd:tag")))
    assert "odd:tag" in it.opens(f"/cases/{number}").text
    assert house.reads(lambda ctx: ctx.db.execute(select(jobs)).all()) == []
