"""The floor of the web: a Flask application that inserts what is posted and commits, behind the same server."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from typing import Any

from flask import Flask, request

from benchmarks.floor import inserts


def create_app() -> Flask:
    """One route, one connection per thread."""
    app, local = Flask("floor"), threading.local()

    def insert() -> Callable[[str], Any]:
        if not hasattr(local, "insert"):
            local.insert = inserts(os.environ["DATABASE_URL"])
        act: Callable[[str], Any] = local.insert
        return act

    @app.post("/")
    def add() -> dict[str, str]:
        insert()(json.dumps(request.get_json()))
        return {"next": "/"}

    return app
