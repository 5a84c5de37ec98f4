"""Why something outside the support plan was bought, kept with the order."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("outside_plan", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("orders", "outside_plan")
