"""The link registry: list, detail, Excel."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update

from engine.tables import audit, links
from tests.web.conftest import Actor, House

Login = Callable[[str], Actor]


def sheet(content: bytes) -> list[list[Any]]:
    found = load_workbook(BytesIO(content)).active
    assert found is not None
    return [list(row) for row in found.iter_rows()]


def test_partners_stand_in_thai_order(login: Login, house: House) -> None:
    names = ["เกษตรจังหวัด", "กรมที่ดิน", "แพทยสภา", "ขนส่ง", "อำเภอ"]
    numbers = house.reads(lambda ctx: ctx.db.execute(select(links.c.number).order_by(links.c.number)).scalars().all())
    for number, name in zip(numbers, names, strict=True):
        renamed = update(links).where(links.c.number == number).values(partner=name)
        house.runs(renamed)
    page = login("it").opens("/registry").text
    places = [page.index(f">{name}<") for name in ["กรมที่ดิน", "เกษตรจังหวัด", "ขนส่ง", "แพทยสภา", "อำเภอ"]]
    assert places == sorted(places)


def test_the_registry_filters(login: Login) -> None:
    it = login("it")
    assert "L-2570-0001" in it.opens("/registry?state=live&direction=outbound").text
    assert "ไม่พบรายการตามที่เลือก" in it.opens("/registry?state=ended").text
    assert "L-2570-0001" in it.opens("/registry?state=strange&direction=strange").text
    assert "L-2570-0001" not in it.opens("/registry?q=L-2570-0002").text


def test_a_link_tells_its_history(login: Login) -> None:
    it = login("it")
    number = it.starts("external_link")
    it.completes("S1")
    page = it.opens("/registry/L-2570-0006").text
    assert "ผ่านเกณฑ์การคัดเลือก 7.1" in page
    assert f'href="/cases/{number}"' in page
    assert f'href="/cases/{number}"' not in login("dgc").opens("/registry/L-2570-0006").text


def test_the_export_is_an_excel_file_and_is_recorded(login: Login, house: House) -> None:
    answer = login("it").opens("/registry.xlsx?state=live")
    assert answer.headers["Content-Disposition"] == "attachment; filename=link-registry-2026-11-23.xlsx"
    rows = sheet(answer.data)
    assert rows[0][0].value == "ทะเบียนการเชื่อมโยงข้อมูล ณ วันที่ 23 พฤศจิกายน 2569"
    assert [cell.value for cell in rows[1][:3]] == ["เลขที่", "ทิศทาง", "หน่วยงานคู่เชื่อมโยง"]
    assert len(rows) == 2 + 5
    ends = next(cell for cell in rows[2] if isinstance(cell.value, datetime))
    assert ends.number_format == "[$-107041E]d mmm yyyy;@"
    event = house.reads(lambda ctx: ctx.db.execute(select(audit).where(audit.c.tag == "registry:export")).one())
    assert (event.person, event.detail["rows"]) == ("it", 5)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "＝1"])
def test_no_cell_is_a_formula(login: Login, house: House, text: str) -> None:
    house.does(
        lambda ctx: ctx.db.execute(
            update(links).where(links.c.number == "L-2570-0001").values(partner=text, dataset=f"ก\x0b{text}")
        )
    )
    rows = sheet(login("it").opens("/registry.xlsx?q=L-2570-0001").data)
    partner = rows[2][2]
    assert partner.data_type == "s"
    assert partner.quotePrefix
    assert all(cell.data_type != "f" for row in rows for cell in row)
