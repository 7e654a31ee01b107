"""The laws of the code base, read from its own source: who may import whom, one clock, one place for transactions.

Every law is a function from a file's path and text to what breaks it, and every law is shown to catch a breach.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
TOP_LEVEL = {
    "app.py", "bpmn", "engine", "forms", "handlers", "manual", "web", "tests", "benchmarks", "docs",
    "pyproject.toml", "requirements.lock", "requirements-dev.lock", "Makefile", "README.md", ".ci", ".gitignore",
}
OURS = {"app", "web", "engine", "forms", "handlers", "tests", "benchmarks", "bpmn", "manual"}
LAYERS = {
    "app": {"web", "engine", "forms", "handlers"},
    "web": {"web", "engine", "forms"},
    "engine": {"engine", "forms"},
    "handlers": {"handlers"},  # and engine.topics
    "forms": {"forms"},
}
WEB_LIBRARIES = {"flask", "werkzeug", "wtforms", "flask_wtf"}
ONE_IMPORTER = {"SpiffWorkflow": "engine/spiff.py", "lxml": "engine/xml.py"}
UNSAFE_MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}
UNSAFE_CALLS = {"eval", "exec", "compile", "__import__", "import_module"}
CLOCK = "engine/calendar.py"
CLOCK_READINGS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns",
    "func.now", "func.current_timestamp", "func.current_date",
}
COMMANDS_START = ("app.py", "engine/database/", "engine/worker.py", "web/cli.py")
SKIPS = {
    "pytest.skip", "pytest.xfail", "pytest.importorskip", "mark.skip", "mark.skipif", "mark.xfail",
    "unittest.skip", "self.skipTest",
}
LONGEST_FILE, LONGEST_FUNCTION = 350, 40
# Assembled, so that this file does not break its own law.
PLACES = [
    *(".".join(parts) for parts in (
        ("pypi", "org"), ("pythonhosted", "org"), ("registry", "npmjs", "org"), ("registry", "yarnpkg", "com"),
        ("deb", "debian", "org"), ("archive", "ubuntu", "com"),
    )),
    *("/".join(("", "work", name)) for name in ("main", "shared", ".library")),
    "/".join(("", "root", ".")),
]

Law = Callable[[str, str], Iterator[str]]


def tracked() -> list[str]:
    """Every file that git holds or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return sorted({name for name in listed.split("\0") if name and (ROOT / name).is_file()})


def package(path: str) -> str:
    return Path(path).parts[0].removesuffix(".py")


def imports(path: str, source: str) -> Iterator[str]:
    """The full dotted name of everything that a file imports, relative imports resolved."""
    folder = Path(path).parent.parts
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = folder[: len(folder) - node.level + 1] if node.level else ()
            origin = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def last_two(node: ast.expr) -> str:
    """`b.c` of `a.b.c`, `c` of `c`."""
    match node:
        case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name):
            return f"{owner}.{name}"
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def calls(source: str) -> Iterator[str]:
    return (last_two(node.func) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))


def functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def layers(path: str, source: str) -> Iterator[str]:
    """app.py -> web -> engine -> forms; app.py -> handlers -> engine.topics; data is never imported."""
    layer = package(path)
    for name in imports(path, source):
        top = name.partition(".")[0]
        topics = layer == "handlers" and f"{name}.".startswith("engine.topics.")
        if top in OURS and top not in LAYERS[layer] and not topics:
            yield f"{layer} imports {name}"
        if layer == "forms" and top not in {"forms", *sys.stdlib_module_names}:
            yield f"forms is pure but imports {name}"


def libraries(path: str, source: str) -> Iterator[str]:
    """One importer for SpiffWorkflow, one for lxml; the web's libraries stay in the web."""
    for name in imports(path, source):
        top = name.partition(".")[0]
        if ONE_IMPORTER.get(top, path) != path:
            yield f"{name} belongs to {ONE_IMPORTER[top]}"
        if top in WEB_LIBRARIES and package(path) in {"engine", "forms", "handlers"}:
            yield f"{package(path)} imports {name}"


def safety(path: str, source: str) -> Iterator[str]:
    """Nothing that turns data into code."""
    yield from (name for name in imports(path, source) if name.partition(".")[0] in UNSAFE_MODULES)
    named = (node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    yield from (
        f"calls {last_two(name)}"
        for name in named
        if (isinstance(name, ast.Name) and name.id in UNSAFE_CALLS)
        or last_two(name).endswith(".import_module")
        or last_two(name).startswith("builtins.")
    )


def one_clock(path: str, source: str) -> Iterator[str]:
    """The time is asked for in one place, so that tests can move it. A monotonic clock measures and is free."""
    if path != CLOCK:
        yield from (f"reads the clock: {name}" for name in calls(source) if name in CLOCK_READINGS)
        yield from (name for name in imports(path, source) if name in CLOCK_READINGS)


def transactions(path: str, source: str) -> Iterator[str]:
    """begin and commit stand only where a command starts; a savepoint may stand anywhere."""
    if not path.startswith(COMMANDS_START):
        yield from (name for name in calls(source) if name.rpartition(".")[2] in {"begin", "commit"})


def docstring(_: str, source: str) -> Iterator[str]:
    """Every module says what it is."""
    if not ast.get_docstring(ast.parse(source)):
        yield "has no docstring"


def types(_: str, source: str) -> Iterator[str]:
    """Every function says what it returns."""
    yield from (f"{each.name} has no return type" for each in functions(source) if each.returns is None)


def short_functions(path: str, source: str) -> Iterator[str]:
    """A function fits on a screen; its docstring is not counted. A migration is a list of statements."""
    for each in functions(source) if "migrations/versions" not in path else ():
        text = each.body[0] if ast.get_docstring(each) else None
        spent = text.end_lineno - text.lineno + 1 if text and text.end_lineno else 0
        if (each.end_lineno or 0) - each.lineno + 1 - spent > LONGEST_FUNCTION:
            yield f"{each.name} is longer than {LONGEST_FUNCTION} lines"


def short_files(_: str, source: str) -> Iterator[str]:
    """A file is read in one sitting."""
    if (count := len(source.splitlines())) > LONGEST_FILE:
        yield f"has {count} lines"


def nothing_skipped(_: str, source: str) -> Iterator[str]:
    """A test runs or fails."""
    nodes = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute))
    yield from (last_two(node) for node in nodes if last_two(node) in SKIPS)


def nowhere(_: str, source: str) -> Iterator[str]:
    """No file names the machine that it was written on, or where packages come from."""
    yield from (place for place in PLACES if re.search(rf"(?<!\w){re.escape(place)}", source))


def top_level(path: str, _: str) -> Iterator[str]:
    """Whoever opens the project sees only these names."""
    if (name := Path(path).parts[0]) not in TOP_LEVEL:
        yield f"{name} is not a name of the top level"


PRODUCT = ("app", "engine", "forms", "handlers", "web")
PRODUCT_LAWS: list[Law] = [layers, libraries, safety, one_clock, transactions]
PYTHON_LAWS: list[Law] = [docstring, types, short_functions]
SOURCE = {".py", ".js", ".mjs", ".css", ".html"}


def governed(law: Law) -> list[str]:
    """The files that a law speaks of."""
    files = tracked()
    if law in PRODUCT_LAWS:
        return [path for path in files if path.endswith(".py") and package(path) in PRODUCT]
    if law in PYTHON_LAWS:
        return [path for path in files if path.endswith(".py")]
    if law is nothing_skipped:
        return [path for path in files if path.endswith(".py") and package(path) == "tests"]
    if law is short_files:
        return [path for path in files if Path(path).suffix in SOURCE and "migrations/versions" not in path]
    return files


@pytest.mark.parametrize("law", [*PRODUCT_LAWS, *PYTHON_LAWS, nothing_skipped, short_files, nowhere, top_level])
def test_the_law_is_kept(law: Law) -> None:
    paths = governed(law)
    assert paths
    texts = ((path, (ROOT / path).read_bytes().decode(errors="replace")) for path in paths)
    breaches = [f"{path}: {breach}" for path, text in texts for breach in law(path, text)]
    assert not breaches, "\n".join(breaches)


def test_the_laws_see_every_package() -> None:
    assert {package(path) for path in governed(layers)} == set(PRODUCT)


@pytest.mark.parametrize(
    ("law", "path", "breach", "kept"),
    [
        (layers, "engine/cases.py", "import web.pages", "from engine import tasks"),
        (layers, "engine/views/list.py", "from ...handlers import scoring", "from ..tasks import claim"),
        (layers, "handlers/scoring.py", "from engine import cases", "from engine.topics import topic"),
        (layers, "handlers/scoring.py", "import engine", "from engine import topics"),
        (layers, "web/case.py", "def f():\n    from handlers import scoring", "from engine.cases import start"),
        (layers, "forms/schema.py", "from engine.errors import Refused", "from forms.feel import parse"),
        (layers, "forms/schema.py", "import yaml", "import json"),
        (layers, "app.py", "import tests.unit", "import handlers"),
        (layers, "engine/manual.py", "import manual.roles", "from engine import manual"),
        (libraries, "engine/cases.py", "from SpiffWorkflow.bpmn import x", "import spiff"),
        (libraries, "web/studio.py", "import lxml.etree", "import flask"),
        (libraries, "handlers/notices.py", "from werkzeug.utils import x", "import string"),
        (safety, "engine/cases.py", "eval('1')", "re.compile('1')"),
        (safety, "engine/cases.py", "import pickle", "import json"),
        (safety, "engine/cases.py", "importlib.import_module(name)", "importlib.resources.files(name)"),
        (one_clock, "engine/cases.py", "datetime.datetime.now(UTC)", "calendar.now()"),
        (one_clock, "web/case.py", "date.today()", "time.monotonic()"),
        (one_clock, "web/case.py", "from time import time", "from time import monotonic"),
        (transactions, "engine/cases.py", "session.commit()", "session.begin_nested()"),
        (transactions, "web/case.py", "with engine.begin() as c: pass", "session.flush()"),
        (docstring, "app.py", "x = 1", "'''What it is.'''"),
        (types, "app.py", "def f(): pass", "def f() -> None: pass"),
        (short_functions, "app.py", "def f():\n" + "    x = 1\n" * 41, "def f():\n    '''" + "a\n" * 41 + "'''"),
        (short_files, "web/assets/a.js", "\n" * 351, "\n" * 350),
        (nothing_skipped, "tests/a.py", "x = pytest.mark.skipif(True)", "x = pytest.mark.browser"),
        (nothing_skipped, "tests/a.py", "pytest.skip('later')", "pytest.fail('now')"),
        (nowhere, "README.md", f"see {PLACES[-2]}/x", "see docs/workings"),
        (nowhere, "requirements.lock", f"--index-url https://x.{PLACES[0]}/simple", "flask==3"),
    ],
)
def test_a_breach_is_caught(law: Law, path: str, breach: str, kept: str) -> None:
    assert list(law(path, breach))
    assert not list(law(path, kept))


def test_a_new_name_at_the_top_is_caught() -> None:
    assert list(top_level("notes/today.txt", ""))
    assert not list(top_level("docs/architecture.md", ""))


def test_imports_are_resolved() -> None:
    found = imports("engine/views/list.py", "import a.b\nfrom . import c\nfrom .. import d\nfrom ..e import f\n")
    assert list(found) == ["a.b", "engine.views.c", "engine.d", "engine.e.f"]


def asked_for() -> list[tuple[str, str]]:
    """Every lock file, with every requirement of pyproject.toml that it pins."""
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())
    run, groups = asked["project"]["dependencies"], asked["dependency-groups"]
    locks = {"requirements.lock": run, "requirements-dev.lock": run + groups["dev"], ".ci/node.lock": groups["node"]}
    return [(lock, requirement) for lock, wanted in locks.items() for requirement in wanted]


@pytest.mark.parametrize(("lock", "requirement"), asked_for())
def test_the_lock_pins_what_is_asked_for(lock: str, requirement: str) -> None:
    pins = dict(re.findall(r"^([\w.-]+)==([\w.]+)(?= )", (ROOT / lock).read_text(), re.MULTILINE))
    wanted = Requirement(requirement)
    assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)])


def test_tests_run_with_what_runs() -> None:
    run, dev = ((ROOT / name).read_text() for name in ("requirements.lock", "requirements-dev.lock"))
    pins = re.findall(r"^[\w.-]+==[\w.]+", run, re.MULTILINE)
    assert [pin for pin in pins if pin not in dev] == []
    assert not re.search("https?:", run + dev)
