"""Who is paid from direct payments: what was said of them, and what councils found necessary."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payee_necessities",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("council_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("recorded_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "approved IS NULL OR NOT approved OR decided_by_user_id <> recorded_by_user_id",
            name=op.f("ck_payee_necessities_second_person"),
        ),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_payee_necessities_dates")),
        sa.ForeignKeyConstraint(["council_id"], ["councils.id"], name=op.f("fk_payee_necessities_council_id_councils")),
        sa.ForeignKeyConstraint(
            ["decided_by_user_id"], ["users.id"], name=op.f("fk_payee_necessities_decided_by_user_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by_user_id"], ["users.id"], name=op.f("fk_payee_necessities_ended_by_user_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_payee_necessities_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_payee_necessities_person_id_people")),
        sa.ForeignKeyConstraint(
            ["recorded_by_user_id"], ["users.id"], name=op.f("fk_payee_necessities_recorded_by_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payee_necessities")),
    )
    op.create_index("ix_payee_necessities_council_id", "payee_necessities", ["council_id"])
    op.create_index("ix_payee_necessities_payee", "payee_necessities", ["person_id", "organisation_id"])

    op.create_table(
        "payee_declarations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "relationship",
            sa.Enum(
                "none",
                "friend",
                "other_relative",
                "partner",
                "close_relative",
                "relatives_partner",
                "not_asked",
                name="relationship",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("declared_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("mandate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["declared_by_user_id"], ["users.id"], name=op.f("fk_payee_declarations_declared_by_user_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["mandate_id"], ["mandates.id"], name=op.f("fk_payee_declarations_mandate_id_mandates")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_payee_declarations_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_payee_declarations_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payee_declarations")),
    )
    op.create_index("ix_payee_declarations_payee", "payee_declarations", ["person_id", "organisation_id", "id"])
    # Who was paid before this was asked is asked about at the next order.
    op.execute(
        "INSERT INTO payee_declarations (person_id, organisation_id, relationship, declared_at) "
        "SELECT orders.person_id, orders.organisation_id, 'not_asked', MIN(orders.created_at) FROM orders "
        "JOIN order_funding ON order_funding.order_id = orders.id "
        "WHERE order_funding.rail = 'direct_payment' GROUP BY orders.person_id, orders.organisation_id"
    )
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER payee_declarations_no_{verb.lower()} BEFORE {verb} ON payee_declarations "
                "BEGIN SELECT RAISE(ABORT, 'payee_declarations only grows'); END"
            )
    else:
        op.execute(
            "CREATE TRIGGER payee_declarations_only_grows BEFORE UPDATE OR DELETE ON payee_declarations "
            "FOR EACH ROW EXECUTE FUNCTION only_grows()"
        )


def downgrade() -> None:
    op.drop_table("payee_declarations")
    op.drop_table("payee_necessities")
