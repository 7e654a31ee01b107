"""A task itself says who was asked, also when it is done; the worklist's index is looked up by its whole key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Copy the candidates of open tasks, and drop the index by task, which every completion changed twice."""
    op.add_column("tasks", sa.Column("candidates", sa.Text()))
    rows = list(_asked(op.get_bind()))
    if rows:
        op.get_bind().execute(sa.text("UPDATE tasks SET candidates = :who WHERE id = :task"), rows)
    op.drop_index("ix_candidates_task_id", "candidates")


def _asked(db: sa.Connection) -> Iterator[dict[str, Any]]:
    found = db.execute(sa.text("SELECT task_id, candidate FROM candidates ORDER BY task_id, candidate"))
    for task, rows in groupby(found, itemgetter(0)):
        yield {"task": task, "who": json.dumps([row.candidate for row in rows], ensure_ascii=False)}
