"""Support plans: help that costs nothing, how outcomes go, every version of a plan, and reviews."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan_reviews",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("council_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "first",
                "yearly",
                "breach",
                "change",
                name="review_reason",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("asked_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("held_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(held_on IS NULL) = (held_by_user_id IS NULL)", name=op.f("ck_plan_reviews_held_by_somebody")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_user_id"], ["users.id"], name=op.f("fk_plan_reviews_asked_by_user_id_users")
        ),
        sa.ForeignKeyConstraint(["council_id"], ["councils.id"], name=op.f("fk_plan_reviews_council_id_councils")),
        sa.ForeignKeyConstraint(["held_by_user_id"], ["users.id"], name=op.f("fk_plan_reviews_held_by_user_id_users")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_plan_reviews_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_reviews")),
    )
    op.create_index("ix_plan_reviews_council", "plan_reviews", ["council_id", "due_on"], unique=False)
    op.create_index(op.f("ix_plan_reviews_person_id"), "plan_reviews", ["person_id"], unique=False)
    op.create_index(
        "uq_plan_reviews_open",
        "plan_reviews",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text("held_on IS NULL"),
        postgresql_where=sa.text("held_on IS NULL"),
    )

    op.create_table(
        "plan_versions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("change", sa.String(length=40), nullable=False),
        sa.Column("about", sa.String(length=300), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name=op.f("fk_plan_versions_by_user_id_users")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_plan_versions_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_versions")),
        sa.UniqueConstraint("person_id", "number", name="uq_plan_versions_number"),
    )
    op.create_table(
        "outcome_ratings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("outcome_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=True),
        sa.Column("by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_outcome_ratings_rating")),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name=op.f("fk_outcome_ratings_by_user_id_users")),
        sa.ForeignKeyConstraint(["outcome_id"], ["outcomes.id"], name=op.f("fk_outcome_ratings_outcome_id_outcomes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome_ratings")),
    )
    op.create_index(op.f("ix_outcome_ratings_outcome_id"), "outcome_ratings", ["outcome_id"], unique=False)

    op.create_table(
        "plan_solutions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("outcome_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "own",
                "family",
                "neighbour",
                "group",
                "service",
                "other",
                name="solution_kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("words", sa.String(length=300), nullable=False),
        sa.Column("added_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["added_by_user_id"], ["users.id"], name=op.f("fk_plan_solutions_added_by_user_id_users")
        ),
        sa.ForeignKeyConstraint(["outcome_id"], ["outcomes.id"], name=op.f("fk_plan_solutions_outcome_id_outcomes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_solutions")),
    )
    op.create_index(op.f("ix_plan_solutions_outcome_id"), "plan_solutions", ["outcome_id"], unique=False)


def downgrade() -> None:
    for table in ("plan_solutions", "outcome_ratings", "plan_versions", "plan_reviews"):
        op.drop_table(table)
