"""The project's own diagrams, forms and decision table pass every check."""

from __future__ import annotations

from pathlib import Path

from engine.checks import check
from engine.checks.known_faults import faulty_steps

ROOT = Path(__file__).parents[3]
TOPICS = frozenset(
    "number-case score-partner notify "
    "registry-propose registry-move registry-activate registry-read registry-end".split()
)


def project_files() -> dict[str, bytes]:
    """Everything that is deployed at the first start."""
    paths = [*(ROOT / "bpmn").glob("*.bpmn"), *(ROOT / "bpmn").glob("*.dmn"), *(ROOT / "forms").glob("*.form")]
    return {path.name: path.read_bytes() for path in paths}


def test_there_is_nothing_to_repair() -> None:
    files = project_files()
    assert sum(name.endswith(".bpmn") for name in files) == 4
    problems = check(files, TOPICS)
    assert [str(problem) for problem in problems if problem.code != "printed-fault"] == []


def test_the_manuals_own_faults_are_told() -> None:
    told = [problem for problem in check(project_files(), TOPICS) if problem.code == "printed-fault"]
    assert len(told) == len(faulty_steps())


def test_no_diagram_passes_without_its_forms() -> None:
    for name, content in project_files().items():
        if name.endswith(".bpmn"):
            assert "unknown-form" in {problem.code for problem in check({name: content}, TOPICS)}
