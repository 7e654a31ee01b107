"""Case data as Camunda's typed variables, and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.errors import VariableRefused
from web.engine_rest.given import InvalidRequest
from web.engine_rest.values import moment, own_id, plain, plain_all, typed


@pytest.mark.parametrize(
    ("kind", "value", "kept", "shown"),
    [
        ("String", "ก", "ก", "String"), ("string", 7, "7", "String"), ("integer", 7, 7, "Integer"),
        ("Integer", "7", 7, "Integer"), ("Long", 2**62 + 1, 2**62 + 1, "Long"), ("double", 1, 1.0, "Double"),
        ("Boolean", "true", True, "Boolean"), ("json", '{"a": ["ก"]}', {"a": ["ก"]}, "Json"), (None, [1], [1], "Json"),
        ("Date", "2026-11-23T00:00:00.000+0700", "2026-11-23", "String"),
        ("date", "2026-11-23T09:05:14.242+0000", "2026-11-23T16:05:14.242+07:00", "String"),
        ("Null", None, None, "Null"), (None, 1.5, 1.5, "Double"),
    ],
)  # fmt: skip
def test_every_type(kind: str | None, value: Any, kept: Any, shown: str) -> None:
    found = plain("x", {"value": value, "type": kind})
    assert (found, type(found)) == (kept, type(kept))
    variable = typed(found)
    assert variable["type"] == shown
    assert (json.loads(variable["value"]) if shown == "Json" else variable["value"]) == kept


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("Integer", "x"), ("Integer", 1.5), ("Long", 2**70), (None, 2**70), ("Double", "x"), ("Boolean", "yes"),
        ("Json", "{"), ("Date", "soon"), ("File", "eA=="), ("Bytes", "eA=="),
    ],
)  # fmt: skip
def test_what_is_not_what_it_says(kind: str | None, value: Any) -> None:
    with pytest.raises(InvalidRequest):
        plain("x", {"value": value, "type": kind})


@pytest.mark.parametrize("value", ["x", 1, None, []])
def test_a_variable_is_an_object(value: Any) -> None:
    with pytest.raises(InvalidRequest):
        plain("x", value)


def test_a_value_that_cannot_be_kept() -> None:
    deep: Any = 1
    for _ in range(500):
        deep = [deep]
    with pytest.raises(VariableRefused):
        plain_all({"x": {"value": deep}})


def test_moments_and_ids() -> None:
    assert moment(datetime(2026, 11, 23, 2, 5, 14, 242_900, UTC)) == "2026-11-23T09:05:14.242+0700"
    assert moment(None) is None
    key = "0123456789abcdef0123456789abcdef"
    assert own_id(f"outside:2:{key}") == own_id("01234567-89AB-cdef-0123-456789abcdef") == key
