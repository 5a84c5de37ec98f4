"""The schema that migrations build is the one that the code declares, on both databases."""

import importlib

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from flask import Flask
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DatabaseError

from marketplace import schema
from marketplace.accounts.models import User
from marketplace.audit.models import AuditRow
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from payments.checks.told import disputes_stand, refunds_are_linked
from payments.models import Dispute, LedgerAccount, LedgerEntry, LedgerPosting, Order, OrderFunding, Refund
from tests.factories.payments import OrderFactory


def test_migrations_build_what_the_code_declares(app: Flask) -> None:
    assert schema.differences() == []
    assert not schema.pending()


def test_a_write_outside_a_transaction_is_refused_by_the_database(app: Flask) -> None:
    with pytest.raises(DatabaseError):
        db.session.execute(insert(User).values(email="a@example.org", name="A", created_at=clock.now()))
    db.session.rollback()
    with transaction():
        db.session.execute(
            insert(User).values(email="a@example.org", name="A", created_at=clock.now(), large_print=False)
        )
    assert db.session.scalar(select(User.name)) == "A"


def test_an_audit_row_cannot_be_changed_or_deleted(app: Flask) -> None:
    with transaction():
        record("test", "thing", 1, actor_user_id=None)
    for statement in ("UPDATE audit_rows SET action = 'other'", "DELETE FROM audit_rows"):
        with pytest.raises(DatabaseError, match="only grows"), transaction():
            db.session.execute(text(statement))
    assert db.session.scalar(select(AuditRow.action)) == "test"


def _entry(entry_id: int, *sides: int) -> None:
    accounts = [LedgerAccount(code=f"test:{n}") for n in range(len(sides))]
    db.session.add_all(accounts)
    db.session.flush()
    for account, pence in zip(accounts, sides, strict=True):
        db.session.execute(insert(LedgerPosting).values(entry_id=entry_id, account_id=account.id, pence=pence))
    _close(entry_id)


def _close(entry_id: int) -> None:
    db.session.execute(
        insert(LedgerEntry).values(
            id=entry_id,
            cause=f"test:{entry_id}",
            kind="test",
            booked_on=clock.today(),
            occurred_at=clock.now(),
            recorded_at=clock.now(),
        )
    )


def test_an_entry_that_does_not_sum_to_zero_is_refused(app: Flask) -> None:
    with pytest.raises(DatabaseError, match="sum to 0"), transaction():
        _entry(1, 100, -99)
    with transaction():
        _entry(2, 100, -60, -40)
    assert db.session.scalar(select(LedgerEntry.id)) == 2


def test_an_entry_that_stands_takes_no_more_postings(app: Flask) -> None:
    with transaction():
        _entry(2, 100, -100)
    account_id = db.session.scalar(select(LedgerAccount.id).limit(1))
    with pytest.raises(DatabaseError, match="no more postings"), transaction():
        db.session.execute(insert(LedgerPosting).values(entry_id=2, account_id=account_id, pence=5))


def test_a_posting_without_its_entry_cannot_be_committed(app: Flask) -> None:
    with pytest.raises(DatabaseError), transaction():
        account = LedgerAccount(code="test:alone")
        db.session.add(account)
        db.session.flush()
        db.session.execute(insert(LedgerPosting).values(entry_id=9, account_id=account.id, pence=5))
    assert db.session.scalar(select(LedgerPosting.id)) is None


def test_orders_are_rebuilt_with_all_that_points_at_them(app: Flask) -> None:
    with transaction():
        order_id = OrderFactory().id
    rebuild = importlib.import_module("migrations.versions.0015_an_order_for_each_period")
    with transaction(), Operations.context(MigrationContext.configure(db.session.connection())):
        rebuild.downgrade()
        rebuild.upgrade()
    assert schema.differences() == []
    assert db.session.scalar(select(OrderFunding.order_id).join(Order, Order.id == OrderFunding.order_id)) == order_id
    if db.engine.dialect.name == "sqlite":
        assert db.session.execute(text("PRAGMA foreign_key_check")).all() == []
    else:
        with pytest.raises(DatabaseError), transaction():
            db.session.execute(text(f"DELETE FROM orders WHERE id = {order_id}"))


def test_what_stripe_told_before_the_record_had_it_is_written_down_as_it_stands(app: Flask) -> None:
    """Without that, `marketplace verify` would name every refund and every dispute of an older installation."""
    now = clock.now()
    with transaction():
        order = OrderFactory()
        part_id = db.session.scalars(select(OrderFunding.id).where(OrderFunding.order_id == order.id)).one()
        about = {"order_id": order.id, "pence": 100, "asked_at": now, "reason_code": "goodwill", "levy_back_pence": 0}
        for key, state, number in (("a", "done", "re_1"), ("b", "failed", "re_2"), ("c", "pending", None)):
            refund = Refund(key=key, order_funding_id=part_id, state=state, stripe_refund_id=number, **about)
            db.session.add(refund)
            db.session.flush()
            if state == "failed":
                record("refund.failed", "refund", refund.id, actor_user_id=None)
        told = {"stripe_id": "du_1", "pence": 100, "reason": "general", "status": "needs_response", "opened_at": now}
        db.session.add(Dispute(order_id=order.id, **told))
    assert all(check().fault for check in (refunds_are_linked, disputes_stand))
    kept = importlib.import_module("migrations.versions.0047_what_is_open_is_found_along_an_index")
    with transaction(), Operations.context(MigrationContext.configure(db.session.connection())):
        kept.downgrade()
        kept.upgrade()
    assert schema.differences() == []
    assert [check().fault for check in (refunds_are_linked, disputes_stand)] == [None, None]
    assert [row.failed_at is not None for row in db.session.scalars(select(Refund).order_by(Refund.key))] == [
        False,
        True,
        False,
    ]
