"""Free help noted beside an outcome of a support plan."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "plan_notes",
        sa.Column("id", _ID, nullable=False),
        sa.Column("outcome_id", _ID, nullable=False),
        sa.Column("listing_id", _ID, nullable=False),
        sa.Column("noted_by_user_id", _ID, nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["outcome_id"], ["outcomes.id"], name="fk_plan_notes_outcome_id_outcomes"),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name="fk_plan_notes_listing_id_listings"),
        sa.ForeignKeyConstraint(["noted_by_user_id"], ["users.id"], name="fk_plan_notes_noted_by_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_plan_notes"),
    )
    op.create_index("ix_plan_notes_outcome_id", "plan_notes", ["outcome_id"])


def downgrade() -> None:
    op.drop_table("plan_notes")
