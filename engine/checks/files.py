"""Opening the files: size, safety, kind, then each as diagram, form or decision table.

What cannot be opened becomes a problem and is left out; everything else goes on to the
rules. Nothing outside the given bytes is ever read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import NamedTuple

from engine import decisions, diagram, xml
from engine.checks import dmn, form
from engine.checks.drawing import Drawing, Pack
from engine.checks.problem import Problem, problem
from engine.decisions import Decision
from engine.diagram import BPMN
from engine.errors import DiagramRefused, XmlRefused
from forms import schema

KINDS = (".bpmn", ".dmn", ".form")
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
XINCLUDE = "{http://www.w3.org/2001/XInclude}"
ENGINES = {"{http://activiti.org/bpmn}": "Activiti", "{http://flowable.org/bpmn}": "Flowable"}
PLATFORM = "{http://camunda.org/schema/modeler/1.0}executionPlatform"
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,120}")
Stored = Mapping[tuple[str, str], tuple[str, bytes]]


class Sheet(NamedTuple):
    """A file that is a diagram: its XML, its executable process, what it says."""

    file: str
    root: xml.Element
    process: xml.Element
    diagram: diagram.Diagram


@dataclass
class Opened:
    """What the files hold, and what was wrong with them."""

    sheets: list[Sheet] = field(default_factory=list)
    forms: dict[str, tuple[str, schema.Form]] = field(default_factory=dict)
    decisions: dict[str, tuple[str, Decision]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def drawings(self, topics: Collection[str], stored: Pack) -> list[Drawing]:
        """The diagrams, each with everything it may refer to."""
        forms = {**stored.forms, **{key: form for key, (_, form) in self.forms.items()}}
        tables = {**stored.decisions, **{key: table for key, (_, table) in self.decisions.items()}}
        pack = Pack(frozenset(topics), forms, tables)
        return [Drawing(*sheet, pack=pack) for sheet in self.sheets]


def open_files(files: Mapping[str, bytes]) -> Opened:
    """Open every file."""
    found = Opened()
    for file, content in sorted(files.items()):
        faults = list(_envelope(file, content))
        found.problems += faults
        if not faults:
            _open(found, file, content)
    found.problems += _same_process(found.sheets)
    return found


def read_stored(known: Stored) -> Pack:
    """The forms and decisions stored before; what no longer reads is as good as absent."""
    forms: dict[str, schema.Form] = {}
    tables: dict[str, Decision] = {}
    for (kind, key), (_, content) in known.items():
        try:
            if kind == "form":
                forms[key] = schema.read(content)
            elif kind == "decision":
                tables[key] = decisions.read(content)[key]
        except (schema.FormError, DiagramRefused, XmlRefused, KeyError):
            continue
    return Pack(frozenset(), forms, tables)


def _envelope(file: str, content: bytes) -> Iterator[Problem]:
    if not _NAME.fullmatch(file) or ".." in PurePath(file).parts:
        yield problem("bad-file-name", "".join(c for c in file if c.isprintable())[:120])
    if PurePath(file).suffix not in KINDS:
        yield problem("unknown-file", file)
    if len(content) > xml.MAX_BYTES:
        yield problem("too-large", file)
    elif not content.strip():
        yield problem("empty-file", file)


def _open(found: Opened, file: str, content: bytes) -> None:
    kind = PurePath(file).suffix
    if kind == ".form":
        form.open_form(found.forms, found.problems, file, content)
    elif kind == ".dmn":
        dmn.open_table(found.decisions, found.problems, file, content)
    else:
        _open_diagram(found, file, content)


def _open_diagram(found: Opened, file: str, content: bytes) -> None:
    try:
        root = xml.parse(content)
    except XmlRefused as error:
        found.problems.append(problem("unreadable-xml", file, error.line, reason=error.en, reason_th=error.thai))
        return
    faults = list(_origin(file, root)) or list(_process(file, root))
    found.problems += faults
    if faults:
        return
    try:
        drawn = diagram.read(root)
    except DiagramRefused as error:
        found.problems.append(problem("flow-unreadable", file, error.line, error.element, reason=error.en))
        return
    process = next(p for p in root.iter(BPMN + "process") if p.get("isExecutable") == "true")
    found.sheets.append(Sheet(file, root, process, drawn))


def _origin(file: str, root: xml.Element) -> Iterator[Problem]:
    """Whose diagram this is: not BPMN, Camunda 8, another engine, or one that includes other files."""
    if root.tag != BPMN + "definitions":
        yield problem("not-bpmn", file, xml.line(root))
        return
    names = (str(name) for node in root.iter() for name in (node.tag, *node.attrib))
    spaces = {name.rpartition("}")[0] + "}" for name in names}
    if ZEEBE in spaces or (root.get(PLATFORM) or "").startswith("Camunda Cloud"):
        yield problem("camunda-8", file, xml.line(root))
    for space in sorted(spaces & set(ENGINES)):
        yield problem("other-engine", file, xml.line(root), engine=ENGINES[space])
    if XINCLUDE in spaces:
        where = next(iter(root.iter(XINCLUDE + "*")), root)
        yield problem("xinclude", file, xml.line(where))


def _process(file: str, root: xml.Element) -> Iterator[Problem]:
    running = [p for p in root.iter(BPMN + "process") if p.get("isExecutable") == "true"]
    if not running:
        yield problem("no-process", file, xml.line(next(root.iter(BPMN + "process"), root)))
    elif len(running) > 1:
        yield problem("several-processes", file, xml.line(running[1]), running[1].get("id"), count=len(running))


def _same_process(sheets: list[Sheet]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for sheet in sheets:
        key = sheet.diagram.process
        if key in first:
            yield problem("duplicate-process", sheet.file, sheet.diagram.line, key, process=key, other=first[key])
        first.setdefault(key, sheet.file)
