"""The table of codes: complete sentences in both languages, and every code that the rules use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.checks import Entry, catalogue
from engine.checks.catalogue import LONGEST_DETAIL, fill, shown
from engine.checks.form import code_of
from engine.checks.kinds import REFUSED_EVENTS, REFUSED_KINDS
from engine.checks.meaning import FOREIGN_EXTENSIONS
from engine.checks.problem import problem

ROOT = Path(__file__).parents[3]
CODE = re.compile(r'"([a-z]+(?:-[a-z0-9]+)+)"')
THAI = re.compile("[\u0e00-\u0e7f]")
WORDS = {"utf-8"}


@pytest.mark.parametrize("entry", catalogue().values(), ids=catalogue())
def test_an_entry_is_whole(entry: Entry) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry.code)
    assert entry.level in ("error", "warning")
    for thai in (entry.th, entry.fix_th):
        assert THAI.search(thai) or "{" in thai
    for english in (entry.en, entry.fix_en):
        assert english
        assert not THAI.search(english)


def test_every_code_in_the_rules_is_in_the_catalogue() -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "engine" / "checks").glob("*.py")]
    used = {code for source in sources for code in CODE.findall(source)}
    tables = {*REFUSED_KINDS.values(), *REFUSED_EVENTS.values(), *FOREIGN_EXTENSIONS.values()}
    assert used | tables <= set(catalogue()) | WORDS
    assert {"connector", "listener", "script", "schema"} <= set(catalogue())


def test_every_fault_that_forms_can_name_has_a_code_of_its_own() -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "forms").glob("*.py")]
    faults = {fault for source in sources for fault in re.findall(r'"(form\.[a-z]+)"', source)}
    assert faults
    assert not {fault for fault in faults if code_of(fault) == "form-other"}
    assert code_of("form.unheard") == "form-other"


def test_a_problem_is_one_line() -> None:
    found = problem("unknown-topic", "a.bpmn", 7, "S1", name="งาน", topic="x\ny", known="notify")
    assert str(found) == (
        "a.bpmn:7 unknown-topic S1: งาน “งาน”: ไม่รู้จักงานอัตโนมัติ “x y” ใช้ได้: notify "
        "หากโปรแกรมภายนอกเป็นผู้ทำ ให้ระบุ property served.by ว่าใครดูแล"
        ' / The task "งาน" asks for the topic "x y", which nothing serves. Known topics: notify. '
        "If an outside program does it, name who runs it in the property served.by."
    )


def test_an_unknown_code_cannot_be_reported() -> None:
    with pytest.raises(KeyError):
        problem("no-such-code", "a.bpmn")


def test_details_are_short_and_never_templates() -> None:
    assert fill("{a} {b} {all_units}", {"a": "{b}", "b": "{0.__class__}"}) == "{b} {0.__class__} {all_units}"
    assert len(shown("x" * 10_000)) == LONGEST_DETAIL
    assert shown("a\u202eb\x00c\ud800") == "a b c"
