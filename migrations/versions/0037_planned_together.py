"""Planned together."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "planned_together",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mandate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "how",
            sa.Enum(
                "online", "on_paper", "spoken", name="consent_how", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ended_at IS NULL OR ended_at >= began_at", name=op.f("ck_planned_together_order")),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandates.id"], name=op.f("fk_planned_together_mandate_id_mandates")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_planned_together_person_id_people")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_planned_together_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_together")),
    )
    with op.batch_alter_table("planned_together", schema=None) as batch_op:
        batch_op.create_index(
            "uq_planned_together_open",
            ["person_id", "user_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("planned_together", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_planned_together_open",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.drop_table("planned_together")
