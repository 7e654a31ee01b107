"""Every bad file is refused by name, every name has a bad file, and the good files pass."""

from __future__ import annotations

import pytest

from engine.checks import Problem, catalogue, check
from tests.hostile import bad_flow, bad_meaning, bad_people, bad_shapes
from tests.hostile.bad import TOPICS, Bad, good

CORPUS = [*bad_shapes.ALL, *bad_flow.ALL, *bad_meaning.ALL, *bad_people.ALL]
# Kept for faults that forms may learn to name before the catalogue does.
SPARE = {"form-other"}


def errors(problems: list[Problem]) -> list[str]:
    return [str(problem) for problem in problems if problem.level == "error"]


@pytest.mark.parametrize("bad", CORPUS, ids=lambda bad: f"{bad.code} {bad.note}".strip())
def test_a_bad_file_is_refused_by_name(bad: Bad) -> None:
    found = {problem.code: problem for problem in check(bad.files, TOPICS)}
    assert bad.code in found, "\n".join(map(str, found.values())) or "nothing was found"
    problem = found[bad.code]
    assert problem.th
    assert problem.en
    assert len(str(problem)) < 2_000
    assert problem.level == catalogue()[bad.code].level


def test_every_code_has_a_bad_file() -> None:
    assert set(catalogue()) - SPARE == {bad.code for bad in CORPUS}


def test_there_are_enough_bad_files() -> None:
    assert len(CORPUS) >= 60


def test_the_good_files_pass() -> None:
    assert check(good("good.bpmn", "good.form", "good.dmn"), TOPICS) == []
    assert errors(check(good("printed.bpmn", "good.form"), TOPICS)) == []


def test_what_is_stored_already_need_not_come_again() -> None:
    stored = good("good.form", "good.dmn")
    known = {
        ("form", "good_form"): ("good.form", stored["good.form"]),
        ("decision", "good_decision"): ("good.dmn", stored["good.dmn"]),
    }
    assert check(good("good.bpmn"), TOPICS, known) == []
    assert {p.code for p in check(good("good.bpmn"), TOPICS)} >= {"unknown-form", "unknown-decision"}


def test_what_was_stored_and_no_longer_reads_is_absent() -> None:
    known = {("form", "good_form"): ("good.form", b"{"), ("decision", "good_decision"): ("good.dmn", b"<a>")}
    assert {p.code for p in check(good("good.bpmn"), TOPICS, known)} >= {"unknown-form", "unknown-decision"}
