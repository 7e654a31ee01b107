"""Keys: nobody has one twice, and what is new stands together in an index."""

from __future__ import annotations

from itertools import count

import pytest

from engine.tables import base
from engine.tables.base import new_id


def test_no_two_are_the_same() -> None:
    made = [new_id() for _ in range(10_000)]
    assert len(set(made)) == len(made)
    assert all(len(key) == 32 and key == key.lower() and int(key, 16) for key in made)


def test_they_are_in_the_order_in_which_they_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "milliseconds", count(1_794_000_000_000).__next__)
    made = [new_id() for _ in range(100)]
    assert made == sorted(made)
