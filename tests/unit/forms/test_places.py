"""Places in nested data."""

from __future__ import annotations

from typing import Any

import pytest

from forms.places import put


@pytest.mark.parametrize("before", [{}, *({"g": old} for old in (None, 1, "text", [], ["item"], [{"x": "item"}]))])
def test_a_context_takes_the_place_of_anything_else(before: dict[str, Any]) -> None:
    put(before, ("g", "x"), "a")
    assert before == {"g": {"x": "a"}}


def test_contexts_and_rows_on_the_way_are_kept() -> None:
    data = {"g": {"rows": [{"x": 1, "y": 1}, {"y": 2}]}}
    put(data, ("g", "rows", 1, "x"), 3)
    assert data == {"g": {"rows": [{"x": 1, "y": 1}, {"x": 3, "y": 2}]}}
