"""Runs migrations on the connection that Database.migrate opened; on PostgreSQL Procrastinate's tables too."""

from __future__ import annotations

from alembic import context

from engine import procrastination
from engine.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata, render_as_batch=True, transaction_per_migration=False
)
with context.begin_transaction():
    context.run_migrations()
if connection.dialect.name == "postgresql":
    procrastination.install(connection)
