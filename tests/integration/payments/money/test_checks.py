"""`marketplace verify`: all is well after every story, and each kind of damage is found."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import insert, text, update

from marketplace.audit.services import link_rows
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.checks import Check
from payments import checks, cli, ledger
from payments.domain import PaymentState
from payments.models import LedgerEntry, Order, OrderFunding, OrderLine, Refund, StripePayment
from payments.services import fees, levy_invoices, refunds, settlement
from tests.integration.payments.money.telling import (
    Story,
    captured,
    charged,
    finance,
    operators,
    settled_story,
    work,
)
from tests.stripe import TestSandbox


def _faults() -> dict[str, str]:
    db.session.rollback()
    return {check.invariant: check.fault for check in checks.run() if check.fault}


def _every_story(sandbox: TestSandbox) -> Story:
    """One of each: captured, charged, refunded in part and in full, failed refund, disputes, settled with a credit."""
    first = captured(sandbox)
    for number, (story, pence) in enumerate(((captured(sandbox), 1000), (charged(sandbox), 5400), (first, 1))):
        refunds.ask_refund(story.provider, story.order_id, key=f"r{number}", reason_code="goodwill", pence=pence)
    work()
    failing = captured(sandbox)
    refunds.ask_refund(failing.provider, failing.order_id, key="f", reason_code="goodwill", pence=100)
    work()
    sandbox.act("fail_refund_of", refund=failing.refunds()[0].stripe_refund_id)
    lost = sandbox.act("dispute", charge=captured(sandbox).payment.charge_id)
    sandbox.act("end_dispute", dispute=lost["id"], outcome="lost")
    sandbox.act("dispute", charge=captured(sandbox).payment.charge_id)
    sandbox.deliver()
    work()
    waiting = captured(sandbox, lines=((10, 3000),))
    refunds.ask_refund(operators(1)[0], waiting.order_id, key="w", reason_code="goodwill", pence=30_000)
    council_id = _settled().order.council_id or 0
    fees.agree(operators(1)[0], council_id, fees.FeePlan(3_000_000, 3, clock.today()))
    return first


def _settled() -> Story:
    story, other = settled_story(), settled_story()
    refunds.ask_refund(other.provider, other.order_id, key="s0", reason_code="goodwill", pence=1001)
    first, second = finance()
    council_id = story.order.council_id or 0
    run_id = settlement.prepare(first, council_id, clock.today())
    refunds.ask_refund(other.provider, other.order_id, key="s1", reason_code="goodwill", pence=999)
    settlement.send(second, run_id)
    refunds.ask_refund(story.provider, story.order_id, key="s2", reason_code="goodwill", pence=1)
    return story


def test_after_every_story_every_invariant_holds(app: Flask, stripe_sandbox: TestSandbox) -> None:
    _every_story(stripe_sandbox)
    with clock.fixed_clock(clock.now() + timedelta(days=40)):
        assert len(ledger.close_due_months()) == 1
        levy_invoices.close_due()
    found = list(checks.run())
    assert [check.fault for check in found] == [None] * len(found)
    assert {check.invariant for check in found} == {f"I{number}" for number in range(1, 9)}
    # Money that no order explains is no such story: it has its own among the damages.
    assert [check.what for check in found if check.count == 0] == ["explained movements of Stripe, as two agreed"]


def test_what_moved_at_stripe_just_now_is_on_its_way_and_later_it_is_missing(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = captured(stripe_sandbox)
    stripe_sandbox.act("refund_from_dashboard", charge=story.payment.charge_id, amount=2000)
    assert _faults() == {}
    with clock.fixed_clock(clock.now() + timedelta(minutes=11)):
        assert "stripe:clearing" in _faults()["I6"]


def test_stripe_that_does_not_answer_is_a_fault_and_not_an_error(app: Flask, stripe_sandbox: TestSandbox) -> None:
    captured(stripe_sandbox)
    stripe_sandbox.fault("error_before", method="GET", path="/v1/balance", times=10)
    assert "could not be asked" in _faults()["I6"]


def test_without_a_stripe_account_there_is_nothing_to_agree_with(app: Flask) -> None:
    (check,) = [check for check in checks.run() if check.invariant == "I6"]
    assert (check.ok, check.count) == (True, 0)


@pytest.mark.parametrize(
    ("invariant", "table", "values"),
    [
        ("I4", OrderFunding, {"refunded_pence": 7}),
        ("I4", OrderLine, {"refunded_pence": 7}),
        ("I5", OrderFunding, {"levy_pence": 134}),
        ("I5", OrderFunding, {"levy_back_pence": 1}),
        ("I3", StripePayment, {"pence": 5300}),
        ("I3", StripePayment, {"status": "requires_capture"}),
    ],
)
def test_each_damage_is_found(
    app: Flask, stripe_sandbox: TestSandbox, invariant: str, table: type, values: dict[str, object]
) -> None:
    captured(stripe_sandbox)
    assert _faults() == {}
    with transaction():
        db.session.execute(update(table).values(**values))
    assert invariant in _faults()


def test_an_order_that_is_called_paid_and_was_not_is_found(app: Flask) -> None:
    story = settled_story()
    assert _faults() == {}
    with transaction():
        db.session.execute(update(Order).values(payment_state=PaymentState.PAID))
    assert "called paid" in _faults()["I3"]
    assert story.order_id


def test_an_order_captured_twice_is_found(app: Flask) -> None:
    from payments.domain import PaymentAction
    from payments.services.moves import lock_order, move_payment

    story = settled_story()
    with transaction():
        for number in range(2):
            order = lock_order(story.order_id)
            order.payment_state = PaymentState.NONE
            move_payment(order, PaymentAction.CAPTURE, cause=f"test:{number}")
        order.payment_state = PaymentState.NONE
    assert "captured 2 times" in _faults()["I3"]


@pytest.mark.parametrize("fields", [{"person_id": None}, {"kind": "settlement"}, {"reverses": True}])
def test_an_entry_that_does_not_say_for_whom_who_or_why_is_found(app: Flask, fields: dict[str, object]) -> None:
    from payments.ledger import Entry, Posting, Subject

    story = settled_story()
    order = story.order
    subject = Subject(order.id, order.council_id, order.person_id)
    if "person_id" in fields:
        subject = Subject(order.id, order.council_id, None)
    posted = (Posting(ledger.OPERATOR_BANK, 5), Posting(ledger.STRIPE_UNEXPLAINED, -5))
    with transaction():
        entry_id = ledger.book(Entry("test:1", str(fields.get("kind", "test")), posted, clock.now(), subject))
        if fields.get("reverses"):
            ledger.reverse(entry_id, None)  # type: ignore[arg-type]
    assert "I7" in _faults()


def test_an_entry_that_does_not_balance_is_found_when_the_database_let_it_in(app: Flask, database: str) -> None:
    with transaction():
        if database == "sqlite":
            db.session.execute(text("DROP TRIGGER ledger_entries_balance"))
        else:
            db.session.execute(text("ALTER TABLE ledger_entries DISABLE TRIGGER ledger_entries_balance"))
        db.session.execute(
            insert(LedgerEntry).values(
                id=1,
                cause="test:1",
                kind="test",
                booked_on=clock.today(),
                occurred_at=clock.now(),
                recorded_at=clock.now(),
            )
        )
    assert "test:1" in _faults()["I1"]


def test_the_command_prints_one_line_each_and_fails_when_one_does_not_hold(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled_story()
    link_rows()
    monkeypatch.setitem(app.extensions, "checks", (checks.run,))
    said = CliRunner().invoke(cli.verify, obj=lambda: app)
    assert said.exit_code == 0, said.output
    assert "I1 ok 0 entries" in said.output.splitlines()
    assert "I3 ok 1 parts of orders, each charged or settled at most once" in said.output
    with transaction():
        db.session.execute(update(OrderFunding).values(levy_pence=1))
    said = CliRunner().invoke(cli.verify, ["--json"], obj=lambda: app)
    assert said.exit_code == 1
    found = json.loads(said.output)
    assert found["ok"] is False
    assert [check["invariant"] for check in found["checks"] if not check["ok"]] == ["I5"]


def test_a_check_that_fails_itself_is_a_fault(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> list[Check]:
        raise RuntimeError("no such table")

    monkeypatch.setitem(app.extensions, "checks", (broken,))
    (fault,) = [check for check in cli.all_checks() if not check.ok]
    assert "no such table" in (fault.fault or "")


def test_a_changed_audit_row_is_found(app: Flask, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settled_story()
    link_rows()
    monkeypatch.setitem(app.extensions, "checks", ())
    assert all(check.ok for check in cli.all_checks())
    with transaction():
        if database == "sqlite":
            db.session.execute(text("DROP TRIGGER audit_rows_no_update"))
        else:
            db.session.execute(text("ALTER TABLE audit_rows DISABLE TRIGGER audit_rows_only_grows"))
        db.session.execute(text("UPDATE audit_rows SET action = 'other'"))
    (chain,) = cli.all_checks()
    assert chain.invariant == "I7"
    assert not chain.ok
    assert Refund.__tablename__ == "refunds"
