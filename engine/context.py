"""What every command is given: an open transaction and the engine's services.

A command is a plain function `f(ctx, …)`. It never begins or commits; the request, the
worker or the command line that made the context does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection

from engine.calendar import Clock, SystemClock, WorkCalendar
from engine.library import Library

if TYPE_CHECKING:
    from engine.topics import Topics


@dataclass(frozen=True)
class Engine:
    """Services that outlive a transaction; shared by all threads, changed by none."""

    topics: Topics
    library: Library
    clock: Clock = field(default_factory=SystemClock)
    calendar: WorkCalendar = field(default_factory=WorkCalendar)
    files: Path = Path("var/documents")
    mail: bool = False
    two_person_publish: bool = False

    def context(self, db: Connection) -> Context:
        """A context for one transaction."""
        return Context(db, self, self.clock.now())


class Context(NamedTuple):
    """One open transaction with the engine behind it; `now` is its moment, in UTC, the same for all it writes."""

    db: Connection
    engine: Engine
    now: datetime
