"""Settlement by bank: whom a run pays and where to, how a payer pays and books, payments that a bank returned.

And the role of those who settle individual service funds.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ROLES = (
    "provider",
    "catalyst",
    "budget_manager",
    "support_planner",
    "social_worker",
    "access_point_worker",
    "commissioner",
    "safeguarding_lead",
    "council_finance",
    "auditor",
    "operator",
    "fund_finance",
)


def upgrade() -> None:
    op.create_table(
        "bank_details",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_name", sa.String(length=70), nullable=False),
        sa.Column("sort_code", sa.String(length=6), nullable=False),
        sa.Column("account_number", sa.String(length=8), nullable=False),
        sa.Column("given_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("usable_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "agreed_by_user_id IS NULL OR agreed_by_user_id <> given_by_user_id",
            name=op.f("ck_bank_details_second_person"),
        ),
        sa.CheckConstraint("length(sort_code) = 6 AND length(account_number) = 8", name=op.f("ck_bank_details_digits")),
        sa.ForeignKeyConstraint(
            ["agreed_by_user_id"], ["users.id"], name=op.f("fk_bank_details_agreed_by_user_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["given_by_user_id"], ["users.id"], name=op.f("fk_bank_details_given_by_user_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_bank_details_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["stopped_by_user_id"], ["users.id"], name=op.f("fk_bank_details_stopped_by_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_details")),
    )
    with op.batch_alter_table("bank_details", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bank_details_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "settlement_settings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("council_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("account_name", sa.String(length=70), nullable=True),
        sa.Column("sort_code", sa.String(length=6), nullable=True),
        sa.Column("account_number", sa.String(length=8), nullable=True),
        sa.Column("service_user_number", sa.String(length=6), nullable=True),
        sa.Column("journal", sa.JSON(), nullable=False),
        sa.Column("set_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(council_id IS NULL) <> (organisation_id IS NULL)", name=op.f("ck_settlement_settings_one_payer")
        ),
        sa.CheckConstraint(
            "(sort_code IS NULL) = (account_number IS NULL) AND (sort_code IS NULL) = (service_user_number IS NULL) AND (sort_code IS NULL) = (account_name IS NULL)",
            name=op.f("ck_settlement_settings_whole_account"),
        ),
        sa.ForeignKeyConstraint(
            ["council_id"], ["councils.id"], name=op.f("fk_settlement_settings_council_id_councils")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_settlement_settings_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["set_by_user_id"], ["users.id"], name=op.f("fk_settlement_settings_set_by_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_settings")),
    )
    with op.batch_alter_table("settlement_settings", schema=None) as batch_op:
        batch_op.create_index("ix_settlement_settings_payer", ["council_id", "organisation_id"], unique=False)

    op.create_table(
        "settlement_payments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "payee",
            sa.Enum("provider", "operator", name="payee", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("gross_pence", sa.BigInteger(), nullable=False),
        sa.Column("levy_pence", sa.BigInteger(), nullable=False),
        sa.Column("pence", sa.BigInteger(), nullable=False),
        sa.Column("bank_details_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rejected_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("rejected_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(payee = 'operator') OR (organisation_id IS NOT NULL)",
            name=op.f("ck_settlement_payments_provider_is_named"),
        ),
        sa.CheckConstraint(
            "(rejected_at IS NULL) = (rejected_reason IS NULL)", name=op.f("ck_settlement_payments_rejected_says_why")
        ),
        sa.CheckConstraint("pence >= 0", name=op.f("ck_settlement_payments_not_negative")),
        sa.ForeignKeyConstraint(
            ["bank_details_id"], ["bank_details.id"], name=op.f("fk_settlement_payments_bank_details_id_bank_details")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_settlement_payments_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["rejected_by_user_id"], ["users.id"], name=op.f("fk_settlement_payments_rejected_by_user_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["settlement_runs.id"], name=op.f("fk_settlement_payments_run_id_settlement_runs")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_payments")),
        sa.UniqueConstraint("run_id", "payee", "organisation_id", name="uq_settlement_payments_once"),
    )
    with op.batch_alter_table("settlement_payments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_settlement_payments_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_settlement_payments_run_id"), ["run_id"], unique=False)

    # Plain ALTERs with their constraints inline, because SQLite would rebuild tables that others point at.
    for table, column, other in (
        ("settlement_lines", "pays_again_id", "settlement_lines"),
        ("settlement_lines", "again_run_id", "settlement_runs"),
        ("settlement_runs", "settings_id", "settlement_settings"),
    ):
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN {column} BIGINT CONSTRAINT fk_{table}_{column}_{other} REFERENCES {other} (id)"
        )
    op.add_column("settlement_lines", sa.Column("split", sa.JSON(), nullable=True))
    op.add_column("settlement_runs", sa.Column("processing_on", sa.Date(), nullable=True))
    op.add_column("settlement_runs", sa.Column("payer_name", sa.String(length=200), nullable=True))
    op.create_index("ix_settlement_lines_again_run_id", "settlement_lines", ["again_run_id"])
    op.create_index("ix_settlement_lines_pays_again_id", "settlement_lines", ["pays_again_id"])
    op.execute(
        "INSERT INTO settlement_payments (run_id, payee, organisation_id, line_count, gross_pence, levy_pence, pence) "
        "SELECT run_id, 'provider', organisation_id, COUNT(*), SUM(gross_pence), SUM(levy_pence), SUM(net_pence) "
        "FROM settlement_lines GROUP BY run_id, organisation_id ORDER BY run_id, organisation_id"
    )
    op.execute(
        "INSERT INTO settlement_payments (run_id, payee, line_count, gross_pence, levy_pence, pence) "
        "SELECT id, 'operator', 0, levy_pence, 0, levy_pence FROM settlement_runs WHERE levy_pence > 0 ORDER BY id"
    )
    for table in ("memberships", "invitations"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint("role", type_="check")
            batch_op.create_check_constraint("role", f"role IN ({', '.join(map(repr, ROLES))})")


def downgrade() -> None:
    for table in ("memberships", "invitations"):
        op.execute(sa.text(f"DELETE FROM {table} WHERE role = 'fund_finance'"))  # noqa: S608 - names of ours
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint("role", type_="check")
            batch_op.create_check_constraint("role", f"role IN ({', '.join(map(repr, ROLES[:-1]))})")
    op.drop_index("ix_settlement_lines_pays_again_id", "settlement_lines")
    op.drop_index("ix_settlement_lines_again_run_id", "settlement_lines")
    for table, column in (
        ("settlement_runs", "payer_name"),
        ("settlement_runs", "processing_on"),
        ("settlement_runs", "settings_id"),
        ("settlement_lines", "split"),
        ("settlement_lines", "again_run_id"),
        ("settlement_lines", "pays_again_id"),
    ):
        op.drop_column(table, column)
    with op.batch_alter_table("settlement_payments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_settlement_payments_run_id"))
        batch_op.drop_index(batch_op.f("ix_settlement_payments_organisation_id"))

    op.drop_table("settlement_payments")
    with op.batch_alter_table("settlement_settings", schema=None) as batch_op:
        batch_op.drop_index("ix_settlement_settings_payer")

    op.drop_table("settlement_settings")
    with op.batch_alter_table("bank_details", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bank_details_organisation_id"))

    op.drop_table("bank_details")
