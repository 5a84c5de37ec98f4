"""A letter on paper may go to the address of before, beside the one where somebody lives now."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("paper_letters", sa.Column("sent_to", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("paper_letters", "sent_to")
