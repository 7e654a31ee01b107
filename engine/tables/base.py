"""The metadata all tables share, and the columns every table writes alike."""

from __future__ import annotations

import os
from typing import Any

from sqlalchemy import Column, ForeignKey, MetaData, String

from engine.calendar import milliseconds

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def new_id() -> str:
    """A key that nobody has, 32 hex digits: the milliseconds since 1970, then 80 random bits.

    As with UUIDs of version 7, what is new stands together in an index: a step changes few of its pages.
    """
    return f"{milliseconds():012x}{os.urandom(10).hex()}"


def id_column() -> Column[str]:
    """The primary key: 32 hex digits."""
    return Column("id", String(32), primary_key=True)


def reference(name: str, target: str, **options: Any) -> Column[str]:
    """A foreign key to another table's id."""
    return Column(name, String(32), ForeignKey(f"{target}.id"), **options)
