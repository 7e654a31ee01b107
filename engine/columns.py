"""Column types that behave alike on SQLite and PostgreSQL: UTC moments and JSON documents."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import DateTime, Dialect, Text, TypeDecorator

from engine.calendar import iso


class Moment(TypeDecorator[datetime]):
    """An aware UTC moment; SQLite forgets zones, so they are put back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return UTC."""
        return None if value is None else (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Any:
        """On SQLite straight to the text that SQLAlchemy would write by way of a format."""
        return _written if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """On SQLite straight from the text."""
        return _read if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


@lru_cache(maxsize=64)  # as `iso`
def _written(value: datetime | None) -> str | None:
    return None if value is None else iso(value)[: -len("+00:00")].replace("T", " ")


def _read(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


class Json(TypeDecorator[Any]):
    """A JSON document as UTF-8 text; Thai stays readable and searchable."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Any:
        """Encode."""
        return _encoded

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Decode."""
        return _decoded


def _encoded(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def _decoded(value: str | None) -> Any:
    return None if value is None else orjson.loads(value)
