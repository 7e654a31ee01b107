"""All built-in functions of FEEL by name."""

from __future__ import annotations

from forms.feel.on_dates import DATES
from forms.feel.on_lists import LISTS
from forms.feel.on_numbers import NUMBERS
from forms.feel.on_text import TEXT
from forms.feel.signature import Library, invoke

BUILTINS: Library = {**TEXT, **NUMBERS, **LISTS, **DATES}

__all__ = ["BUILTINS", "invoke"]
