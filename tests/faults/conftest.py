"""The fixtures of the web's tests, for faults that people meet in their browser: `login("it")`, `house`."""

from __future__ import annotations

from tests.web.conftest import app, house, login, visitor

__all__ = ["app", "house", "login", "visitor"]
