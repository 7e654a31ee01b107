"""The parser's place in the tokens, its depth, and the names that the expression itself binds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from forms.feel.lexer import Token, tokenize
from forms.feel.limits import MAX_DEPTH, FeelError

KEYWORDS = frozenset(
    "if then else and or in between some every satisfies for return function true false null".split()
)


class Cursor:
    """Reads tokens one after the other."""

    def __init__(self, text: str) -> None:
        """Tokenize the text."""
        self.tokens = tokenize(text)
        self.place = 0
        self.depth = 0
        self.names: set[str] = set()
        self.bound: list[frozenset[str]] = []

    @property
    def token(self) -> Token:
        """The token to read next."""
        return self.tokens[self.place]

    def sees(self, *texts: str, ahead: int = 0) -> bool:
        """Whether one of the symbols or words comes next."""
        token = self.tokens[min(self.place + ahead, len(self.tokens) - 1)]
        return token.kind in ("symbol", "name") and token.text in texts

    def take(self, *texts: str) -> str | None:
        """Read one of the symbols or words if it comes next."""
        if not self.sees(*texts):
            return None
        self.place += 1
        return self.tokens[self.place - 1].text

    def need(self, *texts: str) -> str:
        """Read one of the symbols or words, or fail."""
        return self.take(*texts) or self.fail(f"expected {texts[0]!r}")

    def fail(self, message: str) -> str:
        """Raise FeelError at the next token."""
        found = repr(self.token.text) if self.token.kind != "end" else "the end"
        raise FeelError(f"{message} but found {found} at {self.token.position}", self.token.position)

    def identifier(self) -> str:
        """Read a name that is not a keyword."""
        if self.token.kind != "name" or self.token.text in KEYWORDS:
            self.fail("expected a name")
        self.place += 1
        return self.tokens[self.place - 1].text

    def words(self, *ends: str) -> str | None:
        """Read a name of several words, or a text, that stands before one of the symbols; None if it does not."""
        if self.token.kind == "string" and self.sees(*ends, ahead=1):
            self.place += 1
            return self.tokens[self.place - 1].text
        length = 0
        while self.tokens[self.place + length].kind in ("name", "number") and length < 8:
            length += 1
        if not length or self.token.kind != "name" or not self.sees(*ends, ahead=length):
            return None
        self.place += length
        return " ".join(token.text for token in self.tokens[self.place - length : self.place])

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Count one level of nesting."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FeelError(f"the expression is nested deeper than {MAX_DEPTH} levels", self.token.position)
        yield
        self.depth -= 1

    @contextmanager
    def binding(self, *names: str) -> Iterator[None]:
        """Let names belong to the expression inside, not to the context."""
        self.bound.append(frozenset(names))
        yield
        self.bound.pop()

    def is_bound(self, name: str) -> bool:
        """Whether the expression itself gives the name its value."""
        return any(name in names for names in self.bound)
