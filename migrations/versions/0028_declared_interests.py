"""Declared conflicts of interest, and the orders that they concern."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "declared_interests",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("declared_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("provider_organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "own_firm",
                "linked",
                "relative",
                name="interest_kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["declared_by_user_id"], ["users.id"], name=op.f("fk_declared_interests_declared_by_user_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_declared_interests_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["provider_organisation_id"],
            ["organisations.id"],
            name=op.f("fk_declared_interests_provider_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declared_interests")),
    )
    with op.batch_alter_table("declared_interests", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_declared_interests_declared_by_user_id"), ["declared_by_user_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_declared_interests_organisation_id"), ["organisation_id"], unique=False)

    # Said by hand: the column's own check comes with it, and SQLite need not write the table of orders anew.
    op.execute(
        "ALTER TABLE orders ADD COLUMN interest VARCHAR(24) "
        "CONSTRAINT ck_orders_interest_kind CHECK (interest IN ('own_firm', 'linked', 'relative'))"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE orders DROP COLUMN interest")

    with op.batch_alter_table("declared_interests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_declared_interests_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_declared_interests_declared_by_user_id"))

    op.drop_table("declared_interests")
