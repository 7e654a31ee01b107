"""The diagrams, forms and tables that stand in the project's folders, as a deployment's files."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent.parent
PATTERNS = ("bpmn/*.bpmn", "bpmn/*.dmn", "forms/*.form")


def files(folder: Path = FOLDER) -> dict[str, bytes]:
    """File name to content of everything the project deploys."""
    found = sorted(path for pattern in PATTERNS for path in folder.glob(pattern))
    return {path.name: path.read_bytes() for path in found}
