"""Self-assessment: tables of points and pounds, a council's own figures, needs forms that somebody keeps."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "council_figures",
        sa.Column("id", ID, nullable=False),
        sa.Column("council_id", ID, nullable=False),
        sa.Column(
            "key",
            sa.Enum(
                "lower_capital_limit",
                "upper_capital_limit",
                "tariff_step",
                "tariff_income",
                "personal_expenses",
                "guarantee_18",
                "guarantee_25",
                "guarantee_pension",
                "guarantee_couple",
                "guarantee_couple_pension",
                "disability_premium",
                "enhanced_disability_premium",
                name="figure_key",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("pence", sa.BigInteger(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("set_by_user_id", ID, nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("pence > 0", name=op.f("ck_council_figures_positive")),
        sa.ForeignKeyConstraint(["council_id"], ["councils.id"], name=op.f("fk_council_figures_council_id_councils")),
        sa.ForeignKeyConstraint(["set_by_user_id"], ["users.id"], name=op.f("fk_council_figures_set_by_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_council_figures")),
    )
    with op.batch_alter_table("council_figures", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_council_figures_council_id"), ["council_id"], unique=False)

    op.create_table(
        "needs_forms",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_needs_forms_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_needs_forms")),
    )
    with op.batch_alter_table("needs_forms", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_needs_forms_user_id"), ["user_id"], unique=False)

    op.create_table(
        "points_tables",
        sa.Column("id", ID, nullable=False),
        sa.Column("council_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("questions", sa.Text(), nullable=False),
        sa.Column("pounds", sa.Text(), nullable=False),
        sa.Column("set_by_user_id", ID, nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_points_tables_version_counts_from_one")),
        sa.ForeignKeyConstraint(["council_id"], ["councils.id"], name=op.f("fk_points_tables_council_id_councils")),
        sa.ForeignKeyConstraint(["set_by_user_id"], ["users.id"], name=op.f("fk_points_tables_set_by_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_tables")),
        sa.UniqueConstraint("council_id", "version", name="uq_points_tables_version"),
    )


def downgrade() -> None:
    op.drop_table("points_tables")
    with op.batch_alter_table("needs_forms", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_needs_forms_user_id"))

    op.drop_table("needs_forms")
    with op.batch_alter_table("council_figures", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_council_figures_council_id"))

    op.drop_table("council_figures")
