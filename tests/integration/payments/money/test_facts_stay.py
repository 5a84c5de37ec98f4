"""Facts only grow: the database refuses to change or delete them; and one module alone writes the ledger's."""

import re

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from marketplace.audit.services import link_rows
from marketplace.database import db, transaction
from marketplace.kernel import clock
from payments import ledger
from payments.ledger import Entry, Posting
from tests.architecture.files import PACKAGES, ROOT
from tests.integration.payments.money.telling import settled_story

COLUMNS = {
    "ledger_entries": "kind = 'other'",
    "ledger_postings": "pence = pence + 1",
    "budget_entries": "pence = pence + 1",
    "order_history": "action = 'other'",
    "audit_rows": "action = 'other'",
    "audit_links": "digest = 'other'",
}
TRIGGERS = {"sqlite": ("{0}_no_update", "{0}_no_delete"), "postgresql": ("{0}_only_grows",)}


def _facts() -> None:
    settled_story()
    with transaction():
        sides = (Posting(ledger.OPERATOR_BANK, 5), Posting(ledger.STRIPE_UNEXPLAINED, -5))
        ledger.book(Entry("test:1", "test", sides, clock.now()))
    link_rows()


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_a_fact_is_neither_changed_nor_deleted_as_long_as_its_triggers_are_there(
    app: Flask, database: str, table: str
) -> None:
    _facts()
    change = f"UPDATE {table} SET {COLUMNS[table]}"
    refused = [change, f"DELETE FROM {table}"]
    if database == "postgresql":
        refused.append(f"TRUNCATE {table} CASCADE")
    for statement in refused:
        with pytest.raises(DatabaseError, match="only grows"), transaction():
            db.session.execute(text(statement))
    for name in TRIGGERS[database]:
        on = f" ON {table}" if database == "postgresql" else ""
        with transaction():
            db.session.execute(text(f"DROP TRIGGER {name.format(table)}{on}"))
    with transaction():
        db.session.execute(text(change))


def writers_of_the_ledger() -> list[str]:
    """The modules that insert rows of entries or postings."""
    writes = re.compile(r"insert\(\s*Ledger(?:Entry|Posting)\b|INSERT INTO ledger_(?:entries|postings)", re.I)
    return [
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if writes.search(path.read_text(encoding="utf-8"))
    ]


def test_everything_that_is_booked_passes_through_one_module() -> None:
    assert writers_of_the_ledger() == ["payments/ledger/booking.py"]
