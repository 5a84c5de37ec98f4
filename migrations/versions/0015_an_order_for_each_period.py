"""A checkout may make two orders of one provider when the days of the support lie in two periods of a pot."""

from alembic import op
from sqlalchemy import text

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_BEFORE = "UNIQUE (checkout_id, organisation_id)"
_NOW = "UNIQUE (checkout_id, organisation_id, period_starts_on)"


def upgrade() -> None:
    _change(_BEFORE, _NOW, ["checkout_id", "organisation_id", "period_starts_on"])


def downgrade() -> None:
    _change(_NOW, _BEFORE, ["checkout_id", "organisation_id"])


def _change(before: str, now: str, columns: list[str]) -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint("uq_orders_once_per_checkout", "orders", type_="unique")
        op.create_unique_constraint("uq_orders_once_per_checkout", "orders", columns)
        return
    _rebuild(before, now)


def _rebuild(before: str, now: str) -> None:
    """SQLite changes no constraint of a table that stands. Its rows are taken out and put back under the same ids, so
    that whatever points at them points at them again before the transaction ends, when it looks."""
    of_orders = "FROM sqlite_master WHERE tbl_name = 'orders' AND sql IS NOT NULL"
    bind = op.get_bind()
    (table,) = bind.scalars(text(f"SELECT sql {of_orders} AND type = 'table'"))
    others = bind.scalars(text(f"SELECT sql {of_orders} AND type <> 'table' ORDER BY rowid")).all()
    if before not in table:
        raise RuntimeError("the table of orders is not the one that this migration knows")
    op.execute("PRAGMA defer_foreign_keys = ON")
    op.execute("CREATE TEMPORARY TABLE orders_kept AS SELECT * FROM orders")
    op.execute("DROP TABLE orders")
    bind.exec_driver_sql(table.replace(before, now))
    op.execute("INSERT INTO orders SELECT * FROM orders_kept")
    op.execute("DROP TABLE orders_kept")
    for statement in others:
        bind.exec_driver_sql(statement)
