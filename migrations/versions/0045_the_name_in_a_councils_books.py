"""The name by which a council knew somebody before they took another one."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people", sa.Column("name_in_books", sa.String(length=120), nullable=True))


def downgrade() -> None:
    op.drop_column("people", "name_in_books")
