"""A mandate recorded by an officer counts once another confirms it; a cut of a budget is agreed by somebody else."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # One plain ALTER with its constraints inline, because SQLite would rebuild a table that others point at.
    op.execute(
        "ALTER TABLE mandates ADD COLUMN confirmed_by_user_id BIGINT "
        "CONSTRAINT ck_mandates_second_person "
        "CHECK (confirmed_by_user_id IS NULL OR confirmed_by_user_id <> granted_by_user_id) "
        "CONSTRAINT fk_mandates_confirmed_by_user_id_users REFERENCES users (id)"
    )
    op.add_column("mandates", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE mandates SET confirmed_at = granted_at")
    with op.batch_alter_table("allocation_changes", schema=None) as batch_op:
        batch_op.alter_column("prepared_by_user_id", existing_type=sa.BigInteger(), nullable=True)
        batch_op.create_check_constraint(
            "second_person", "approved IS NULL OR NOT approved OR decided_by_user_id <> prepared_by_user_id"
        )


def downgrade() -> None:
    with op.batch_alter_table("allocation_changes", schema=None) as batch_op:
        batch_op.drop_constraint("second_person", type_="check")
        batch_op.alter_column("prepared_by_user_id", existing_type=sa.BigInteger(), nullable=False)
    op.drop_column("mandates", "confirmed_at")
    op.drop_column("mandates", "confirmed_by_user_id")
