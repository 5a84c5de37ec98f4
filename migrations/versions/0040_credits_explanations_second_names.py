"""Credit notes of registration fees, explanations of money, names on invoices that a second person confirms, and
presses of a basket's button."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_GAP = "NEW.serial <> (SELECT COALESCE(MAX(serial), 0) + 1 FROM fee_credit_notes)"


def upgrade() -> None:
    _credit_notes()
    _explanations()
    op.create_table(
        "levy_issuers_confirmed",
        sa.Column("id", _ID, nullable=False),
        sa.Column("issuer_id", _ID, nullable=False),
        sa.Column("set_by_user_id", _ID, nullable=False),
        sa.Column("by_user_id", _ID, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "by_user_id IS NULL OR by_user_id <> set_by_user_id", name=op.f("ck_levy_issuers_confirmed_second_person")
        ),
        sa.ForeignKeyConstraint(
            ["issuer_id"], ["levy_issuers.id"], name="fk_levy_issuers_confirmed_issuer_id_levy_issuers"
        ),
        sa.ForeignKeyConstraint(
            ["set_by_user_id"], ["users.id"], name="fk_levy_issuers_confirmed_set_by_user_id_users"
        ),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name="fk_levy_issuers_confirmed_by_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_levy_issuers_confirmed"),
        sa.UniqueConstraint("issuer_id", name="uq_levy_issuers_confirmed_issuer_id"),
    )
    # What was set before counted at once, and goes on counting.
    op.execute(
        "INSERT INTO levy_issuers_confirmed (issuer_id, set_by_user_id, at) "
        "SELECT id, set_by_user_id, created_at FROM levy_issuers ORDER BY id"
    )
    op.create_table(
        "basket_presses",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("pressed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_basket_presses"),
    )
    op.create_index("ix_basket_presses_pressed_at", "basket_presses", ["pressed_at"])


def _credit_notes() -> None:
    op.execute(
        "ALTER TABLE fee_instalments ADD COLUMN replaces_id BIGINT "
        "CONSTRAINT fk_fee_instalments_replaces_id_fee_instalments REFERENCES fee_instalments (id)"
    )
    op.create_index("ix_fee_instalments_replaces_id", "fee_instalments", ["replaces_id"])
    op.create_table(
        "fee_credit_notes",
        sa.Column("id", _ID, nullable=False),
        sa.Column("invoice_id", _ID, nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by_user_id", _ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("serial > 0", name=op.f("ck_fee_credit_notes_serial")),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["fee_invoices.id"], name="fk_fee_credit_notes_invoice_id_fee_invoices"
        ),
        sa.ForeignKeyConstraint(
            ["issued_by_user_id"], ["users.id"], name="fk_fee_credit_notes_issued_by_user_id_users"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_fee_credit_notes"),
        sa.UniqueConstraint("invoice_id", name="uq_fee_credit_notes_invoice_id"),
        sa.UniqueConstraint("serial", name="uq_fee_credit_notes_serial"),
        sa.UniqueConstraint("number", name="uq_fee_credit_notes_number"),
    )
    numbers = sa.table("paper_numbers", sa.column("series", sa.String), sa.column("last", sa.Integer))
    op.bulk_insert(numbers, [{"series": "fee:credit_note", "last": 0}])
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER fee_credit_notes_no_{verb.lower()} BEFORE {verb} ON fee_credit_notes "
                "BEGIN SELECT RAISE(ABORT, 'fee_credit_notes only grows'); END"
            )
        op.execute(
            "CREATE TRIGGER fee_credit_notes_no_gap BEFORE INSERT ON fee_credit_notes "
            f"WHEN {_GAP} BEGIN SELECT RAISE(ABORT, 'credit notes are numbered without gaps'); END"
        )
        return
    op.execute(
        "CREATE TRIGGER fee_credit_notes_only_grows BEFORE UPDATE OR DELETE ON fee_credit_notes "
        "FOR EACH ROW EXECUTE FUNCTION only_grows()"
    )
    op.execute(
        "CREATE TRIGGER fee_credit_notes_no_truncate BEFORE TRUNCATE ON fee_credit_notes "
        "FOR EACH STATEMENT EXECUTE FUNCTION only_grows()"
    )
    op.execute(
        "CREATE FUNCTION fee_credit_notes_no_gap() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF ({_GAP}) THEN RAISE EXCEPTION 'credit notes are numbered without gaps' "
        "USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER fee_credit_notes_no_gap BEFORE INSERT ON fee_credit_notes "
        "FOR EACH ROW EXECUTE FUNCTION fee_credit_notes_no_gap()"
    )


def _explanations() -> None:
    op.create_table(
        "explanations",
        sa.Column("id", _ID, nullable=False),
        sa.Column("ledger_entry_id", _ID, nullable=False),
        sa.Column("pence", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("prepared_by_user_id", _ID, nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_user_id", _ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "agreed IS NULL OR NOT agreed OR decided_by_user_id <> prepared_by_user_id",
            name=op.f("ck_explanations_second"),
        ),
        sa.CheckConstraint("(agreed IS NULL) = (decided_at IS NULL)", name=op.f("ck_explanations_decided")),
        sa.ForeignKeyConstraint(
            ["ledger_entry_id"], ["ledger_entries.id"], name="fk_explanations_ledger_entry_id_ledger_entries"
        ),
        sa.ForeignKeyConstraint(
            ["prepared_by_user_id"], ["users.id"], name="fk_explanations_prepared_by_user_id_users"
        ),
        sa.ForeignKeyConstraint(["decided_by_user_id"], ["users.id"], name="fk_explanations_decided_by_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_explanations"),
    )
    op.create_index(
        "uq_explanations_standing",
        "explanations",
        ["ledger_entry_id"],
        unique=True,
        sqlite_where=sa.text("agreed IS NULL OR agreed"),
        postgresql_where=sa.text("agreed IS NULL OR agreed"),
    )


def downgrade() -> None:
    raise RuntimeError("facts stay facts: restore a backup instead")
