"""A bank lets go of what it set aside after the provider said yes: the work goes on, and another card pays for it."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.desk.queries import list_tasks
from marketplace.kernel import clock
from payments.domain import ChargeAt, OrderState, PaymentState, awaits_card
from payments.services import charging, orders, reconcile
from payments.services.checkout.paying import waiting_for_card
from tests.browser import sign_in, text_of
from tests.integration.payments.money.telling import (
    BACK,
    Story,
    agrees_with_stripe,
    authorised,
    captured,
    give_card,
    mails,
    moves_of,
    operators,
    table,
    work,
)
from tests.stripe import DECLINED_CARD, TestSandbox


def _let_go(sandbox: TestSandbox) -> Story:
    """Booked, and then the payment was cancelled at Stripe before it was taken."""
    story = authorised(sandbox)
    orders.accept(story.provider, story.order_id)
    sandbox.api("POST", f"payment_intents/{story.payment.stripe_id}/cancel")
    work()
    assert story.states == ("accepted", "none")
    return story


def _desk() -> list[str]:
    return [task.todo for task in list_tasks(operators(1)[0])]


def test_the_buyer_is_asked_for_another_card_which_is_charged_at_once(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = _let_go(stripe_sandbox)
    assert mails("needs another card") == 1
    assert waiting_for_card(story.checkout_id) == [story.order_id]
    give_card(stripe_sandbox, story.checkout_id)
    assert charging.pay(story.order_id, return_url=BACK, actor=story.buyer).outcome == "authorised"
    assert story.states == ("accepted", "paid")
    assert waiting_for_card(story.checkout_id) == []
    assert moves_of(story.order_id) == ["begin", "authorise", "release", "begin", "capture"]
    assert table()["operator:levy"] == -135
    agrees_with_stripe(story)


def test_it_is_paid_once_however_often_it_is_looked_at(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = _let_go(stripe_sandbox)
    give_card(stripe_sandbox, story.checkout_id)
    for hours in (0, 1, 2):
        charging.pay(story.order_id, return_url=BACK, actor=story.buyer)
        charging.capture({"order_id": story.order_id})
        with clock.fixed_clock(clock.now() + timedelta(hours=hours)):
            assert reconcile.run().faults == []
    assert len(stripe_sandbox.objects("charges")) == 2
    assert table()["operator:levy"] == -135


def test_a_second_card_that_is_declined_leaves_the_work_booked_and_asks_again(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = _let_go(stripe_sandbox)
    give_card(stripe_sandbox, story.checkout_id, DECLINED_CARD)
    assert charging.pay(story.order_id, return_url=BACK, actor=story.buyer).outcome == "declined"
    assert story.states == ("accepted", "failed")
    give_card(stripe_sandbox, story.checkout_id)
    assert charging.pay(story.order_id, return_url=BACK, actor=story.buyer).outcome == "authorised"
    assert story.states == ("accepted", "paid")


def test_the_order_the_checkout_and_the_desk_say_that_it_is_not_paid(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox
) -> None:
    story = _let_go(stripe_sandbox)
    sign_in(client, story.buyer.user_id or 0)
    order, done = f"/orders/{story.order_id}", f"/checkout/{story.checkout_id}/done"
    assert "Your bank let go of the money before it was taken, so it is not paid." in text_of(client.get(order))
    assert "Use another card" in text_of(client.get(done))
    assert [words for words in _desk() if "give another card" in words] != []
    orders.mark_done(story.provider, story.order_id)
    assert "It is paid already" not in text_of(client.get(order))
    give_card(stripe_sandbox, story.checkout_id)
    charging.pay(story.order_id, return_url=BACK, actor=story.buyer)
    assert "It is paid already" in text_of(client.get(order))
    assert "Use another card" not in text_of(client.get(done))
    assert _desk() == []


def test_a_refund_that_a_bank_sent_back_is_on_the_desk_until_it_was_given_again(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    from payments.services import refunds

    story = captured(stripe_sandbox)
    refunds.ask_refund(story.provider, story.order_id, key="part", reason_code="goodwill", pence=1000)
    work()
    assert _desk() == []
    stripe_sandbox.act("fail_refund_of", refund=story.refunds()[0].stripe_refund_id)
    charging.look(story.order_id)
    assert [words for words in _desk() if "A bank sent back" in words] != []
    refunds.ask_refund(story.provider, story.order_id, key="again", reason_code="goodwill", pence=1000)
    work()
    assert (story.states, _desk()) == (("accepted", "part_refunded"), [])


@pytest.mark.parametrize(
    ("state", "payment_state", "charge_at", "awaits"),
    [
        (OrderState.AWAITING_PAYMENT, PaymentState.NONE, ChargeAt.ACCEPT, True),
        (OrderState.PLACED, PaymentState.AUTHORISED, ChargeAt.ACCEPT, False),
        (OrderState.ACCEPTED, PaymentState.AUTHORISED, ChargeAt.ACCEPT, False),
        (OrderState.ACCEPTED, PaymentState.NONE, ChargeAt.ACCEPT, True),
        (OrderState.CLOSED, PaymentState.FAILED, ChargeAt.ACCEPT, True),
        (OrderState.CANCELLED, PaymentState.NONE, ChargeAt.ACCEPT, False),
        (OrderState.EXPIRED, PaymentState.FAILED, ChargeAt.ACCEPT, False),
        (OrderState.DONE, PaymentState.NONE, ChargeAt.CONFIRM, False),
        (OrderState.CONFIRMED, PaymentState.NONE, ChargeAt.CONFIRM, False),
        (OrderState.CONFIRMED, PaymentState.FAILED, ChargeAt.CONFIRM, True),
        (OrderState.CONFIRMED, PaymentState.NONE, ChargeAt.SETTLEMENT, False),
        (OrderState.CONFIRMED, PaymentState.NONE, ChargeAt.NEVER, False),
    ],
)
def test_who_has_to_do_something_about_a_card(
    state: OrderState, payment_state: PaymentState, charge_at: ChargeAt, awaits: bool
) -> None:
    assert awaits_card(state, payment_state, charge_at) is awaits
