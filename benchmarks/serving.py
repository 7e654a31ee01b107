"""What gunicorn does in every process of the benchmark, as in Prasan's own server."""

from __future__ import annotations

from typing import Any

from web.server import take_turns


def post_worker_init(_: Any) -> None:
    """Called by gunicorn."""
    take_turns()
