"""With every webhook dropped, `marketplace reconcile` alone makes the books equal to Stripe."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask import Flask

from marketplace.database import db
from marketplace.kernel import clock
from payments import checks, cli, ledger
from payments.domain import RefundState
from payments.services import reconcile, refunds
from tests.integration.payments.money.telling import (
    Story,
    agrees_with_stripe,
    authorised,
    captured,
    charged,
    entries,
    work,
)
from tests.races import at_once, errors
from tests.stripe import TestSandbox

LATER = timedelta(days=6)


def _faults() -> list[str]:
    db.session.rollback()
    return [check.fault for check in checks.run() if check.fault]


def _everything(sandbox: TestSandbox) -> dict[str, Story]:
    """Something of every kind that moves money at Stripe; of none of it a webhook arrives."""
    stories = {
        name: captured(sandbox) for name in ("refunded", "failed", "dashboard", "won", "lost", "open", "paid_out")
    }
    stories["charged"] = charged(sandbox)
    stories["held"] = authorised(sandbox)
    for name in ("refunded", "failed"):
        story = stories[name]
        refunds.ask_refund(story.provider, story.order_id, key=name, reason_code="goodwill", pence=1_000)
    work()
    sandbox.act("fail_refund_of", refund=stories["failed"].refunds()[0].stripe_refund_id)
    sandbox.act("refund_from_dashboard", charge=stories["dashboard"].payment.charge_id, amount=2_000)
    for name in ("won", "lost", "open"):
        dispute = sandbox.act("dispute", charge=stories[name].payment.charge_id)
        if name != "open":
            sandbox.act("end_dispute", dispute=dispute["id"], outcome=name)
    sandbox.act("advance_clock", days=4)
    account_id = stories["paid_out"].account_id
    sandbox.api("POST", "payouts", account=account_id, amount=1_000, currency="gbp")
    failing = sandbox.api("POST", "payouts", account=account_id, amount=500, currency="gbp")
    sandbox.act("advance_clock", days=1)
    sandbox.act("fail_payout", payout=failing["id"])
    sandbox.forget_webhooks()
    return stories


def _reconciled(stories: dict[str, Story]) -> None:
    work()
    assert _faults() == []
    assert stories["failed"].refunds()[0].state is RefundState.FAILED
    assert stories["dashboard"].states == ("accepted", "part_refunded")
    assert stories["won"].states == ("accepted", "paid")
    assert stories["lost"].states == ("accepted", "refunded")
    assert stories["open"].states == ("accepted", "disputed")
    assert stories["charged"].states == ("confirmed", "paid")
    assert stories["held"].states == ("placed", "authorised")
    assert ledger.balance(ledger.OPERATOR_DISPUTE_RESERVE) == 5_400
    assert ledger.balance(ledger.provider_bank(stories["paid_out"].organisation_id)) == 1_000
    for story in stories.values():
        agrees_with_stripe(story)


def test_every_kind_of_movement_is_taken_in_without_a_single_webhook(app: Flask, stripe_sandbox: TestSandbox) -> None:
    stories = _everything(stripe_sandbox)
    with clock.fixed_clock(clock.now() + LATER):
        assert _faults() != [], "nobody has told us, so the books are behind"
        said = CliRunner().invoke(cli.reconcile, obj=lambda: app)
        assert said.exit_code == 0, said.output
        for words in (
            "booked: 1 refunds that banks sent back",
            "booked: 4 movements of disputes",
            "booked: 3 payouts to providers’ banks, or sent back by them",
        ):
            assert words in said.output
        db.session.rollback()
        work()
        reconcile.run()
        _reconciled(stories)
        before = entries()
        again = CliRunner().invoke(cli.reconcile, obj=lambda: app)
        assert "nothing to book: the books have what Stripe has" in again.output
        db.session.rollback()
        assert entries() == before


def test_two_reconcilers_at_once_take_everything_in_once(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox)
    stripe_sandbox.act("refund_from_dashboard", charge=story.payment.charge_id, amount=2_000)
    stripe_sandbox.act("advance_clock", days=4)
    stripe_sandbox.api("POST", "payouts", account=story.account_id, amount=1_000, currency="gbp")
    stripe_sandbox.forget_webhooks()
    with clock.fixed_clock(clock.now() + LATER):
        reports = at_once(app, [reconcile.run] * 2)
        assert errors(reports) == []
        work()
        reconcile.run()
        assert _faults() == []
    assert story.states == ("accepted", "part_refunded")
    assert ledger.balance(ledger.provider_bank(story.organisation_id)) == 1_000


def test_what_is_missing_below_many_that_are_known_is_found_by_the_balance(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Webhooks told of everything but one refund of long ago. Negative control: without the look at the balance."""
    monkeypatch.setattr(reconcile, "ENOUGH_KNOWN", 3)
    old = captured(stripe_sandbox)
    stripe_sandbox.act("refund_from_dashboard", charge=old.payment.charge_id, amount=2_000)
    stripe_sandbox.forget_webhooks()
    captured(stripe_sandbox)
    with clock.fixed_clock(clock.now() + LATER), monkeypatch.context() as patch:
        patch.setattr(reconcile, "_balance_is_right", lambda waiting_pence: True)
        assert reconcile.run().booked == 0
        assert _faults() != []
    with clock.fixed_clock(clock.now() + LATER):
        assert reconcile.run().booked > 0
        work()
        assert _faults() == []
