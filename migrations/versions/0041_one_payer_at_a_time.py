"""Somebody else can be asked to pay the card's part of an order, one at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None
_NOW = sa.text("replaced_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("top_ups", schema=None) as batch_op:
        batch_op.drop_constraint("uq_top_ups_checkout_id", type_="unique")
        batch_op.add_column(sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_top_ups_checkout", "top_ups", ["checkout_id"])
    op.create_index(
        "uq_top_ups_one_at_a_time",
        "top_ups",
        ["checkout_id"],
        unique=True,
        sqlite_where=_NOW,
        postgresql_where=_NOW,
    )


def downgrade() -> None:
    op.drop_index("uq_top_ups_one_at_a_time", table_name="top_ups")
    op.drop_index("ix_top_ups_checkout", table_name="top_ups")
    op.execute("DELETE FROM top_ups WHERE replaced_at IS NOT NULL")
    with op.batch_alter_table("top_ups", schema=None) as batch_op:
        batch_op.drop_column("replaced_at")
        batch_op.create_unique_constraint("uq_top_ups_checkout_id", ["checkout_id"])
