"""Levy invoices and credit notes, numbered without gaps, and the months that they close. What was issued stands."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

APPEND_ONLY = ("levy_issuers", "levy_documents", "levy_document_lines", "levy_months")
SERIES = ("levy:invoice", "levy:credit_note")
OTHER_SUM = (
    "(SELECT COALESCE(SUM(levy_pence), 0) FROM levy_document_lines WHERE document_id = NEW.id) "
    "<> CASE NEW.kind WHEN 'invoice' THEN NEW.levy_pence ELSE -NEW.levy_pence END"
)
OTHER_NUMBER = "NEW.serial <> (SELECT COALESCE(MAX(serial), 0) + 1 FROM levy_documents WHERE kind = NEW.kind)"
STANDS = "EXISTS (SELECT 1 FROM levy_documents WHERE id = NEW.document_id)"
REFUSALS = (
    ("levy_documents", "sum", OTHER_SUM, "the lines of a paper sum to it"),
    ("levy_documents", "number", OTHER_NUMBER, "numbers follow each other"),
    ("levy_document_lines", "before_document", STANDS, "a paper that stands takes no more lines"),
)


def upgrade() -> None:
    op.create_table(
        "levy_months",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invoices", sa.Integer(), nullable=False),
        sa.Column("credit_notes", sa.Integer(), nullable=False),
        sa.Column("levy_pence", sa.BigInteger(), nullable=False),
        sa.Column("vat_pence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_levy_months")),
    )
    op.create_table(
        "paper_numbers",
        sa.Column("series", sa.String(length=24), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_paper_numbers")),
    )
    op.create_table(
        "levy_issuers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("vat_number", sa.String(length=20), nullable=True),
        sa.Column("vat_rate_bp", sa.Integer(), nullable=False),
        sa.Column("set_by_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(vat_number IS NULL) = (vat_rate_bp = 0)", name=op.f("ck_levy_issuers_vat")),
        sa.CheckConstraint("vat_rate_bp BETWEEN 0 AND 5000", name=op.f("ck_levy_issuers_vat_rate")),
        sa.ForeignKeyConstraint(["set_by_user_id"], ["users.id"], name=op.f("fk_levy_issuers_set_by_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_levy_issuers")),
    )
    op.create_table(
        "levy_documents",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("invoice", "credit_note", name="levy_paper", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("refers_to_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issuer", sa.JSON(), nullable=False),
        sa.Column("provider", sa.JSON(), nullable=False),
        sa.Column("gross_pence", sa.BigInteger(), nullable=False),
        sa.Column("levy_pence", sa.BigInteger(), nullable=False),
        sa.Column("vat_rate_bp", sa.Integer(), nullable=False),
        sa.Column("vat_pence", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind = 'invoice' OR refers_to_id IS NOT NULL", name=op.f("ck_levy_documents_credit_refers")
        ),
        sa.CheckConstraint(
            "levy_pence > 0 AND vat_pence BETWEEN 0 AND levy_pence", name=op.f("ck_levy_documents_amounts")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_levy_documents_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["refers_to_id"], ["levy_documents.id"], name=op.f("fk_levy_documents_refers_to_id_levy_documents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_levy_documents")),
        sa.UniqueConstraint("key", name=op.f("uq_levy_documents_key")),
        sa.UniqueConstraint("kind", "serial", name="uq_levy_documents_serial"),
        sa.UniqueConstraint("number", name=op.f("uq_levy_documents_number")),
    )
    with op.batch_alter_table("levy_documents", schema=None) as batch_op:
        batch_op.create_index("ix_levy_documents_month", ["month", "kind"], unique=False)
        batch_op.create_index("ix_levy_documents_organisation", ["organisation_id", "month"], unique=False)
        batch_op.create_index(batch_op.f("ix_levy_documents_refers_to_id"), ["refers_to_id"], unique=False)

    op.create_table(
        "levy_document_lines",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("document_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("ledger_entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_funding_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reference", sa.String(length=9), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("gross_pence", sa.BigInteger(), nullable=False),
        sa.Column("levy_pence", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["levy_documents.id"],
            name=op.f("fk_levy_document_lines_document_id_levy_documents"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["ledger_entry_id"],
            ["ledger_entries.id"],
            name=op.f("fk_levy_document_lines_ledger_entry_id_ledger_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["order_funding_id"],
            ["order_funding.id"],
            name=op.f("fk_levy_document_lines_order_funding_id_order_funding"),
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_levy_document_lines_order_id_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_levy_document_lines")),
        sa.UniqueConstraint("document_id", "line_no", name="uq_levy_document_lines_no"),
        sa.UniqueConstraint("ledger_entry_id", name=op.f("uq_levy_document_lines_ledger_entry_id")),
    )
    with op.batch_alter_table("levy_document_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_levy_document_lines_order_funding_id"), ["order_funding_id"], unique=False)

    numbers = sa.table("paper_numbers", sa.column("series", sa.String), sa.column("last", sa.Integer))
    op.bulk_insert(numbers, [{"series": series, "last": 0} for series in SERIES])
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


def _sqlite() -> None:
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} only grows'); END"
            )
    for table, name, fault, words in REFUSALS:
        op.execute(
            f"CREATE TRIGGER {table}_{name} BEFORE INSERT ON {table} "
            f"WHEN {fault} BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )


def _postgresql() -> None:
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION only_grows()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION only_grows()"
        )
    for table, name, fault, words in REFUSALS:
        op.execute(
            f"CREATE FUNCTION {table}_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN IF ({fault}) THEN RAISE EXCEPTION '{words}' USING ERRCODE = 'check_violation'; END IF; "
            "RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_{name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_{name}()"
        )


def downgrade() -> None:
    raise RuntimeError("facts stay facts: restore a backup instead")
