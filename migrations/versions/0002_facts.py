"""Facts cannot be changed: triggers on the audit record, the budget book, histories and the ledger."""

from alembic import op

revision = "0002"
down_revision = "0001d"
branch_labels = None
depends_on = None

APPEND_ONLY = ("audit_rows", "audit_links", "budget_entries", "order_history", "ledger_entries", "ledger_postings")


def upgrade() -> None:
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
    op.execute(
        "CREATE TRIGGER ledger_entries_balance BEFORE INSERT ON ledger_entries "
        "WHEN (SELECT COUNT(*) FROM ledger_postings WHERE entry_id = NEW.id) < 2 "
        "OR (SELECT SUM(pence) FROM ledger_postings WHERE entry_id = NEW.id) <> 0 "
        "BEGIN SELECT RAISE(ABORT, 'postings of an entry sum to 0'); END"
    )
    op.execute(
        "CREATE TRIGGER ledger_postings_before_entry BEFORE INSERT ON ledger_postings "
        "WHEN EXISTS (SELECT 1 FROM ledger_entries WHERE id = NEW.entry_id) "
        "BEGIN SELECT RAISE(ABORT, 'an entry that stands takes no more postings'); END"
    )
    op.execute(
        "CREATE TRIGGER pot_periods_no_hold_when_overcommitted BEFORE UPDATE ON pot_periods "
        "WHEN NEW.held_pence > OLD.held_pence AND "
        "NEW.allocated_pence - NEW.reclaimed_pence - NEW.held_pence - NEW.spent_pence + NEW.refunded_pence < 0 "
        "BEGIN SELECT RAISE(ABORT, 'no hold on an overcommitted pot'); END"
    )


def _postgresql() -> None:
    op.execute(
        "CREATE FUNCTION only_grows() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'check_violation'; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION only_grows()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION only_grows()"
        )
    op.execute(
        "CREATE FUNCTION ledger_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "DECLARE sides integer; total bigint; "
        "BEGIN SELECT COUNT(*), COALESCE(SUM(pence), 0) INTO sides, total FROM ledger_postings WHERE entry_id = NEW.id; "
        "IF sides < 2 OR total <> 0 THEN "
        "RAISE EXCEPTION 'postings of an entry sum to 0' USING ERRCODE = 'check_violation'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER ledger_entries_balance BEFORE INSERT ON ledger_entries "
        "FOR EACH ROW EXECUTE FUNCTION ledger_entry_balances()"
    )
    op.execute(
        "CREATE FUNCTION ledger_posting_before_entry() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN IF EXISTS (SELECT 1 FROM ledger_entries WHERE id = NEW.entry_id) THEN "
        "RAISE EXCEPTION 'an entry that stands takes no more postings' USING ERRCODE = 'check_violation'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER ledger_postings_before_entry BEFORE INSERT ON ledger_postings "
        "FOR EACH ROW EXECUTE FUNCTION ledger_posting_before_entry()"
    )
    op.execute(
        "CREATE FUNCTION no_hold_when_overcommitted() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN IF NEW.held_pence > OLD.held_pence AND NEW.allocated_pence - NEW.reclaimed_pence "
        "- NEW.held_pence - NEW.spent_pence + NEW.refunded_pence < 0 THEN "
        "RAISE EXCEPTION 'no hold on an overcommitted pot' USING ERRCODE = 'check_violation'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER pot_periods_no_hold_when_overcommitted BEFORE UPDATE ON pot_periods "
        "FOR EACH ROW EXECUTE FUNCTION no_hold_when_overcommitted()"
    )


def downgrade() -> None:
    raise RuntimeError("facts stay facts: restore a backup instead")
