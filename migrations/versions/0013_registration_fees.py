"""The registration fee of a council: what was agreed, its instalments, its invoices, which stand for ever."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SERIES = "fee:invoice"
GAP = "NEW.serial <> (SELECT COALESCE(MAX(serial), 0) + 1 FROM fee_invoices)"


def upgrade() -> None:
    op.create_table(
        "council_fees",
        sa.Column("id", ID, nullable=False),
        sa.Column("council_id", ID, nullable=False),
        sa.Column("pence", sa.BigInteger(), nullable=False),
        sa.Column("agreed_by_user_id", ID, nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("pence > 0", name=op.f("ck_council_fees_positive")),
        sa.ForeignKeyConstraint(
            ["agreed_by_user_id"], ["users.id"], name=op.f("fk_council_fees_agreed_by_user_id_users")
        ),
        sa.ForeignKeyConstraint(["council_id"], ["councils.id"], name=op.f("fk_council_fees_council_id_councils")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_council_fees")),
        sa.UniqueConstraint("council_id", name=op.f("uq_council_fees_council_id")),
    )
    op.create_table(
        "fee_instalments",
        sa.Column("id", ID, nullable=False),
        sa.Column("council_fee_id", ID, nullable=False),
        sa.Column("part_no", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("pence", sa.BigInteger(), nullable=False),
        sa.Column("times_paid", sa.Integer(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("paid_reference", sa.String(length=60), nullable=True),
        sa.Column("paid_by_user_id", ID, nullable=True),
        sa.CheckConstraint("pence > 0", name=op.f("ck_fee_instalments_positive")),
        sa.CheckConstraint(
            "(paid_on IS NULL) = (paid_reference IS NULL)", name=op.f("ck_fee_instalments_paid_says_how")
        ),
        sa.ForeignKeyConstraint(
            ["council_fee_id"], ["council_fees.id"], name=op.f("fk_fee_instalments_council_fee_id_council_fees")
        ),
        sa.ForeignKeyConstraint(
            ["paid_by_user_id"], ["users.id"], name=op.f("fk_fee_instalments_paid_by_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_instalments")),
        sa.UniqueConstraint("council_fee_id", "part_no", name="uq_fee_instalments_part"),
    )
    op.create_table(
        "fee_invoices",
        sa.Column("id", ID, nullable=False),
        sa.Column("instalment_id", ID, nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by_user_id", ID, nullable=False),
        sa.Column("issuer", sa.JSON(), nullable=False),
        sa.Column("council", sa.JSON(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("part_no", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("net_pence", sa.BigInteger(), nullable=False),
        sa.Column("vat_rate_bp", sa.Integer(), nullable=False),
        sa.Column("vat_pence", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("net_pence > 0 AND vat_pence >= 0", name=op.f("ck_fee_invoices_amounts")),
        sa.CheckConstraint("serial > 0", name=op.f("ck_fee_invoices_serial")),
        sa.ForeignKeyConstraint(
            ["instalment_id"], ["fee_instalments.id"], name=op.f("fk_fee_invoices_instalment_id_fee_instalments")
        ),
        sa.ForeignKeyConstraint(
            ["issued_by_user_id"], ["users.id"], name=op.f("fk_fee_invoices_issued_by_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_invoices")),
        sa.UniqueConstraint("instalment_id", name=op.f("uq_fee_invoices_instalment_id")),
        sa.UniqueConstraint("serial", name=op.f("uq_fee_invoices_serial")),
        sa.UniqueConstraint("number", name=op.f("uq_fee_invoices_number")),
    )
    numbers = sa.table("paper_numbers", sa.column("series", sa.String), sa.column("last", sa.Integer))
    op.bulk_insert(numbers, [{"series": SERIES, "last": 0}])
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER fee_invoices_no_{verb.lower()} BEFORE {verb} ON fee_invoices "
                "BEGIN SELECT RAISE(ABORT, 'fee_invoices only grows'); END"
            )
        op.execute(
            "CREATE TRIGGER fee_invoices_no_gap BEFORE INSERT ON fee_invoices "
            f"WHEN {GAP} BEGIN SELECT RAISE(ABORT, 'invoices are numbered without gaps'); END"
        )
    else:
        op.execute(
            "CREATE TRIGGER fee_invoices_only_grows BEFORE UPDATE OR DELETE ON fee_invoices "
            "FOR EACH ROW EXECUTE FUNCTION only_grows()"
        )
        op.execute(
            "CREATE TRIGGER fee_invoices_no_truncate BEFORE TRUNCATE ON fee_invoices "
            "FOR EACH STATEMENT EXECUTE FUNCTION only_grows()"
        )
        op.execute(
            "CREATE FUNCTION fee_invoices_no_gap() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN IF ({GAP}) THEN RAISE EXCEPTION 'invoices are numbered without gaps' "
            "USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$"
        )
        op.execute(
            "CREATE TRIGGER fee_invoices_no_gap BEFORE INSERT ON fee_invoices "
            "FOR EACH ROW EXECUTE FUNCTION fee_invoices_no_gap()"
        )


def downgrade() -> None:
    raise RuntimeError("facts stay facts: restore a backup instead")
