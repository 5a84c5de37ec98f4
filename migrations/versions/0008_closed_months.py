"""Months of the ledger are closed: no entry is booked in one, and what was counted then stands."""

import sqlalchemy as sa
from alembic import op

from marketplace.database import Id, Pence, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = ("ledger_months", "ledger_month_balances")


def upgrade() -> None:
    op.create_table(
        "ledger_months",
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("open_from", sa.Date(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("debit_pence", Pence(), nullable=False),
        sa.Column("closed_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_by_user_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["closed_by_user_id"], ["users.id"], name="fk_ledger_months_closed_by_user_id_users"),
        sa.PrimaryKeyConstraint("starts_on", name="pk_ledger_months"),
        sa.UniqueConstraint("open_from", name="uq_ledger_months_open_from"),
    )
    op.create_table(
        "ledger_month_balances",
        sa.Column("month_starts_on", sa.Date(), nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("pence", Pence(), nullable=False),
        sa.ForeignKeyConstraint(
            ["month_starts_on"],
            ["ledger_months.starts_on"],
            name="fk_ledger_month_balances_month_starts_on_ledger_months",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_accounts.id"], name="fk_ledger_month_balances_account_id_ledger_accounts"
        ),
        sa.PrimaryKeyConstraint("month_starts_on", "account_id", name="pk_ledger_month_balances"),
    )
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


def _sqlite() -> None:
    for table in TABLES:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} only grows'); END"
            )
    op.execute(
        "CREATE TRIGGER ledger_entries_open_month BEFORE INSERT ON ledger_entries "
        "WHEN EXISTS (SELECT 1 FROM ledger_months WHERE open_from > NEW.booked_on) "
        "BEGIN SELECT RAISE(ABORT, 'a closed month takes no more entries'); END"
    )


def _postgresql() -> None:
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION only_grows()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION only_grows()"
        )
    op.execute(
        "CREATE FUNCTION ledger_entry_in_open_month() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN IF EXISTS (SELECT 1 FROM ledger_months WHERE open_from > NEW.booked_on) THEN "
        "RAISE EXCEPTION 'a closed month takes no more entries' USING ERRCODE = 'check_violation'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER ledger_entries_open_month BEFORE INSERT ON ledger_entries "
        "FOR EACH ROW EXECUTE FUNCTION ledger_entry_in_open_month()"
    )


def downgrade() -> None:
    raise RuntimeError("facts stay facts: restore a backup instead")
