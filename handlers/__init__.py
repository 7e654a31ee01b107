"""What automatic steps do, one topic per function. Handlers import only engine.topics."""

from __future__ import annotations

from engine.topics import Topics
from handlers import notices, numbering, registry, scoring


def topics() -> Topics:
    """Every topic that has a handler."""
    found = Topics()
    for module in (numbering, scoring, registry, notices):
        module.register(found)
    return found
