"""Every code of the checker with its sentences, read from catalogue.toml.

One table for the checker, the studio and the documentation: a code that is not here
cannot be reported.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LONGEST_DETAIL = 80
_FIELD = re.compile(r"\{(\w+)\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


@dataclass(frozen=True)
class Entry:
    """What a code means: what is wrong and what to do about it, in Thai and English; `level` is error or warning."""

    code: str
    th: str
    en: str
    fix_th: str
    fix_en: str
    level: str = "error"


@functools.cache
def catalogue() -> Mapping[str, Entry]:
    """The table by code, in the order of the file."""
    text = Path(__file__).with_suffix(".toml").read_text("utf-8")
    return {code: Entry(code, **row) for code, row in tomllib.loads(text).items()}


def fill(template: str, details: Mapping[str, object]) -> str:
    """A sentence with its details filled in; details are shortened and never read as templates."""
    return _FIELD.sub(lambda field: shown(details[field[1]]) if field[1] in details else field[0], template)


def shown(value: object) -> str:
    """A detail on one line of at most 80 characters, without control or direction characters."""
    text = " ".join(_CONTROL.sub(" ", str(value)[: LONGEST_DETAIL * 4]).split())
    return text if len(text) <= LONGEST_DETAIL else text[: LONGEST_DETAIL - 1] + "…"
