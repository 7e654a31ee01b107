"""Excel files with Thai headings, Buddhist dates and no cell that could become a formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import Row

from engine.registry import STATE_NAMES, LinkState
from forms.dates import thai_date
from web.shown import DIRECTIONS

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BUDDHIST = "[$-107041E]d mmm yyyy;@"  # a real date, shown in the Thai Buddhist calendar
LONGEST_CELL = 32_000
Column = tuple[str, int, Callable[[Row[Any], Mapping[str, str]], Any]]

COLUMNS: Sequence[Column] = (
    ("เลขที่", 16, lambda row, _: row.number),
    ("ทิศทาง", 30, lambda row, _: DIRECTIONS.get(row.direction, row.direction)),
    ("หน่วยงานคู่เชื่อมโยง", 40, lambda row, _: row.partner),
    ("ชุดข้อมูล", 50, lambda row, _: row.dataset),
    ("สถานะ", 16, lambda row, _: STATE_NAMES[LinkState(row.state)]),
    ("หน่วยงานผู้ดูแล", 30, lambda row, groups: groups.get(row.holder_unit, row.holder_unit)),
    ("หน่วยงานเจ้าของข้อมูล", 30, lambda row, groups: groups.get(row.owner_unit, row.owner_unit)),
    ("หน่วยงานผู้ใช้ข้อมูล", 40, lambda row, groups: ", ".join(groups.get(unit, unit) for unit in row.using_units)),
    ("คะแนนคัดเลือก", 14, lambda row, _: row.score),
    ("เริ่มใช้งาน", 16, lambda row, _: row.live_on),
    ("เริ่มข้อตกลง", 16, lambda row, _: row.starts_on),
    ("สิ้นสุดข้อตกลง", 16, lambda row, _: row.ends_on),
    ("ทบทวนครั้งถัดไป", 16, lambda row, _: row.review_on),
    ("วันที่ยกเลิก", 16, lambda row, _: row.ended_on),
    ("เหตุที่ยกเลิก (ข้อ 7.2)", 20, lambda row, _: row.end_reason),
    ("เลขที่เรื่อง", 18, lambda row, _: row.case_number),
)


def registry(rows: Sequence[Row[Any]], groups: Mapping[str, str], day: date) -> bytes:
    """The link registry as of a day."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "ทะเบียนการเชื่อมโยงข้อมูล"
    _write(sheet.cell(1, 1), f"ทะเบียนการเชื่อมโยงข้อมูล ณ วันที่ {thai_date(day)}").font = Font(bold=True, size=14)
    _head(sheet)
    for number, row in enumerate(rows, 3):
        for place, (_, _, value) in enumerate(COLUMNS, 1):
            _write(sheet.cell(number, place), value(row, groups))
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _head(sheet: Worksheet) -> None:
    for place, (title, width, _) in enumerate(COLUMNS, 1):
        _write(sheet.cell(2, place), title).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = "B3"


def _write(cell: Cell | Any, value: Any) -> Cell:
    """Dates and numbers as such; text always as text, marked so that Excel never reads it as a formula."""
    cell.alignment = Alignment(vertical="top", wrap_text=isinstance(value, str) and cell.row > 1)
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)[:LONGEST_CELL]
        cell.data_type = "s"  # openpyxl takes a text that begins with = for a formula
        cell.quotePrefix = value[:1] in tuple("=+-@\t\r＝＋－＠")
    else:
        cell.value = value
    if isinstance(value, date):
        cell.number_format = BUDDHIST
    return cell
