"""A command ahead of its lock: it reads and reckons without one, and keeps its writes back.

When it commits, or has to do more than read, it takes the lock, sees that the facts it
built on still hold, and writes. If somebody was faster it is `Stale`, and done again with
the lock from the start.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Self, TypeAlias

from sqlalchemy import Connection

Message: TypeAlias = tuple[str, Sequence[Any]]  # a statement in the driver's own words, with its values


class Stale(Exception):
    """What a command had read has changed before it could write."""


class Ahead(ABC):
    """What such a command has to remember until it holds its lock; a context."""

    def __init__(self, connection: Connection) -> None:
        self.connection, self.driver = connection, driver_of(connection)
        self.facts: list[Callable[[], list[Message]]] = []
        self.kept: list[Message] = []

    def asked(self) -> list[Message]:
        """What asks whether the facts still hold."""
        return [message for fact in self.facts for message in fact()]

    def __enter__(self) -> Self:
        self.driver.ahead = self
        return self

    @abstractmethod
    def commit(self) -> None:
        """Commit, with what was kept back; raises as `catch_up`."""

    @abstractmethod
    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """What is not committed never was, and others may have the connection."""

    @abstractmethod
    def catch_up(self) -> None:
        """Take the lock and write what was kept back; raises `Stale`, `Busy` or `Unavailable`."""


# The driver's own connection; its `ahead` is the command on it, while that is ahead of its lock.
driver_of: Callable[[Connection], Any] = attrgetter("connection.dbapi_connection")


def hold_back(driver: Any, context: Any) -> None:
    """Before SQLAlchemy does a statement: only reading does without the lock, and only before writing."""
    ahead: Ahead | None = driver.ahead
    if ahead and (ahead.kept or not _reads(context.compiled)):
        ahead.catch_up()


def _reads(compiled: Any) -> bool:
    if compiled is None or not compiled.statement.is_select:
        return False
    return compiled.statement._for_update_arg is None  # noqa: SLF001 - as the compilers of dialects do
