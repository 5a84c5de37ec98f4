"""Money given back: never more than was paid, never half of it, in an order that can be undone, and seen by all."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm.attributes import set_committed_value

from budgets.models import PotPeriod
from budgets.services import book
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed
from payments import checks, ledger
from payments.domain import LineState, PaymentAction, RefundState
from payments.levy import levy
from payments.models import Order, OrderFunding, OrderLine, Refund
from payments.services import reconcile, refund_facts, refunding, refunds, settlement
from payments.services.refund_facts import still_to_follow
from payments.stripe import GatewayRefused, gateway
from payments.stripe.client import StripeGateway
from tests.factories.budgets import BudgetFactory
from tests.integration.payments.money.telling import (
    Story,
    agrees_with_stripe,
    captured,
    failed_work,
    finance,
    settled_story,
    table,
    work,
)
from tests.stripe import TestSandbox


def ask(story: Story, pence: int, key: str = "form") -> int:
    return refunds.ask_refund(story.provider, story.order_id, key=key, reason_code="goodwill", pence=pence)


def given_back(story: Story) -> int:
    return db.session.scalar(select(func.sum(Refund.pence)).where(Refund.order_id == story.order_id)) or 0


def later(**time: int) -> Any:
    return clock.fixed_clock(clock.now() + timedelta(**time))


def test_without_reading_it_again_under_the_lock_more_than_was_paid_is_given_back(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control of refunds at once: each reads what was given back before the others wrote."""
    story = captured(stripe_sandbox)
    fresh = refunds._fundings

    def as_it_was(order_id: int) -> list[OrderFunding]:
        parts = fresh(order_id)
        for part in parts:
            set_committed_value(part, "refunded_pence", 0)
            set_committed_value(part, "levy_back_pence", 0)
        return parts

    monkeypatch.setattr(refunds, "_fundings", as_it_was)
    monkeypatch.setattr(refunds, "shares_by_amount", lambda *_: {})
    for number in range(6):
        ask(story, 1_000, f"form-{number}")
    assert (given_back(story), story.funding.refunded_pence) == (6_000, 1_000)
    assert [check.fault for check in checks.run() if check.invariant == "I4"] != [None]


def test_a_failed_refund_that_nobody_takes_in_still_reads_as_done(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the bank sends the money back on the third day, and that word is not heeded."""
    story = captured(stripe_sandbox)
    ask(story, 5_400)
    work()
    monkeypatch.setattr(refund_facts, "came_back", lambda *_: None)
    stripe_sandbox.act("advance_clock", days=3)
    stripe_sandbox.act("fail_refund_of", refund=story.refunds()[0].stripe_refund_id)
    stripe_sandbox.deliver()
    assert (story.refunds()[0].state, story.states) == (RefundState.DONE, ("accepted", "refunded"))
    assert stripe_sandbox.objects("refunds")[0]["status"] == "failed"


@pytest.mark.parametrize("looks", [True, False])
def test_the_levy_follows_a_refund_once_and_twice_only_for_who_does_not_look_at_what_has_followed(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch, looks: bool
) -> None:
    story = captured(stripe_sandbox)
    ask(story, 1_800)
    stripe_sandbox.fault("drop_reply", path="/v1/application_fees/*/refunds", times=10)
    work()
    stripe_sandbox.clear_faults()
    stripe_sandbox.act("advance_clock", seconds=25 * 3600)
    if not looks:
        monkeypatch.setattr(refund_facts, "still_to_follow", lambda *_: (0, 45))
        monkeypatch.setattr(refunding, "still_to_follow", lambda *_: (0, 45))
    with later(hours=1):
        work()
    assert stripe_sandbox.objects("application_fees")[0]["amount_refunded"] == (45 if looks else 90)


@pytest.mark.parametrize("net", [True, False])
def test_a_provider_that_gave_all_back_owes_nothing_and_would_owe_the_levy_if_only_the_gross_went_back(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch, net: bool
) -> None:
    story = captured(stripe_sandbox)
    if not net:
        monkeypatch.setattr(StripeGateway, "refund_fee", lambda *_: None)
    for number, pence in enumerate((1_801, 1_800, 1_799) if net else (5_400,)):
        ask(story, pence, f"form-{number}")
        work()
    assert gateway().balance_pence(story.account_id) == (0 if net else -135)
    if net:
        agrees_with_stripe(story)


def test_stripe_gives_no_levy_of_nothing_back_so_it_is_not_asked(app: Flask, stripe_sandbox: TestSandbox) -> None:
    """An order that bears no levy: the same refund, with one act fewer; asking all the same would fail it."""
    story = captured(stripe_sandbox, lines=((1, 40),), rate_bp=100)
    assert story.funding.levy_pence == 0
    ask(story, 40)
    work()
    assert (story.states, failed_work()) == (("accepted", "refunded"), [])
    other = captured(stripe_sandbox)
    fee_id = stripe_sandbox.objects("application_fees")[0]["id"]
    with pytest.raises(GatewayRefused):
        gateway().refund_fee("nothing", fee_id, 0, other.order_id)


def test_a_providers_share_that_could_not_follow_is_tried_again_and_reported(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = captured(stripe_sandbox)
    stripe_sandbox.act("refund_from_dashboard", charge=story.payment.charge_id, amount=2_000)
    stripe_sandbox.fault("error_before", path="/v1/transfers/*/reversals", times=50)
    stripe_sandbox.deliver()
    work()
    assert story.refunds()[0].state is RefundState.PENDING
    assert len(failed_work()) == 1
    with later(hours=1):
        assert reconcile.run().faults != []
        stripe_sandbox.clear_faults()
        # The same key would be answered with the same error for a day.
        stripe_sandbox.act("advance_clock", seconds=25 * 3600)
        assert reconcile.run().faults == []
    assert story.refunds()[0].state is RefundState.DONE
    assert stripe_sandbox.objects("transfers")[0]["amount_reversed"] == 2_000
    agrees_with_stripe(story)


def test_a_refund_that_counts_as_done_with_its_first_half_leaves_the_operator_to_pay(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control of the test above."""
    story = captured(stripe_sandbox)

    def done(_order: Order, funding: OrderFunding, _charge: object) -> None:
        for refund in db.session.scalars(select(Refund).where(Refund.order_funding_id == funding.id)):
            refund.state, refund.done_at = RefundState.DONE, clock.now()

    monkeypatch.setattr(refund_facts, "_finish", done)
    stripe_sandbox.act("refund_from_dashboard", charge=story.payment.charge_id, amount=2_000)
    stripe_sandbox.deliver()
    work()
    assert (story.refunds()[0].state, failed_work()) == (RefundState.DONE, [])
    assert stripe_sandbox.objects("transfers")[0]["amount_reversed"] == 0
    assert table()["provider:payable"] > 0, "the provider has what was given back"


@pytest.mark.parametrize("guarded", [True, False])
def test_no_refund_beside_a_dispute_or_the_same_money_leaves_twice(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    story = captured(stripe_sandbox)
    dispute = stripe_sandbox.act("dispute", charge=story.payment.charge_id)
    stripe_sandbox.deliver()
    if guarded:
        with pytest.raises(NotAllowed, match="bank is looking"):
            ask(story, 5_400)
    else:
        monkeypatch.setattr(refunds, "_require_paid", lambda *_, **__: None)
        ask(story, 5_400)
    stripe_sandbox.act("end_dispute", dispute=dispute["id"], outcome="lost")
    stripe_sandbox.deliver()
    promised = sum(refund.pence for refund in story.refunds())
    assert promised == (5_400 if guarded else 10_800)
    assert story.funding.refunded_pence == 5_400


def test_a_refund_in_the_dashboard_that_nobody_takes_in_can_be_given_again(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the order reads as paid, and all of it could be given back once more."""
    story = captured(stripe_sandbox)
    monkeypatch.setattr(refund_facts, "_from_outside", lambda *_: None)
    stripe_sandbox.act("refund_from_dashboard", charge=story.payment.charge_id, amount=2_000)
    stripe_sandbox.deliver()
    assert (story.states, story.funding.refunded_pence) == (("accepted", "paid"), 0)


@pytest.mark.parametrize("every_part", [True, False])
def test_an_order_that_two_pots_paid_is_given_back_to_both(
    app: Flask, monkeypatch: pytest.MonkeyPatch, every_part: bool
) -> None:
    story = settled_story(lines=((1, 4_000),))
    second = _second_part(story, 1_400)
    parts = refunds._over_parts
    if not every_part:
        monkeypatch.setattr(refunds, "_over_parts", lambda *about: parts(*about)[:1])
    ask(story, 5_400)
    fundings = db.session.scalars(
        select(OrderFunding).where(OrderFunding.order_id == story.order_id).order_by(OrderFunding.part_no)
    ).all()
    assert [part.refunded_pence for part in fundings] == ([4_000, 1_400] if every_part else [0, 1_400])
    pots = [db.session.get_one(PotPeriod, part.pot_period_id).refunded_pence for part in fundings]
    assert pots == [part.refunded_pence for part in fundings]
    assert second == fundings[1].pot_period_id


def _second_part(story: Story, pence: int) -> int:
    """Have a second pot pay for one more line of the order."""
    order = story.order
    person_id, council_id, user_id = order.person_id, order.council_id, order.buyer_user_id
    with transaction():
        first = db.session.scalars(select(OrderFunding).where(OrderFunding.order_id == story.order_id)).one()
        line = db.session.scalars(select(OrderLine).where(OrderLine.order_id == story.order_id)).one()
        pot = BudgetFactory(person_id=person_id, council_id=council_id, rail=first.rail, pot="Respite").pot_period_id
        kept = {c.name: getattr(line, c.name) for c in OrderLine.__table__.columns if c.name != "id"}
        more = {"line_no": 2, "unit_price_pence": pence, "amount_pence": pence, "state": LineState.CONFIRMED}
        db.session.add(OrderLine(**{**kept, **more}))
        part = {c.name: getattr(first, c.name) for c in OrderFunding.__table__.columns if c.name != "id"}
        more = {"part_no": 2, "pot_period_id": pot, "pence": pence, "levy_pence": levy(pence, 250)}
        db.session.add(OrderFunding(**{**part, **more}))
        db.session.get_one(Order, story.order_id).total_pence += pence
        about = {"order_id": story.order_id, "outcome_id": None, "actor_user_id": user_id, "mandate_id": None}
        book.hold(pot, pence, cause="second:hold", **about)
        book.spend(pot, pence, cause="second:spend", **about)
    return int(pot)


@pytest.mark.parametrize("follows", [True, False])
def test_an_order_given_back_in_three_parts_reads_as_given_back(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch, follows: bool
) -> None:
    story = captured(stripe_sandbox)
    if not follows:
        monkeypatch.setattr(refund_facts, "refund_action_of", lambda _: PaymentAction.REFUND_PART)
    for number, pence in enumerate((1_800, 1_790, 1_810)):
        ask(story, pence, f"form-{number}")
        work()
    assert story.funding.refunded_pence == 5_400
    assert story.states == ("accepted", "refunded" if follows else "part_refunded")


def test_the_payer_comes_first_then_the_providers_share_then_the_levy(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox)
    ask(story, 1_800)
    work()
    acts = [row["path"].split("/")[2] for row in stripe_sandbox.asked("/refunds")]
    assert acts == ["refunds", "application_fees"]


@pytest.mark.parametrize("payer_first", [True, False])
def test_a_refund_that_stripe_refuses_takes_nothing_from_the_provider(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch, payer_first: bool
) -> None:
    """Were the provider's share taken first, it would be gone when the refund is refused, and nobody would have it."""
    story = captured(stripe_sandbox)
    transfer_id = stripe_sandbox.objects("transfers")[0]["id"]

    def refused(self: StripeGateway, _key: str, _charge: str, pence: int, refund_id: int, **_: bool) -> None:
        if not payer_first:
            self.reverse_transfer("first", transfer_id, pence, refund_id)
        raise GatewayRefused("The charge cannot be refunded.")

    with monkeypatch.context() as refusing:
        refusing.setattr(StripeGateway, "refund", refused)
        ask(story, 1_800)
        work()
    assert (story.refunds()[0].state, story.funding.refunded_pence) == (RefundState.FAILED, 0)
    assert gateway().balance_pence(story.account_id) == (5_265 if payer_first else 3_465)
    if payer_first:
        ask(story, 1_800, "again")
        work()
        assert story.states == ("accepted", "part_refunded")
        agrees_with_stripe(story)


def test_what_follows_is_counted_from_the_whole(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox)
    refund_id = ask(story, 1_800)
    charge = gateway().get_charge(story.payment.charge_id or "")
    refund = db.session.get_one(Refund, refund_id)
    assert still_to_follow(story.funding.id, charge, refund) == (1_800, 45)
    assert still_to_follow(story.funding.id, replace(charge, reversed_pence=1_800), refund) == (0, 45)


def test_money_given_back_for_a_closed_month_is_booked_in_the_open_one(app: Flask) -> None:
    march, april = datetime(2026, 3, 20, 12, tzinfo=UTC), datetime(2026, 4, 6, 12, tzinfo=UTC)
    with clock.fixed_clock(march):
        story = settled_story()
        first, second = finance()
        settlement.send(second, settlement.prepare(first, story.order.council_id or 0, clock.today()))
    with clock.fixed_clock(april):
        assert ledger.close_due_months() == [date(2026, 3, 1)]
        before = ledger.balances("%", date(2026, 3, 31))
        assert before[ledger.OPERATOR_LEVY] == -135
        ask(story, 1_800)
        assert ledger.balances("%", date(2026, 3, 31)) == before
        assert ledger.balance(ledger.OPERATOR_LEVY) == -90
        assert [check.fault for check in checks.run() if check.fault] == []
