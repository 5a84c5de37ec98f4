"""Requests to providers, and what each of them answers."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "help_requests",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("council_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("asked_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mandate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("outcome_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("category_slug", sa.String(length=60), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("times", sa.String(length=200), nullable=False),
        sa.Column("area", sa.String(length=120), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column(
            "rail",
            sa.Enum(
                "own_money",
                "direct_payment",
                "council_managed",
                "isf",
                name="rail",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("answer_by", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "sent",
                "chosen",
                "ordered",
                "withdrawn",
                "ended",
                name="request_state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by_user_id"], ["users.id"], name=op.f("fk_help_requests_asked_by_user_id_users")
        ),
        sa.ForeignKeyConstraint(["council_id"], ["councils.id"], name=op.f("fk_help_requests_council_id_councils")),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandates.id"], name=op.f("fk_help_requests_mandate_id_mandates")),
        sa.ForeignKeyConstraint(["outcome_id"], ["outcomes.id"], name=op.f("fk_help_requests_outcome_id_outcomes")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_help_requests_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_requests")),
    )
    with op.batch_alter_table("help_requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_help_requests_person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_help_requests_state", ["state", "answer_by"], unique=False)

    op.create_table(
        "help_answers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("found_listing_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "offered",
                "declined",
                name="answer_state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("listing_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("price_pence", sa.BigInteger(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("chosen_at IS NULL OR state = 'offered'", name=op.f("ck_help_answers_chosen_offer")),
        sa.CheckConstraint(
            "state <> 'offered' OR (listing_id IS NOT NULL AND quantity >= 1 AND price_pence >= 1 AND starts_on IS NOT NULL)",
            name=op.f("ck_help_answers_whole_offer"),
        ),
        sa.ForeignKeyConstraint(
            ["answered_by_user_id"], ["users.id"], name=op.f("fk_help_answers_answered_by_user_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["found_listing_id"], ["listings.id"], name=op.f("fk_help_answers_found_listing_id_listings")
        ),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_help_answers_listing_id_listings")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_help_answers_order_id_orders")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_help_answers_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["help_requests.id"], name=op.f("fk_help_answers_request_id_help_requests")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_answers")),
        sa.UniqueConstraint("request_id", "organisation_id", name="uq_help_answers_provider"),
    )
    with op.batch_alter_table("help_answers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_help_answers_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(
            "uq_help_answers_chosen",
            ["request_id"],
            unique=True,
            sqlite_where=sa.text("chosen_at IS NOT NULL"),
            postgresql_where=sa.text("chosen_at IS NOT NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("help_answers", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_help_answers_chosen",
            sqlite_where=sa.text("chosen_at IS NOT NULL"),
            postgresql_where=sa.text("chosen_at IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_help_answers_organisation_id"))

    op.drop_table("help_answers")
    with op.batch_alter_table("help_requests", schema=None) as batch_op:
        batch_op.drop_index("ix_help_requests_state")
        batch_op.drop_index(batch_op.f("ix_help_requests_person_id"))

    op.drop_table("help_requests")
