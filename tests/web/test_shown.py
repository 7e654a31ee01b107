"""How values are shown."""

from __future__ import annotations

import pytest

from web.shown import truncate


@pytest.mark.parametrize(
    ("text", "length", "shown"),
    [
        ("สั้น", 10, "สั้น"),
        ("เชื่อมโยงข้อมูลและการ", 17, "เชื่อมโยงข้อมูล…"),  # the vowel before ล
        ("ข้อมูลที่ให้", 9, "ข้อมูล…"),  # the marks above ท
        ("ข้อมูล ภายใน", 8, "ข้อมูล…"),
        ("abc def", 6, "abc d…"),
    ],
)
def test_a_long_text_is_cut_between_letters(text: str, length: int, shown: str) -> None:
    assert truncate(text, length) == shown
