"""Good files broken at random, like a slip in an editor: the checker names something or nothing, but never fails."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given, settings, strategies

from engine.checks import check
from tests.hostile.bad import FOLDER, TOPICS

NAMES = ("good.bpmn", "printed.bpmn", "good.form", "good.dmn")
GOOD = {name: (FOLDER / name).read_text("utf-8") for name in NAMES}
VALUES = re.compile(r'"[^"<>]*"|>[^<>]+<')
TAGS = re.compile(r"<bpmn:\w+|</?\w+")
NASTY = (
    "", " ", "0", "-1", "9" * 400, "true", "null", "S1", "sub", "start", "${x", "${}", "=", "R/P1D", "P", "R9/P0D",
    "\u0e01", "\ud7ff", "{0}", "%s", "a" * 5_000, "[]", "1e999", "2026-02-30", "R1/P99999999999Y", "P" + "9" * 40 + "D",
)


def broken(text: str, dice: Random) -> str:
    """The text with one small thing wrong."""
    how = dice.randrange(6)
    places = [match.span() for match in (TAGS if how == 0 else VALUES).finditer(text)]
    if how in (0, 1, 2) and places:
        (begin, end), (other, last) = dice.choice(places), dice.choice(places)
        swapped = text[other:last] if how < 2 else f"{text[begin]}{dice.choice(NASTY)}{text[end - 1]}"
        return text[:begin] + swapped + text[end:]
    begin = dice.randrange(len(text))
    end = min(len(text), begin + dice.choice((1, 1, 5, 40, 400)))
    if how == 3:
        return text[:begin] + text[end:]
    lines = text.splitlines(keepends=True)
    row = dice.randrange(len(lines))
    return "".join(lines[:row] + lines[row : row + 1] * (0 if how == 4 else 2) + lines[row + 1 :])


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=80, deadline=None, derandomize=True)
@given(dice=strategies.randoms(use_true_random=False))
def test_a_broken_file_never_breaks_the_checker(name: str, dice: Random) -> None:
    text = GOOD[name]
    for _ in range(dice.randint(1, 3)):
        text = broken(text, dice)
    files = {other: good.encode() for other, good in GOOD.items()} | {name: text.encode("utf-8", "replace")}
    for problem in check(files, TOPICS):
        assert problem.th
        assert problem.en
