"""A line of a basket remembers the outcome it was found for."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE basket_lines ADD COLUMN outcome_id BIGINT "
        "CONSTRAINT fk_basket_lines_outcome_id_outcomes REFERENCES outcomes (id)"
    )


def downgrade() -> None:
    op.drop_column("basket_lines", "outcome_id")
