"""Form files: readable, free of faults, one file per form id, known lists only."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from engine.checks.catalogue import catalogue, shown
from engine.checks.problem import Problem, problem
from engine.lookups import LOOKUPS
from forms import schema

Forms = dict[str, tuple[str, schema.Form]]


def open_form(forms: Forms, problems: list[Problem], file: str, content: bytes) -> None:
    """Read a form file into `forms`, its faults into `problems`."""
    try:
        form = schema.read(content)
    except schema.FormError as error:
        problems.append(_own(file, error))
        return
    problems += [_own(file, fault) for fault in schema.lint(form)]
    problems += _lists(file, form)
    if form.id in forms:
        problems.append(problem("duplicate-form", file, 0, form.id, form=form.id, other=forms[form.id][0]))
    forms.setdefault(form.id, (file, form))


def unused(forms: Forms, wanted: Collection[str]) -> Iterator[Problem]:
    """Forms that no task of the diagrams deployed with them asks for."""
    for key, (file, _) in forms.items():
        if key not in wanted:
            yield problem("unused-form", file, 0, key, form=key)


def code_of(fault: str) -> str:
    """Our code for a code of forms.schema."""
    code = "form-key-name" if fault == "form.key" else fault.replace(".", "-")
    return code if code in catalogue() else "form-other"


def _own(file: str, fault: schema.Problem | schema.FormError) -> Problem:
    entry = catalogue()[code_of(fault.code)]
    th, en = f"{_cut(fault.th)} {entry.fix_th}", f"{_cut(fault.en)} {entry.fix_en}"
    return Problem(entry.code, file, 0, shown(fault.element) or None, th, en)


def _cut(sentence: str) -> str:
    return " ".join(sentence[:400].split())


def _lists(file: str, form: schema.Form) -> Iterator[Problem]:
    known = ", ".join(LOOKUPS)
    for name in sorted(n for n in form.reads() if n.startswith("list_") and n not in LOOKUPS):
        yield problem("unknown-list", file, 0, form.id, list=name, known=known)
