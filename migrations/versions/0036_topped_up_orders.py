"""An order may have a part from a budget and a part by card, paid by the person or by somebody who is asked."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "top_ups",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("checkout_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("payer_name", sa.String(length=120), nullable=False),
        sa.Column("payer_email", sa.String(length=254), nullable=False),
        sa.Column("service_names", sa.Text(), nullable=False),
        sa.Column("asked_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stripe_customer_id", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(["asked_by_user_id"], ["users.id"], name=op.f("fk_top_ups_asked_by_user_id_users")),
        sa.ForeignKeyConstraint(["checkout_id"], ["checkouts.id"], name=op.f("fk_top_ups_checkout_id_checkouts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_top_ups")),
        sa.UniqueConstraint("checkout_id", name=op.f("uq_top_ups_checkout_id")),
        sa.UniqueConstraint("key", name=op.f("uq_top_ups_key")),
        sa.UniqueConstraint("stripe_customer_id", name=op.f("uq_top_ups_stripe_customer_id")),
    )

    # Said by hand: the column's own check comes with it, and SQLite need not write the table of orders anew.
    op.execute(
        "ALTER TABLE orders ADD COLUMN top_up_pence BIGINT DEFAULT '0' NOT NULL "
        "CONSTRAINT ck_orders_top_up CHECK (top_up_pence >= 0 AND top_up_pence <= total_pence)"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE orders DROP COLUMN top_up_pence")

    op.drop_table("top_ups")
