"""DMN input entries."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from forms.feel import FeelError, compile_unary

NOW = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "value", "expected"),
    [
        ("", 1, True),
        ("-", None, True),
        ('"state"', "state", True),
        ('"state"', "private", False),
        ('"state","private"', "private", True),
        ('not("internal")', "state", True),
        ('not("internal")', "internal", False),
        ('not("a","b")', "b", False),
        (">= 60", 60, True),
        (">= 60", 59.9, False),
        (">= 60", None, False),
        ("[1..5)", 5, False),
        ("[1..5)", 1, True),
        ("]1..5]", 1, False),
        ("< 1, > 9", 10, True),
        ("true", True, True),
        ("true", None, False),
        ("false", False, True),
        ("false", 0, False),
        ("null", None, True),
        ("null", "", False),
        ("? > 3 and ? < 9", 5, True),
        ('contains(?, "ลับ")', "ชั้นลับ", True),
        ("limit", 7, True),
        ("> limit", 8, True),
        ("[low..limit]", 2, True),
        ('date("2026-01-05")', date(2026, 1, 5), True),
        ("date(?) >= today()", "2026-01-05", True),
        ("date(?) >= today()", "2026-01-04", False),
        ("allowed", "b", True),
        ("-5", -5, True),
    ],
)
def test_a_cell_passes_or_not(cell: str, value: Any, expected: bool) -> None:
    context = {"limit": 7, "low": 1, "allowed": ["a", "b"]}
    assert compile_unary(cell).matches(value, context, NOW) is expected


def test_the_input_is_no_name_of_the_cell() -> None:
    assert compile_unary("? > limit").names == {"limit"}
    assert compile_unary("-").names == frozenset()


@pytest.mark.parametrize("cell", [">", "[1..", '"a" "b"', "not(1", ", 1", "1,", "foo(?)"])
def test_a_broken_cell_is_refused(cell: str) -> None:
    with pytest.raises(FeelError):
        compile_unary(cell)


def test_a_condition_without_input_follows_the_browser() -> None:
    assert compile_unary("true").holds({}) is True
    assert compile_unary("flag").holds({}) is True
    assert compile_unary("not(flag)").holds({}) is False
    assert compile_unary("not(flag)").holds({"flag": False}) is True
    assert compile_unary("not(flag)").holds({"flag": True}) is False
    assert compile_unary('kind = "a"').holds({"kind": "b"}) is False
