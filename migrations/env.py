"""Runs migrations on the connection that `marketplace.schema` hands over."""

from typing import Any

import sqlalchemy as sa
from alembic import context

from marketplace.database import Base, Pence, UtcDateTime


def render_item(kind: str, item: Any, _autogen: Any) -> str | bool:
    """Spell our column types as plain ones, so that an old migration never changes with them."""
    if kind == "type" and isinstance(item, Pence):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def compare_type(_context: Any, _inspected: Any, _column: Any, inspected: Any, declared: Any) -> bool | None:
    """Let Alembic compare, except where SQLite has one integer for all sizes."""
    if isinstance(inspected, sa.Integer) and isinstance(declared, (sa.Integer, Pence)):
        return False
    return None


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_item=render_item,
    compare_type=compare_type,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
