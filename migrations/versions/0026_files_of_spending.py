"""Files of spending for councils: which entries each has, and what was so when it was made."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "spending_exports",
        sa.Column("id", _ID, nullable=False),
        sa.Column("council_id", _ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("layout", sa.JSON(), nullable=False),
        sa.Column("entry_count", sa.Integer(), nullable=False),
        sa.Column("pence", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_by_user_id", _ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["council_id"], ["councils.id"], name="fk_spending_exports_council_id_councils"),
        sa.ForeignKeyConstraint(["made_by_user_id"], ["users.id"], name="fk_spending_exports_made_by_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_spending_exports"),
        sa.UniqueConstraint("council_id", "number", name="uq_spending_exports_number"),
    )
    op.create_table(
        "spending_export_lines",
        sa.Column("entry_id", _ID, autoincrement=False, nullable=False),
        sa.Column("export_id", _ID, nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["budget_entries.id"], name="fk_spending_export_lines_entry_id_budget_entries"
        ),
        sa.ForeignKeyConstraint(
            ["export_id"], ["spending_exports.id"], name="fk_spending_export_lines_export_id_spending_exports"
        ),
        sa.PrimaryKeyConstraint("entry_id", name="pk_spending_export_lines"),
    )
    op.create_index("ix_spending_export_lines_export_id", "spending_export_lines", ["export_id"])


def downgrade() -> None:
    op.drop_table("spending_export_lines")
    op.drop_table("spending_exports")
