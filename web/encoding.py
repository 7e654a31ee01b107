"""JSON by orjson wherever Flask writes or reads it: answers to scripts, data in pages, the signed cookie."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Flask
from flask.json.provider import JSONProvider


class Json(JSONProvider):
    """As UTF-8 and compact, which is smaller for Thai and several times faster; what is no JSON is refused."""

    def dumps(self, obj: Any, **_: Any) -> str:
        """Encode."""
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        """Decode; raises a `ValueError`."""
        return orjson.loads(s)


def register(app: Flask) -> None:
    """Use it."""
    app.json = Json(app)
