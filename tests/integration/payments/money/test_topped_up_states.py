"""Topped-up orders in every state: with every webhook dropped, the reconciler makes them whole, and verify agrees."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select, update

from budgets.queries.book import balance
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from payments import checks, cli, ledger
from payments.domain import RefundState
from payments.models import LevyRate, Order, OrderFunding
from payments.services import charging, expiry, orders, reconcile, refunds, settlement
from tests.factories.accounts import council
from tests.integration.payments.money.telling import (
    BACK,
    Story,
    agrees_with_stripe,
    authorised,
    captured,
    card_story,
    entries,
    finance,
    work,
)
from tests.stripe import ASKS_EACH_TIME_CARD, DECLINED_CARD, TestSandbox

A_WHILE = timedelta(minutes=15)
"""After which whatever moved at Stripe should have been told."""


def _faults() -> list[str]:
    db.session.rollback()
    found = [check.fault for check in checks.run() if check.fault]
    db.session.rollback()
    return found


def _agreed(story: Story) -> Story:
    orders.mark_done(story.provider, story.order_id)
    orders.confirm(story.buyer, story.order_id)
    return story


def _everything(sandbox: TestSandbox) -> dict[str, Story]:
    """£40.00 of a budget and £14.00 by card, once for each thing that can become of it; of none does a webhook tell."""
    first, second = finance()
    topped_up = {"rail": Rail.COUNCIL_MANAGED, "top_up_pence": 1_400, "card_rate_bp": 400, "council_id": council().id}
    db.session.rollback()
    with transaction():
        rate = {"rail": Rail.OWN_MONEY, "rate_bp": 400, "starts_on": clock.today(), "created_at": clock.now()}
        db.session.add(LevyRate(council_id=council().id, **rate))
    stories = {"asked": card_story(sandbox, **topped_up)}
    topped_up["provider_of"] = stories["asked"]
    stories |= {name: card_story(sandbox, card=DECLINED_CARD, **topped_up) for name in ("declined", "expired")}
    stories["at_bank"] = card_story(sandbox, card=ASKS_EACH_TIME_CARD, **topped_up)
    charging.authorise([stories[name].order_id for name in ("declined", "expired", "at_bank")], return_url=BACK)
    stories |= {name: authorised(sandbox, **topped_up) for name in ("held", "refused", "given_up")}
    taken = ("paid", "cancelled", "lost", "won", "open", "settled", "part", "failed", "all_back", "dashboard")
    stories |= {name: captured(sandbox, **topped_up) for name in taken}
    for name in ("settled", "part", "failed", "all_back"):
        _agreed(stories[name])
    settlement.send(second, settlement.prepare(first, council().id, clock.today()))
    for name, pence in (("part", 1_000), ("failed", 2_700), ("all_back", 5_400)):
        story = stories[name]
        refunds.ask_refund(story.provider, story.order_id, key=name, reason_code="goodwill", pence=pence)
    orders.decline(stories["refused"].provider, stories["refused"].order_id, "We are full")
    orders.cancel(stories["given_up"].buyer, stories["given_up"].order_id, "Not needed")
    orders.cancel(stories["cancelled"].provider, stories["cancelled"].order_id, "We cannot come")
    with transaction():
        db.session.execute(update(Order).where(Order.id == stories["expired"].order_id).values(answer_by=clock.now()))
    expiry.expire_unanswered()
    work()
    failed = next(each for each in stories["failed"].refunds() if each.stripe_refund_id is not None)
    sandbox.act("fail_refund_of", refund=failed.stripe_refund_id)
    sandbox.act("refund_from_dashboard", charge=stories["dashboard"].payment.charge_id, amount=500)
    for name in ("won", "lost", "open"):
        dispute = sandbox.act("dispute", charge=stories[name].payment.charge_id)
        if name != "open":
            sandbox.act("end_dispute", dispute=dispute["id"], outcome=name)
    sandbox.forget_webhooks()
    return stories


STATES = {
    "asked": ("awaiting_payment", "none"),
    "declined": ("awaiting_payment", "failed"),
    "expired": ("expired", "none"),
    "at_bank": ("awaiting_payment", "pending"),
    "held": ("placed", "authorised"),
    "refused": ("declined", "none"),
    "given_up": ("cancelled", "none"),
    "paid": ("accepted", "paid"),
    "cancelled": ("cancelled", "refunded"),
    "lost": ("accepted", "refunded"),
    "won": ("accepted", "paid"),
    "open": ("accepted", "disputed"),
    "settled": ("confirmed", "paid"),
    "part": ("confirmed", "part_refunded"),
    "failed": ("confirmed", "paid"),
    "all_back": ("confirmed", "refunded"),
    "dashboard": ("accepted", "part_refunded"),
}
BUDGETS = {
    **dict.fromkeys(("expired", "refused", "given_up", "cancelled"), (0, 0)),
    "settled": (0, 4_000),
    "part": (0, 4_000 - 741),
    "failed": (0, 4_000 - 2_000),
    "all_back": (0, 0),
}
"""What is kept aside and what is spent of each budget; £40.00 is kept aside where nothing else is said."""


def _of_budget(story: Story) -> tuple[int, int]:
    pot = select(OrderFunding.pot_period_id).where(OrderFunding.order_id == story.order_id, OrderFunding.part_no == 1)
    found = balance(db.session.scalars(pot).one())
    return found.held_pence, found.net_spent_pence


def _card_back(story: Story) -> list[tuple[int, RefundState]]:
    """What goes back to the card, and how far it has come."""
    card = select(OrderFunding.id).where(OrderFunding.order_id == story.order_id, OrderFunding.part_no == 2)
    part = db.session.scalars(card).one()
    return [(each.pence, each.state) for each in story.refunds() if each.order_funding_id == part]


def test_every_state_is_made_whole_without_a_webhook_and_verify_agrees(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    stories = _everything(stripe_sandbox)
    with clock.fixed_clock(clock.now() + A_WHILE):
        assert stories["lost"].states == ("accepted", "paid"), "nobody has told us"
        with monkeypatch.context() as without:  # the negative control: nothing is looked at, and verify does not agree
            without.setattr(reconcile, "_look_at_everything", lambda report, before: None)
            reconcile.run()
            assert _faults() != []
        said = CliRunner().invoke(cli.reconcile, obj=lambda: app)
        assert said.exit_code == 0 and "could not" not in said.output, said.output
        db.session.rollback()
        work()
        reconcile.run()
        work()
        assert {name: story.states for name, story in stories.items()} == STATES
        assert {name: _of_budget(story) for name, story in stories.items()} == {
            name: BUDGETS.get(name, (4_000, 0)) for name in stories
        }
        done = RefundState.DONE
        assert _card_back(stories["part"]) == [(259, done)] and _card_back(stories["all_back"]) == [(1_400, done)]
        assert _card_back(stories["failed"]) == [(700, RefundState.FAILED)]
        assert _card_back(stories["dashboard"]) == [(500, done)] and _card_back(stories["lost"]) == [(1_400, done)]
        assert _faults() == []
        assert ledger.balance(ledger.OPERATOR_DISPUTE_RESERVE) == 1_400
        agrees_with_stripe(stories["asked"])
        before = entries()
        again = CliRunner().invoke(cli.reconcile, obj=lambda: app)
        assert "nothing to book: the books have what Stripe has" in again.output
        db.session.rollback()
        assert entries() == before and _faults() == []
