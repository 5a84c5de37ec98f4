"""Who signs in through a council."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "council_identities",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_council_identities_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_council_identities")),
        sa.UniqueConstraint("issuer", "subject", name="uq_council_identities_once"),
    )
    with op.batch_alter_table("council_identities", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_council_identities_user_id"), ["user_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("council_identities", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_council_identities_user_id"))

    op.drop_table("council_identities")
