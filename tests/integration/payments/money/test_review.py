"""Payments that do not match are put before the operator, and go on from where the money really is."""

import pytest
from click.testing import CliRunner
from flask import Flask

from marketplace.database import db, transaction
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from payments import cli
from payments.domain import PaymentState
from payments.queries.money import list_in_review
from payments.services import charging, orders, refunds
from payments.services.facts import hold_for_review
from payments.services.moves import lock_order
from payments.services.reviewing import end_review
from tests.integration.payments.money.telling import (
    BACK,
    Story,
    agrees_with_stripe,
    authorised,
    captured,
    card_story,
    mails,
    moves_of,
    operators,
    work,
)
from tests.stripe import ASKS_EACH_TIME_CARD, TestSandbox


def _hold(story: Story) -> None:
    with transaction():
        hold_for_review(lock_order(story.order_id), "test:review", "Somebody has to look")


def _mismatched(sandbox: TestSandbox) -> Story:
    story = card_story(sandbox, card=ASKS_EACH_TIME_CARD)
    (asked,) = charging.authorise([story.order_id], return_url=BACK)
    sandbox.api("POST", f"payment_intents/{story.payment.stripe_id}", amount=5300)
    sandbox.answer_bank(asked.url or "")
    charging.finish_action(story.order_id)
    return story


def test_the_desk_sees_what_does_not_match_and_why(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = _mismatched(stripe_sandbox)
    (found,) = list_in_review()
    assert (found.order_id, found.card_pence, found.stripe_id) == (story.order_id, 5400, story.payment.stripe_id)
    assert "does not match" in (found.reason or "")


def test_money_that_does_not_match_has_to_go_back_at_stripe_first(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = _mismatched(stripe_sandbox)
    (operator,) = operators(1)
    with pytest.raises(NotAllowed, match="Stripe’s dashboard"):
        end_review(operator, story.order_id, "The amount was changed")
    stripe_sandbox.api("POST", f"payment_intents/{story.payment.stripe_id}/cancel")
    assert end_review(operator, story.order_id, "The amount was changed") is PaymentState.NONE
    assert list_in_review() == []


@pytest.mark.parametrize("pence", [0, 1000])
def test_a_captured_payment_is_paid_again_with_what_was_given_back(
    app: Flask, stripe_sandbox: TestSandbox, pence: int
) -> None:
    story = captured(stripe_sandbox)
    if pence:
        refunds.ask_refund(story.provider, story.order_id, key="form-1", reason_code="goodwill", pence=pence)
        work()
    _hold(story)
    (operator,) = operators(1)
    wanted = PaymentState.PART_REFUNDED if pence else PaymentState.PAID
    assert end_review(operator, story.order_id, "All is well") is wanted
    assert end_review(operator, story.order_id, "All is well") is wanted
    agrees_with_stripe(story)


def test_money_that_is_set_aside_can_be_captured_after_the_review(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = authorised(stripe_sandbox)
    _hold(story)
    with pytest.raises(NotAllowed):
        orders.accept(story.provider, story.order_id)
    (operator,) = operators(1)
    assert end_review(operator, story.order_id, "All is well") is PaymentState.AUTHORISED
    orders.accept(story.provider, story.order_id)
    work()
    assert story.states == ("accepted", "paid")


def test_only_an_operator_ends_a_review_and_says_what_was_found(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox)
    _hold(story)
    for actor in (story.provider, story.buyer):
        with pytest.raises(NotFound):
            end_review(actor, story.order_id, "All is well")
    with pytest.raises(DomainError, match="Say what you found"):
        end_review(operators(1)[0], story.order_id, "  ")
    assert story.states == ("accepted", "review")


def test_an_event_that_comes_many_times_or_late_is_taken_in_once(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = card_story(stripe_sandbox, card=ASKS_EACH_TIME_CARD)
    (asked,) = charging.authorise([story.order_id], return_url=BACK)
    stripe_sandbox.fault("twice", copies=50, event="payment_intent.amount_capturable_updated")
    stripe_sandbox.fault("late", seconds=3600, event="charge.succeeded")
    stripe_sandbox.answer_bank(asked.url or "")
    statuses = stripe_sandbox.deliver()
    assert statuses.count(200) == len(statuses) >= 50
    stripe_sandbox.hurry()
    assert stripe_sandbox.deliver() == [200]
    assert moves_of(story.order_id) == ["begin", "authorise"]
    assert mails("New order") == 1


def test_the_reconcile_command_says_what_it_did(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = card_story(stripe_sandbox, card=ASKS_EACH_TIME_CARD)
    (asked,) = charging.authorise([story.order_id], return_url=BACK)
    stripe_sandbox.answer_bank(asked.url or "")
    stripe_sandbox.forget_webhooks()
    said = CliRunner().invoke(cli.reconcile, ["--now"], obj=lambda: app)
    assert said.exit_code == 0, said.output
    assert "looked at at Stripe" in said.output
    db.session.rollback()
    assert story.states == ("placed", "authorised")
    stripe_sandbox.fault("error_before", method="GET", path="/v1/balance_transactions", times=10)
    said = CliRunner().invoke(cli.reconcile, obj=lambda: app)
    assert said.exit_code == 1
    assert "could not: the balance" in said.output
