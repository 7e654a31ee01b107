"""Text to tokens: FEEL (DMN 1.3, 10.3.1.2) and the JUEL spellings that Camunda 7 diagrams use."""

from __future__ import annotations

import re
from typing import NamedTuple

from forms.feel.limits import MAX_TEXT, FeelError

_START = (
    "A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff"
)
_PART = _START + "0-9\u00b7\u0300-\u036f\u203f\u2040"
_TOKEN = re.compile(
    rf"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<name>[{_START}][{_PART}]*|`[^`]+`)
    |(?P<symbol>\.\.|->|!=|==|<=|>=|\*\*|&&|\|\||[-+*/^=<>()\[\]{{}},.:?!@])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4,6})|(.))", re.DOTALL)
_CONTROL = {"n": "\n", "r": "\r", "t": "\t"}
_WRAPPER = re.compile(r"[$#]\{(.*)\}", re.DOTALL)


class Token(NamedTuple):
    """One token; `kind` is number, string, name, symbol or end."""

    kind: str
    text: str
    position: int


def unwrap(text: str) -> str:
    """The expression inside `${...}`, `#{...}` or after a leading `=`."""
    text = text.strip()
    match = _WRAPPER.fullmatch(text)
    if match:
        return match[1]
    return text[1:] if text.startswith("=") and not text.startswith("==") else text


def tokenize(text: str) -> list[Token]:
    """Split an expression; FeelError for a character that no token begins with."""
    if len(text) > MAX_TEXT:
        raise FeelError(f"the expression is longer than {MAX_TEXT} characters", MAX_TEXT)
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise FeelError(f"unexpected {text[position : position + 8]!r} at {position}", position)
        kind = str(match.lastgroup)
        if kind != "space":
            tokens.append(Token(kind, _value(kind, match[0]), position))
        position = match.end()
    tokens.append(Token("end", "", position))
    return tokens


def _value(kind: str, text: str) -> str:
    if kind == "string":
        return _ESCAPE.sub(_unescape, text[1:-1])
    return text.strip("`") if kind == "name" else text


def _unescape(match: re.Match[str]) -> str:
    if match[1]:
        code = int(match[1], 16)
        return "\ufffd" if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF else chr(code)
    return _CONTROL.get(match[2]) or (match[2] if match[2] in "\"'\\" else match[0])
