"""Samples of purchases."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "samples",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("council_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("risks", sa.JSON(), nullable=False),
        sa.Column("large_pence", sa.BigInteger(), nullable=False),
        sa.Column("per_rule", sa.Integer(), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("most_random", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(length=40), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("drawn_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on AND share BETWEEN 0 AND 100", name=op.f("ck_samples_drawn")),
        sa.ForeignKeyConstraint(["council_id"], ["councils.id"], name=op.f("fk_samples_council_id_councils")),
        sa.ForeignKeyConstraint(["drawn_by_user_id"], ["users.id"], name=op.f("fk_samples_drawn_by_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_samples")),
    )
    with op.batch_alter_table("samples", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_samples_council_id"), ["council_id"], unique=False)

    op.create_table(
        "sample_items",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sample_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("picked_by", sa.String(length=24), nullable=False),
        sa.Column("risks", sa.JSON(), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looked_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["looked_by_user_id"], ["users.id"], name=op.f("fk_sample_items_looked_by_user_id_users")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_sample_items_order_id_orders")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sample_items_person_id_people")),
        sa.ForeignKeyConstraint(["sample_id"], ["samples.id"], name=op.f("fk_sample_items_sample_id_samples")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample_items")),
        sa.UniqueConstraint("sample_id", "order_id", name="uq_sample_items_order"),
    )
    with op.batch_alter_table("sample_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sample_items_person_id"), ["person_id"], unique=False)

    op.create_table(
        "sample_answers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "answer",
            sa.Enum(
                "all_right",
                "ask_manager",
                "safeguarding",
                "finance",
                name="answer",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name=op.f("fk_sample_answers_by_user_id_users")),
        sa.ForeignKeyConstraint(["item_id"], ["sample_items.id"], name=op.f("fk_sample_answers_item_id_sample_items")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample_answers")),
    )
    with op.batch_alter_table("sample_answers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sample_answers_item_id"), ["item_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("sample_answers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sample_answers_item_id"))

    op.drop_table("sample_answers")
    with op.batch_alter_table("sample_items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sample_items_person_id"))

    op.drop_table("sample_items")
    with op.batch_alter_table("samples", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_samples_council_id"))

    op.drop_table("samples")
