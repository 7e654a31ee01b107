"""The server's check of a form beside form-js-viewer: the same faults in the same words, the same data."""

from __future__ import annotations

import copy
import json
import os
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from forms.answers import check
from forms.lint import KNOWN
from forms.schema import lint, read
from tests.browser.server import ROOT
from tests.browser.submissions import CHOICES, Json, Maker, merge

pytestmark = pytest.mark.browser

ASSETS = ROOT / "web" / "assets" / "node_modules"
NOW = datetime(2026, 1, 5, 10)  # noqa: DTZ001 - the server's clock has no zone
FILES = sorted((ROOT / "forms").glob("*.form"))
MADE = 22
PER_FILE, PER_MADE = 16, 20

# The server refuses what form-js takes or silently makes empty. (component, value, what the server says)
STRICTER: dict[str, tuple[Json, Any]] = {
    "a Buddhist year is no date": ({"type": "datetime", "subtype": "date"}, "2569-01-05"),
    "a year that nobody means": ({"type": "datetime", "subtype": "date"}, "2345-01-05"),
    "a day that the month does not have": ({"type": "datetime", "subtype": "date"}, "2026-02-30"),
    "a text that is too long to keep": ({"type": "textfield"}, "x" * 1_001),
    "a character that cannot be printed": ({"type": "textarea"}, "a\0b"),
    "a choice that was not offered": ({"type": "radio", "values": CHOICES}, "z"),
    "a choice that was not offered, of several": ({"type": "checklist", "values": CHOICES}, ["a", "z"]),
    "a number that is none": ({"type": "number"}, "1,000"),
    "a tick that is a text": ({"type": "checkbox"}, "yes"),
}


@pytest.fixture(scope="module")
def reference(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page with form-js-viewer in it."""
    script = tmp_path_factory.mktemp("reference") / "reference.js"
    build = [str(ASSETS / ".bin" / "esbuild"), str(Path(__file__).with_name("reference.js")), f"--outfile={script}"]
    subprocess.run(
        [*build, "--bundle", "--log-level=warning"], env={**os.environ, "NODE_PATH": str(ASSETS)}, check=True
    )
    page = browser.new_page(timezone_id="Asia/Bangkok")
    page.add_script_tag(path=script)
    yield page
    page.close()


def plain(value: Any) -> Any:
    """The value without what is empty: form-js leaves holes where the server leaves nothing."""
    if isinstance(value, dict):
        return {name: found for name, item in value.items() if (found := plain(item)) not in ({}, [], None)}
    if isinstance(value, list):
        items = [plain(item) or {} if isinstance(item, list | dict | None) else item for item in value]
        while items and items[-1] == {}:
            items.pop()
        return items
    return value


def judged(page: Page, schema: Json, cases: list[tuple[Json, Json]]) -> list[Json]:
    """What form-js makes of the cases."""
    asked = [{"known": known, "posted": merge(copy.deepcopy(known), posted)} for known, posted in cases]
    answers: list[Json] = page.evaluate("([schema, asked]) => judge(schema, asked)", [schema, asked])
    return answers


def differences(page: Page, schema: Json, cases: list[tuple[Json, Json]]) -> list[Any]:
    """Where the server and form-js differ: over what was filled in, and over what the page then sends."""
    form = read(json.dumps(schema))
    assert lint(form) == []
    found = []
    for (known, posted), theirs in zip(cases, judged(page, form.schema, cases), strict=True):
        expected = plain({"data": theirs["data"], "errors": theirs["errors"]})
        for sent in (posted, theirs["sent"]):
            result = check(form, sent, known, NOW)
            ours = plain({"data": result.clean, "errors": result.errors})
            if ours != expected:
                found.append({"known": known, "sent": sent, "ours": ours, "theirs": expected})
    return found


def test_there_are_enough_submissions() -> None:
    assert len(FILES) == 35
    assert len(FILES) * PER_FILE + MADE * PER_MADE >= 1_000


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_form_of_the_project_is_checked_as_in_the_browser(reference: Page, file: Path) -> None:
    schema = json.loads(file.read_text("utf-8"))
    cases = list(Maker(FILES.index(file)).submissions(schema, PER_FILE))
    assert differences(reference, schema, cases) == []


@pytest.mark.parametrize("number", range(MADE))
def test_a_made_form_is_checked_as_in_the_browser(reference: Page, number: int) -> None:
    maker = Maker(1_000 + number)
    schema = maker.form()
    assert differences(reference, schema, list(maker.submissions(schema, PER_MADE))) == []


def test_the_made_forms_have_everything_and_are_often_right() -> None:
    kinds, rules, results = set[str](), set[str](), []
    for number in range(MADE):
        maker = Maker(1_000 + number)
        form = read(json.dumps(maker.form()))
        kinds |= {component.type for component in form.components()}
        rules |= {rule for component in form.components() for rule in component.attributes.get("validate") or {}}
        results += [check(form, posted, known, NOW) for known, posted in maker.submissions(form.schema, PER_MADE)]
    assert kinds == KNOWN
    assert rules >= {"required", "min", "max", "minLength", "maxLength", "pattern", "validationType"}
    assert len([result for result in results if not result.errors]) > len(results) // 10


@pytest.mark.parametrize(("component", "value"), STRICTER.values(), ids=STRICTER)
def test_the_server_is_stricter_on_purpose(reference: Page, component: Json, value: Any) -> None:
    schema: Json = {
        "type": "default",
        "id": "strict",
        "components": [component | {"id": "x", "key": "x", "label": "x"}],
    }
    [theirs] = judged(reference, schema, [({}, {"x": value})])
    assert theirs["errors"] == {}
    assert list(check(read(json.dumps(schema)), {"x": value}, {}, NOW).errors) == ["x"]
