"""The record is read by whom and by day, of a council, along an index each."""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_audit_rows_actor_at", "audit_rows", ["actor_user_id", "at"])
    op.create_index("ix_audit_rows_council_at", "audit_rows", ["council_id", "at"])
    op.drop_index("ix_audit_rows_actor_user_id", "audit_rows")


def downgrade() -> None:
    op.create_index("ix_audit_rows_actor_user_id", "audit_rows", ["actor_user_id"])
    op.drop_index("ix_audit_rows_council_at", "audit_rows")
    op.drop_index("ix_audit_rows_actor_at", "audit_rows")
