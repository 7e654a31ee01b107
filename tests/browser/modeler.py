"""Camunda Modeler in a test: camunda-bpmn-js, the canvas that Modeler 5.50 ships, and what "the same diagram" means.

The package is installed once into modeler/node_modules by `npm ci`, from the lock file beside it.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser, Page

from engine import xml

FOLDER = Path(__file__).parent / "modeler"
BUNDLE = FOLDER / "node_modules" / "camunda-bpmn-js" / "dist" / "camunda-platform-modeler.production.min.js"
LONGEST_IMPORT_MS = 20_000
DRAWING = "{http://www.omg.org/spec/BPMN/20100524/DI}BPMNPlane"
OPEN_AND_SAVE = """async (content) => {
  document.querySelector('#canvas').replaceChildren();
  const modeler = new BpmnModeler({ container: '#canvas', disableAdjustOrigin: true });
  const { warnings } = await modeler.importXML(content);
  const { xml } = await modeler.saveXML({ format: true });
  const drawn = modeler.get('elementRegistry').getAll().map(({ id }) => id);
  modeler.destroy();
  return { warnings: warnings.map((each) => each.message ?? String(each)), xml, drawn };
}"""


class Opened(NamedTuple):
    """What the Modeler said to a diagram, what it would save, and the ids that it drew."""

    warnings: list[str]
    saved: bytes
    drawn: set[str]


def install() -> None:
    """Install the Modeler's canvas where the lock file asks for another version than the installed one."""
    wanted = json.loads((FOLDER / "package-lock.json").read_text())["packages"]["node_modules/camunda-bpmn-js"]
    installed = BUNDLE.parents[1] / "package.json"
    if installed.exists() and json.loads(installed.read_text())["version"] == wanted["version"]:
        return
    subprocess.run(["npm", "ci", "--no-progress", "--no-update-notifier", "--loglevel=error"], cwd=FOLDER, check=True)


class Modeler:
    """A window of the Modeler."""

    def __init__(self, browser: Browser) -> None:
        install()
        self._page: Page = browser.new_page(viewport={"width": 1400, "height": 900})
        self._page.set_default_timeout(LONGEST_IMPORT_MS)
        self.troubles: list[str] = []
        self._page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self._page.set_content('<div id="canvas" style="height: 880px"></div>')
        self._page.add_script_tag(path=BUNDLE)

    def opens_and_saves(self, content: bytes) -> Opened:
        """Import a diagram into a new canvas, and save it."""
        got: Mapping[str, Any] = self._page.evaluate(OPEN_AND_SAVE, content.decode())
        return Opened(got["warnings"], got["xml"].encode(), set(got["drawn"]))

    def runs(self, script: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Let a script work in the window as an owner would by hand; returns what it returns."""
        return dict(self._page.evaluate(script, given))

    def closes(self) -> None:
        """Close the window."""
        self._page.close()


def canonical(content: bytes) -> list[str]:
    """A diagram line by line: attributes sorted, white space and the order in which shapes are listed left out."""
    return list(_lines(xml.parse(content), 0))


def _lines(node: Any, depth: int) -> Iterator[str]:
    attributes = " ".join(f"{key}={node.get(key)!r}" for key in sorted(node.keys()))
    yield f"{'  ' * depth}{node.tag} {attributes} {(node.text or '').strip()}".rstrip()
    children = [child for child in node if isinstance(child.tag, str)]
    if node.tag == DRAWING:
        children.sort(key=lambda child: str(child.get("bpmnElement")))
    for child in children:
        yield from _lines(child, depth + 1)
