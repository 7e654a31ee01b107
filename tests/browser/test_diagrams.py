"""The diagrams in Camunda Modeler and in our viewer: no warning, nothing lost by saving, no Thai word cut."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from engine import project, replay
from engine.checks import check
from handlers import topics
from tests.browser.conftest import Staff
from tests.browser.modeler import Modeler, canonical
from tests.browser.people import DRAWINGS, Person

pytestmark = pytest.mark.browser

DIAGRAMS = sorted(name for name in project.files() if name.endswith(".bpmn"))
GREEN, AMBER = "rgb(31, 107, 58)", "rgb(178, 106, 0)"
COLOURS = """(all) => Object.fromEntries(all.map((each) => [each.dataset.elementId,
  Array.from(each.querySelectorAll('.djs-visual > *'), (part) => getComputedStyle(part).stroke)]))"""
MOUNT = """async (xml) => {
  const container = document.createElement('div');
  document.querySelector('main').append(container);
  const viewer = await PrasanDiagram.mount({ container, xml });
  const { warnings } = await viewer.importXML(xml);
  const shapes = viewer.get('elementRegistry').getAll();
  const lines = (id) => Array.from(
    container.querySelectorAll(`[data-element-id="${id}"] > .djs-visual tspan`), (line) => line.textContent);
  const labels = shapes.map(({ id, businessObject }) => ({ id, name: businessObject.name, lines: lines(id) }));
  container.remove();
  return { warnings: warnings.map(({ message }) => message), labels: labels.filter((each) => each.lines.length) };
}"""
CUTS = """(labels) => {
  const words = new Intl.Segmenter('th', { granularity: 'word' });
  const plain = (text) => text.replace(/[\\s\\uFEFF]/g, '');
  return labels.flatMap(({ id, name, lines }) => {
    const ends = new Set([0]);
    for (const { segment, index } of words.segment(name)) ends.add(plain(name.slice(0, index + segment.length)).length);
    let length = 0;
    return lines.flatMap((line) => {
      length += plain(line).length;
      return ends.has(length) ? [] : [`${id}: ${lines.map(plain).join('|')}`];
    }).slice(0, 1);
  });
}"""
WHOLE_WORDS = ("บูรณาการ", "เชื่อมโยง", "หน่วยงาน", "คณะทำงาน", "คณะกรรมการ", "ธรรมาภิบาล", "เห็นชอบ", "แลกเปลี่ยน")


@pytest.fixture(scope="module")
def modeler(browser: Browser) -> Iterator[Modeler]:
    window = Modeler(browser)
    yield window
    window.closes()
    assert window.troubles == []


@pytest.mark.parametrize("name", DIAGRAMS)
def test_the_modeler_opens_and_saves_it_unchanged(modeler: Modeler, name: str) -> None:
    content = project.files()[name]
    opened = modeler.opens_and_saves(content)
    assert opened.warnings == []
    drawn = next(each for each in DRAWINGS.values() if each.process.replace("_", "-") == name.removesuffix(".bpmn"))
    assert {*drawn.elements, *drawn.flows} <= opened.drawn
    changed = difflib.unified_diff(canonical(content), canonical(opened.saved), "ours", "saved", n=0, lineterm="")
    assert not list(changed)


def test_what_the_modeler_saved_is_sound_and_runs(modeler: Modeler) -> None:
    saved = {name: modeler.opens_and_saves(project.files()[name]).saved for name in DIAGRAMS}
    again = {name: modeler.opens_and_saves(content).saved for name, content in saved.items()}
    assert again == saved
    files = {**project.files(), **saved}
    served = topics()
    assert [str(problem) for problem in check(files, served.names) if problem.level == "error"] == []
    results = replay.run(sorted(replay.FOLDER.glob("*.yaml")), served, files)
    assert [(result.file, result.name, result.problem) for result in results if result.problem] == []
    assert {result.process for result in results} == set(DRAWINGS)


@pytest.fixture
def viewer(staff: Staff) -> Page:
    """A page that has the diagram's bundle."""
    clerk = staff["clerk"]
    case = clerk.starts("link_termination")
    return clerk.opens_case(case).page


def test_our_viewer_cuts_no_thai_word(viewer: Page) -> None:
    for name in DIAGRAMS:
        got: dict[str, Any] = viewer.evaluate(MOUNT, project.files()[name].decode())
        assert got["warnings"] == []
        assert len(got["labels"]) > 10
        assert viewer.evaluate(CUTS, got["labels"]) == [], name
        for label in got["labels"]:
            whole = [word for word in WHOLE_WORDS if word in label["name"]]
            shown = "|".join(line.replace("\ufeff", "") for line in label["lines"])
            assert [word for word in whole if shown.count(word) < label["name"].count(word)] == [], shown


def test_a_cut_word_and_a_lost_shape_would_be_noticed(viewer: Page, modeler: Modeler) -> None:
    cut, whole = ["ทบทว", "นการเชื่อมโยง"], ["ทบทวน", "การเชื่อมโยง"]
    labels = [{"id": "S1", "name": "ทบทวนการเชื่อมโยง", "lines": lines} for lines in (cut, whole)]
    assert viewer.evaluate(CUTS, labels) == ["S1: ทบทว|นการเชื่อมโยง"]
    content = project.files()["link-termination.bpmn"]
    assert modeler.opens_and_saves(content.replace(b'bpmnElement="S2"', b'bpmnElement="S9"')).warnings
    assert canonical(content.replace(b"${S1_decision", b"${S2_decision")) != canonical(content)


def colours(person: Person, marker: str) -> dict[str, list[str]]:
    """Ids that the case's diagram marks, with the colours of their lines."""
    found: dict[str, list[str]] = person.page.locator(f"#diagram .{marker}").evaluate_all(COLOURS)
    return found


def test_the_case_page_shows_where_the_case_stands(staff: Staff) -> None:
    clerk, it = staff["clerk"], staff["it"]
    case = clerk.starts("link_termination")
    clerk.does("S1", case, link_no=clerk.link_of("กรมบังคับคดี"))
    it.does("S1_memo", case).opens_case(case)
    passed = ["start", "number", "S1", "read", "S1_memo"]
    flows = [
        key for key, flow in DRAWINGS["link_termination"].flows.items()
        if flow.source in passed and flow.target in (*passed, "S1_endorse")
    ]  # fmt: skip
    done, current = colours(it, "is-done"), colours(it, "is-current")
    assert sorted(done) == sorted([*passed, *flows])
    assert all(GREEN in strokes for strokes in done.values())
    assert list(current) == ["S1_endorse"]
    assert AMBER in current["S1_endorse"]
    it.page.locator(".diagram__badge--current", has_text="ขณะนี้").wait_for()


def test_a_step_of_many_shows_how_many_are_still_to_answer(staff: Staff) -> None:
    it = staff["it"]
    case = it.starts("manual_review")
    it.does("S1", case, reply_by="2099-12-31")
    staff["it-director"].does("S1_endorse", case)
    staff["owner"].does("S2", case, has_existing="no", existing_review=None)
    it.opens_case(case).sees("ตอบแล้ว 1 จาก 8", "ยังไม่ตอบ")
    assert it.page.locator(".diagram__badge--current").inner_text() == "ขณะนี้ 7"
    data = json.loads(it.page.locator("#diagram-data").text_content() or "{}")
    assert data["current"] == ["S2"]
