"""The fixtures of the web's tests, for the studio's pages: `login("process-owner")`, `house`."""

from __future__ import annotations

from tests.web.conftest import app, house, login, visitor

__all__ = ["app", "house", "login", "visitor"]
