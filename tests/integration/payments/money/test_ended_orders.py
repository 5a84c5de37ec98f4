"""Whatever was taken for an order that ended goes back, whatever went back before; what the bank refused is seen."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.outbox.models import OutboxRow
from payments.domain import PaymentState, RefundState
from payments.services import charging, orders, reconcile, refunds
from payments.services.orders import booking
from tests.integration.payments.money.telling import (
    Story,
    agrees_with_stripe,
    captured,
    failed_work,
    operators,
    table,
    work,
)
from tests.stripe import TestSandbox

ALL_GONE = {"operator:processing_fees": 101, "stripe:clearing": -101}


def _part_given_back(sandbox: TestSandbox) -> Story:
    story = captured(sandbox)
    refunds.ask_refund(story.provider, story.order_id, key="part", reason_code="goodwill", pence=1000)
    work()
    assert story.states == ("accepted", "part_refunded")
    return story


def _given_back_and_sent_back(sandbox: TestSandbox) -> Story:
    """Cancelled, all of it given back, and the bank of the card did not take it."""
    story = captured(sandbox)
    orders.cancel(story.buyer, story.order_id, "We found somebody nearer")
    work()
    sandbox.act("fail_refund_of", refund=story.refunds()[0].stripe_refund_id)
    charging.look(story.order_id)
    assert story.states == ("cancelled", "paid")
    return story


def test_the_rest_of_a_part_refunded_order_goes_back_when_it_is_cancelled(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = _part_given_back(stripe_sandbox)
    orders.cancel(story.buyer, story.order_id, "We found somebody nearer")
    work()
    assert story.states == ("cancelled", "refunded")
    assert [(refund.pence, refund.levy_back_pence) for refund in story.refunds()] == [(1000, 25), (4400, 110)]
    assert (table(), failed_work()) == (ALL_GONE, [])
    agrees_with_stripe(story)


def test_the_rest_would_stay_if_only_whole_payments_were_let_go(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    monkeypatch.setattr(booking, "_CAN_BE_RELEASED", (PaymentState.PAID,))
    story = _part_given_back(stripe_sandbox)
    orders.cancel(story.buyer, story.order_id, "We found somebody nearer")
    work()
    assert story.states == ("cancelled", "part_refunded")


def test_the_rest_goes_back_even_when_the_workers_own_step_was_lost(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = _part_given_back(stripe_sandbox)
    orders.cancel(story.provider, story.order_id, "Our van has broken down")
    with transaction():
        db.session.execute(update(OutboxRow).where(OutboxRow.done_at.is_(None)).values(done_at=clock.now()))
    with clock.fixed_clock(clock.now() + timedelta(hours=1)):
        assert reconcile.run().faults == []
        work()
    assert story.states == ("cancelled", "refunded")
    assert table() == ALL_GONE


def test_what_waits_for_a_second_person_goes_back_too_when_that_person_says_no(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    """The order has ended: whether the operator's own refund is agreed to or not, nothing of it is kept."""
    story = captured(stripe_sandbox, lines=((1, 50_000),))
    first, second = operators()
    waiting = refunds.ask_refund(first, story.order_id, key="big", reason_code="goodwill", pence=30_000)
    orders.cancel(story.buyer, story.order_id, "Not needed")
    work()
    assert story.states == ("cancelled", "part_refunded")
    refunds.refuse_refund(second, waiting, "It ended anyway")
    with clock.fixed_clock(clock.now() + timedelta(hours=1)):
        assert reconcile.run().faults == []
        work()
    assert story.states == ("cancelled", "refunded")
    assert (story.funding.refunded_pence, story.funding.levy_back_pence) == (50_000, 1250)
    agrees_with_stripe(story)


def test_what_the_bank_sent_back_is_not_tried_again_by_itself_and_the_operator_can_give_it(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = _given_back_and_sent_back(stripe_sandbox)
    for hours in (1, 2):
        with clock.fixed_clock(clock.now() + timedelta(hours=hours)):
            assert reconcile.run().faults == []
            work()
    assert [refund.state for refund in story.refunds()] == [RefundState.FAILED]
    refunds.ask_refund(operators(1)[0], story.order_id, key="again", reason_code="cancelled", pence=5400)
    work()
    assert story.states == ("cancelled", "refunded")
    agrees_with_stripe(story)
