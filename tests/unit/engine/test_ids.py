"""Keys: nobody has one twice, and what is new stands together in an index."""

from __future__ import annotations

import pytest

from engine.calendar import FixedClock
from engine.tables import base
from engine.tables.base import new_id


def test_no_two_are_the_same() -> None:
    made = [new_id() for _ in range(10_000)]
    assert len(set(made)) == len(made)
    assert all(len(key) == 32 and key == key.lower() and int(key, 16) for key in made)


def test_they_are_in_the_order_in_which_they_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FixedClock(base._CLOCK.now())
    monkeypatch.setattr(base, "_CLOCK", clock)
    made = []
    for _ in range(100):
        clock.forward(milliseconds=1)
        made.append(new_id())
    assert made == sorted(made)
