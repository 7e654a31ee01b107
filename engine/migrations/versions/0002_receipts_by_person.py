"""Every page counts what its reader has not confirmed: receipts are found by person."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_receipts_person_message_id", "receipts", ["person", "message_id"], unique=False)
