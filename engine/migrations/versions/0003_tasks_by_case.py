"""A case's tasks are found by their status and token; nobody looks for a token without its case any more."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """One index instead of two, which every task changes when it opens and when it is done."""
    op.create_index("ix_tasks_case_id_status_token", "tasks", ["case_id", "status", "token"], unique=False)
    op.drop_index("ix_tasks_case_id_status", "tasks")
    op.drop_index("ix_tasks_token_status", "tasks")
