"""Rounds: orders for many people in one go."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rounds",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=43), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("same_thing", "repeat", name="round_kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("listing_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_rounds_listing_id_listings")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_rounds_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rounds")),
        sa.UniqueConstraint("key", name=op.f("uq_rounds_key")),
    )
    with op.batch_alter_table("rounds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rounds_user_id"), ["user_id"], unique=False)

    op.create_table(
        "round_parts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("round_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("part_no", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_name", sa.String(length=120), nullable=False),
        sa.Column("provider_name", sa.String(length=200), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("total_pence", sa.BigInteger(), nullable=False),
        sa.Column("outcome_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("repeats_order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "ordered",
                "asked",
                "refused",
                name="part_state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("checkout_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["checkout_id"], ["checkouts.id"], name=op.f("fk_round_parts_checkout_id_checkouts")),
        sa.ForeignKeyConstraint(["outcome_id"], ["outcomes.id"], name=op.f("fk_round_parts_outcome_id_outcomes")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_round_parts_person_id_people")),
        sa.ForeignKeyConstraint(
            ["repeats_order_id"], ["orders.id"], name=op.f("fk_round_parts_repeats_order_id_orders")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_round_parts_round_id_rounds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_parts")),
        sa.UniqueConstraint("checkout_id", name=op.f("uq_round_parts_checkout_id")),
        sa.UniqueConstraint("round_id", "part_no", name="uq_round_parts_no"),
    )
    with op.batch_alter_table("round_parts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_round_parts_person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_round_parts_repeats", ["repeats_order_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("round_parts", schema=None) as batch_op:
        batch_op.drop_index("ix_round_parts_repeats")
        batch_op.drop_index(batch_op.f("ix_round_parts_person_id"))

    op.drop_table("round_parts")
    with op.batch_alter_table("rounds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rounds_user_id"))

    op.drop_table("rounds")
