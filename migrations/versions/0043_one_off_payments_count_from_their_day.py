"""A one-off payment for a later day counts from that day on: its entry in the budget book says from when."""

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Said by hand: the column's own check comes with it, and SQLite keeps the table with its triggers.
    op.execute(
        "ALTER TABLE budget_entries ADD COLUMN counts_from DATE "
        "CONSTRAINT ck_budget_entries_counts_from CHECK (counts_from IS NULL OR kind = 'allocate')"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE budget_entries DROP COLUMN counts_from")
