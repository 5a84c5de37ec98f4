"""Why Stripe stopped an account, and since when it could first be paid."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stripe_accounts", sa.Column("disabled_reason", sa.String(length=80), nullable=True))
    op.add_column("stripe_accounts", sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE stripe_accounts SET ready_at = updated_at WHERE charges_enabled")


def downgrade() -> None:
    op.drop_column("stripe_accounts", "ready_at")
    op.drop_column("stripe_accounts", "disabled_reason")
