"""Own money is set aside and taken; a direct payment is charged when confirmed; lost answers are looked for."""

from datetime import timedelta

import pytest
from flask import Flask

from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed
from marketplace.kernel.rails import Rail
from payments.models import Checkout, StripeAccount
from payments.services import charging, orders, reconcile
from tests.integration.payments.money.telling import (
    BACK,
    agrees_with_stripe,
    authorised,
    captured,
    card_story,
    charged,
    entries,
    failed_work,
    give_card,
    mails,
    moves_of,
    table,
    work,
)
from tests.stripe import ASKS_EACH_TIME_CARD, DECLINED_CARD, GOOD_CARD, POOR_CARD, TestSandbox

AFTER_CAPTURE = {
    "operator:levy": -135,
    "operator:processing_fees": 101,
    "provider:received": -5265,
    "provider:stripe": 5265,
    "stripe:clearing": 34,
}


def test_own_money_is_set_aside_and_the_provider_asked(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = authorised(stripe_sandbox)
    assert story.states == ("placed", "authorised")
    assert story.payment.capture_before > clock.now() + timedelta(days=6)  # type: ignore[operator]
    assert entries() == 0
    assert mails("New order") == 1
    assert [row["key"] for row in stripe_sandbox.asked("/v1/payment_intents")] == [
        f"authorise:{story.order.reference}:1"
    ]


def test_saying_yes_takes_the_money_and_books_the_levy_and_what_stripe_kept(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = captured(stripe_sandbox)
    assert table() == AFTER_CAPTURE
    assert story.payment.processing_fee_pence == 101
    assert moves_of(story.order_id) == ["begin", "authorise", "capture"]
    agrees_with_stripe(story)


def test_asking_and_capturing_again_does_nothing_more(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox)
    (again,) = charging.authorise([story.order_id], return_url=BACK)
    assert again.outcome == "authorised"
    for _ in range(2):
        charging.capture({"order_id": story.order_id})
        assert charging.finish_action(story.order_id).outcome == "authorised"
    assert moves_of(story.order_id) == ["begin", "authorise", "capture"]
    assert len(stripe_sandbox.objects("payment_intents")) == 1
    assert len(stripe_sandbox.objects("charges")) == 1
    assert table() == AFTER_CAPTURE


def test_each_provider_of_a_basket_is_paid_by_itself(app: Flask, stripe_sandbox: TestSandbox) -> None:
    first, second = card_story(stripe_sandbox), card_story(stripe_sandbox, card=DECLINED_CARD)
    results = charging.authorise([first.order_id, second.order_id], return_url=BACK)
    assert [result.outcome for result in results] == ["authorised", "declined"]
    assert results[1].message is not None
    assert "Nothing was taken" in results[1].message
    assert first.states == ("placed", "authorised")
    assert second.states == ("awaiting_payment", "failed")


def test_after_a_declined_card_another_one_pays_the_same_payment(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = card_story(stripe_sandbox, card=DECLINED_CARD)
    (declined,) = charging.authorise([story.order_id], return_url=BACK)
    assert declined.outcome == "declined"
    give_card(stripe_sandbox, story.checkout_id, GOOD_CARD)
    (result,) = charging.authorise([story.order_id], return_url=BACK)
    assert result.outcome == "authorised"
    assert moves_of(story.order_id) == ["begin", "fail", "begin", "authorise"]
    assert len(stripe_sandbox.objects("payment_intents")) == 1
    assert story.payment.attempt == 2


def test_when_the_bank_asks_the_buyer_is_led_there_and_back(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = card_story(stripe_sandbox, card=ASKS_EACH_TIME_CARD)
    (asked,) = charging.authorise([story.order_id], return_url=BACK)
    assert asked.outcome == "needs_action"
    assert asked.url is not None
    (again,) = charging.authorise([story.order_id], return_url=BACK)
    assert again.url == asked.url
    assert charging.finish_action(story.order_id).outcome == "needs_action"
    assert stripe_sandbox.answer_bank(asked.url).startswith(BACK)
    assert charging.finish_action(story.order_id).outcome == "authorised"
    assert story.states == ("placed", "authorised")


def test_a_bank_that_is_told_no_declines_and_the_buyer_may_try_again(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = card_story(stripe_sandbox, card=ASKS_EACH_TIME_CARD)
    (asked,) = charging.authorise([story.order_id], return_url=BACK)
    stripe_sandbox.answer_bank(asked.url or "", yes=False)
    refused = charging.finish_action(story.order_id)
    assert refused.outcome == "declined"
    assert "make sure that it was you" in (refused.message or "")
    (anew,) = charging.authorise([story.order_id], return_url=BACK)
    assert anew.outcome == "needs_action"
    stripe_sandbox.answer_bank(anew.url or "")
    assert charging.finish_action(story.order_id).outcome == "authorised"


@pytest.mark.parametrize("kind", ["drop_reply", "error_after_commit"])
def test_an_answer_that_was_lost_is_found_again_and_nothing_is_charged_twice(
    app: Flask, stripe_sandbox: TestSandbox, kind: str
) -> None:
    story = card_story(stripe_sandbox)
    stripe_sandbox.fault(kind, path="/v1/payment_intents", times=10)
    (lost,) = charging.authorise([story.order_id], return_url=BACK)
    stripe_sandbox.clear_faults()
    assert lost.outcome == "unknown"
    assert story.states == ("awaiting_payment", "pending")
    (found,) = charging.authorise([story.order_id], return_url=BACK)
    assert found.outcome == "authorised"
    assert len(stripe_sandbox.objects("payment_intents")) == 1


def test_an_error_before_anything_happened_is_asked_again_under_a_new_key(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = card_story(stripe_sandbox)
    stripe_sandbox.fault("error_before", path="/v1/payment_intents", times=10)
    (lost,) = charging.authorise([story.order_id], return_url=BACK)
    stripe_sandbox.clear_faults()
    assert lost.outcome == "unknown"
    (found,) = charging.authorise([story.order_id], return_url=BACK)
    assert found.outcome == "authorised"
    assert stripe_sandbox.asked("/v1/payment_intents")[-1]["key"] == f"authorise:{story.order.reference}:2"


def test_after_25_hours_when_stripe_has_forgotten_the_key_nothing_is_charged_again(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = card_story(stripe_sandbox)
    stripe_sandbox.fault("drop_reply", path="/v1/payment_intents", times=10)
    charging.authorise([story.order_id], return_url=BACK)
    stripe_sandbox.clear_faults()
    stripe_sandbox.act("advance_clock", seconds=25 * 3600)
    (found,) = charging.authorise([story.order_id], return_url=BACK)
    assert found.outcome == "authorised"
    assert len(stripe_sandbox.objects("payment_intents")) == 1


def test_without_looking_first_a_forgotten_key_would_charge_again(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of looking before trying again."""
    from payments.stripe.client import StripeGateway

    story = card_story(stripe_sandbox)
    stripe_sandbox.fault("drop_reply", path="/v1/payment_intents", times=10)
    charging.authorise([story.order_id], return_url=BACK)
    stripe_sandbox.clear_faults()
    stripe_sandbox.act("advance_clock", seconds=25 * 3600)
    monkeypatch.setattr(StripeGateway, "find_payment", lambda *_: None)
    charging.authorise([story.order_id], return_url=BACK)
    assert len(stripe_sandbox.objects("payment_intents")) == 2


@pytest.mark.parametrize("kind", ["drop_reply", "error_after_commit", "error_before"])
def test_a_capture_whose_answer_is_lost_is_completed_once(app: Flask, stripe_sandbox: TestSandbox, kind: str) -> None:
    story = authorised(stripe_sandbox)
    orders.accept(story.provider, story.order_id)
    stripe_sandbox.fault(kind, path="/v1/payment_intents/*/capture", times=10)
    work()
    stripe_sandbox.clear_faults()
    assert story.states == ("accepted", "authorised")
    assert len(failed_work()) == 1
    with clock.fixed_clock(clock.now() + timedelta(hours=2)):
        work()
    assert story.states == ("accepted", "paid")
    assert table() == AFTER_CAPTURE
    agrees_with_stripe(story)


def test_a_declined_order_lets_the_money_go(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = authorised(stripe_sandbox)
    orders.decline(story.provider, story.order_id, "We are full until May")
    work()
    assert story.states == ("declined", "none")
    assert stripe_sandbox.objects("payment_intents")[0]["status"] == "canceled"
    assert (entries(), failed_work()) == (0, [])


def test_an_order_cancelled_after_its_money_was_taken_is_given_back_in_full(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = captured(stripe_sandbox)
    orders.cancel(story.buyer, story.order_id, "We found somebody nearer")
    work()
    assert story.states == ("cancelled", "refunded")
    assert table() == {"operator:processing_fees": 101, "stripe:clearing": -101}
    assert story.funding.levy_back_pence == 135
    agrees_with_stripe(story)


def test_an_order_cancelled_while_the_bank_asks_is_never_charged(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = card_story(stripe_sandbox, card=ASKS_EACH_TIME_CARD)
    (asked,) = charging.authorise([story.order_id], return_url=BACK)
    orders.cancel(story.buyer, story.order_id, "Not needed any more")
    stripe_sandbox.answer_bank(asked.url or "")
    charging.finish_action(story.order_id)
    work()
    assert story.states == ("cancelled", "none")
    assert stripe_sandbox.objects("payment_intents")[0]["status"] == "canceled"


def test_a_direct_payment_is_charged_once_when_confirmed_and_a_receipt_is_sent(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = charged(stripe_sandbox)
    charging.charge({"order_id": story.order_id})
    assert table() == AFTER_CAPTURE
    assert mails("£54.00 was taken") == 1
    assert len(stripe_sandbox.objects("charges")) == 1
    agrees_with_stripe(story)


def test_a_bank_that_asks_when_nobody_is_there_leads_the_person_to_a_page_that_goes_on(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = card_story(stripe_sandbox, rail=Rail.DIRECT_PAYMENT, card=ASKS_EACH_TIME_CARD)
    charging.charge({"order_id": story.order_id})
    charging.charge({"order_id": story.order_id})
    assert story.states == ("confirmed", "failed")
    assert mails("The bank has a question") == 1
    assert story.payment.attempt == 1
    asked = charging.pay(story.order_id, return_url=BACK, actor=story.buyer)
    assert asked.outcome == "needs_action"
    stripe_sandbox.answer_bank(asked.url or "")
    assert charging.finish_action(story.order_id).outcome == "authorised"
    assert story.states == ("confirmed", "paid")
    assert table() == AFTER_CAPTURE


def test_a_direct_payment_that_is_declined_asks_for_another_card_once(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = card_story(stripe_sandbox, rail=Rail.DIRECT_PAYMENT, card=POOR_CARD)
    charging.charge({"order_id": story.order_id})
    charging.charge({"order_id": story.order_id})
    assert story.states == ("confirmed", "failed")
    assert mails("needs another card") == 1
    assert len(stripe_sandbox.objects("charges")) == 1
    give_card(stripe_sandbox, story.checkout_id, GOOD_CARD)
    assert charging.pay(story.order_id, return_url=BACK).outcome == "authorised"
    assert story.states == ("confirmed", "paid")


@pytest.mark.parametrize("kind", ["drop_reply", "error_after_commit"])
def test_a_charge_whose_answer_is_lost_is_not_made_again(app: Flask, stripe_sandbox: TestSandbox, kind: str) -> None:
    from payments.stripe import GatewayUnknown

    story = card_story(stripe_sandbox, rail=Rail.DIRECT_PAYMENT)
    stripe_sandbox.fault(kind, path="/v1/payment_intents", times=10)
    with pytest.raises(GatewayUnknown):
        charging.charge({"order_id": story.order_id})
    stripe_sandbox.clear_faults()
    assert story.states == ("confirmed", "pending")
    charging.charge({"order_id": story.order_id})
    assert story.states == ("confirmed", "paid")
    assert len(stripe_sandbox.objects("charges")) == 1


def test_what_was_changed_at_stripe_is_held_for_review_and_places_nothing(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = card_story(stripe_sandbox, card=ASKS_EACH_TIME_CARD)
    (asked,) = charging.authorise([story.order_id], return_url=BACK)
    stripe_sandbox.api("POST", f"payment_intents/{story.payment.stripe_id}", amount=5300)
    stripe_sandbox.answer_bank(asked.url or "")
    result = charging.finish_action(story.order_id)
    assert result.outcome == "unknown"
    assert "looking at this payment" in (result.message or "")
    assert story.states == ("awaiting_payment", "review")


def test_a_provider_that_stripe_stopped_sells_nothing_by_card(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = card_story(stripe_sandbox)
    with transaction():
        db.session.get_one(StripeAccount, story.organisation_id).charges_enabled = False
    (result,) = charging.authorise([story.order_id], return_url=BACK)
    assert (result.outcome, story.states) == ("declined", ("awaiting_payment", "none"))
    assert "cannot take cards" in (result.message or "")


def test_an_account_that_stripe_refuses_is_a_plain_sentence_and_can_be_tried_again(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = card_story(stripe_sandbox)
    stripe_sandbox.act("restrict_account", account=story.account_id)
    (result,) = charging.authorise([story.order_id], return_url=BACK)
    assert (result.outcome, story.states) == ("declined", ("awaiting_payment", "failed"))
    stripe_sandbox.ready_account(story.account_id)
    (anew,) = charging.authorise([story.order_id], return_url=BACK)
    assert anew.outcome == "authorised"


def test_an_authorisation_that_was_cancelled_at_stripe_ends_the_order(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = authorised(stripe_sandbox)
    stripe_sandbox.api("POST", f"payment_intents/{story.payment.stripe_id}/cancel")
    with clock.fixed_clock(clock.now() + timedelta(hours=1)):
        reconcile.run()
    assert story.states == ("expired", "none")
    assert mails("could not be paid") == 1


def test_nothing_is_charged_for_an_order_that_is_not_due(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = authorised(stripe_sandbox)
    orders.decline(story.provider, story.order_id, "Full")
    work()
    with pytest.raises(NotAllowed):
        charging.pay(story.order_id, return_url=BACK)
    charging.charge({"order_id": story.order_id})
    charging.capture({"order_id": story.order_id})
    assert story.states == ("declined", "none")


def test_a_card_page_is_opened_once_and_another_one_for_another_card(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = card_story(stripe_sandbox)
    first = charging.start_card_setup(story.checkout_id, success_url=BACK, cancel_url=BACK)
    assert charging.start_card_setup(story.checkout_id, success_url=BACK, cancel_url=BACK) == first
    before = db.session.get_one(Checkout, story.checkout_id).stripe_payment_method_id
    assert charging.finish_card_setup(story.checkout_id) == before
    stripe_sandbox.keep_card(first.url)
    assert charging.finish_card_setup(story.checkout_id) not in (None, before)
    assert len(stripe_sandbox.objects("customers")) == 1


def test_a_card_is_forgotten_when_its_orders_are_closed_unless_keeping_it_was_asked_for(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story, kept = card_story(stripe_sandbox), card_story(stripe_sandbox)
    charging.keep_card(kept.checkout_id)
    assert charging.forget_cards() == 0
    for each in (story, kept):
        orders.cancel(each.buyer, each.order_id, "Not needed")
    work()
    assert charging.forget_cards() == 1
    assert db.session.get_one(Checkout, story.checkout_id).stripe_payment_method_id is None
    assert db.session.get_one(Checkout, kept.checkout_id).stripe_payment_method_id is not None
    assert charging.forget_cards() == 0
