"""Built-ins on texts (DMN 1.3, 10.3.4.3) and the conversions to text and number."""

from __future__ import annotations

from forms.feel import regex
from forms.feel.limits import Value
from forms.feel.signature import Library, fixed
from forms.feel.values import text_of, to_number

TEXT: Library = {}


@fixed(TEXT, "string", from_="any")
def string(value: Value) -> str | None:
    """The text of any value."""
    return None if value is None else text_of(value)


@fixed(TEXT, "number", from_="string", grouping_separator="string?", decimal_separator="string?")
def read_number(text: str, grouping: str | None, decimal: str | None) -> float | None:
    """The number that a text spells."""
    if grouping:
        text = text.replace(grouping, "")
    if decimal and decimal != ".":
        text = text.replace(".", "#").replace(decimal, ".")
    return to_number(text)


@fixed(TEXT, "substring", string="string", start_position="number", length="number?")
def substring(text: str, start: float, length: float | None) -> str:
    """Part of a text, counted from 1, or from the end when negative."""
    first = int(len(text) + start if start < 0 else start - 1)
    return text[first:] if length is None else text[first : first + int(length)]


@fixed(TEXT, "string length", string="string")
def string_length(text: str) -> int:
    """Characters of a text."""
    return len(text)


@fixed(TEXT, "upper case", string="string")
def upper_case(text: str) -> str:
    """The text in capitals."""
    return text.upper()


@fixed(TEXT, "lower case", string="string")
def lower_case(text: str) -> str:
    """The text in small letters."""
    return text.lower()


@fixed(TEXT, "substring before", string="string", match="string")
def substring_before(text: str, match: str) -> str:
    """What stands before the first match, or nothing."""
    before, found, _ = text.partition(match) if match else ("", "", "")
    return before if found else ""


@fixed(TEXT, "substring after", string="string", match="string")
def substring_after(text: str, match: str) -> str:
    """What stands after the first match, or nothing."""
    return text.partition(match)[2] if match else text


@fixed(TEXT, "contains", string="string", match="string")
def contains(text: str, match: str) -> bool:
    """Whether a text contains another."""
    return match in text


@fixed(TEXT, "starts with", string="string", match="string")
def starts_with(text: str, match: str) -> bool:
    """Whether a text starts with another."""
    return text.startswith(match)


@fixed(TEXT, "ends with", string="string", match="string")
def ends_with(text: str, match: str) -> bool:
    """Whether a text ends with another."""
    return text.endswith(match)


@fixed(TEXT, "matches", input="string", pattern="string", flags="string?")
def matches(text: str, pattern: str, flags: str | None) -> bool | None:
    """Whether a pattern is found in a text."""
    return regex.search(pattern, text, flags or "")


@fixed(TEXT, "replace", input="string", pattern="string", replacement="string", flags="string?")
def replace(text: str, pattern: str, replacement: str, flags: str | None) -> str | None:
    """The text with every match replaced; `$1` is the first group."""
    return regex.replace(pattern, text, replacement, flags or "")


@fixed(TEXT, "split", string="string", delimiter="string")
def split(text: str, delimiter: str) -> list[str | None] | None:
    """The parts of a text between matches of a pattern."""
    return regex.split(delimiter, text)


@fixed(TEXT, "string join", list="list", delimiter="string?")
def string_join(items: list[Value], delimiter: str | None) -> str | None:
    """The texts of a list in one; null items are left out."""
    if any(item is not None and not isinstance(item, str) for item in items):
        return None
    return (delimiter or "").join(item for item in items if item is not None)
