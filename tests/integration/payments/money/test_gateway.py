"""The real gateway against the sandbox: what it sends, and what it makes of the answers."""

import pytest
from flask import Flask

from marketplace.database import transaction
from payments.stripe import BadSignature, CardDeclined, GatewayRefused, GatewayUnknown, PaymentOrder, gateway
from tests.stripe import WEBHOOK_SECRET, TestSandbox


def _order(sandbox: TestSandbox, **changes: object) -> PaymentOrder:
    account = gateway().create_account("account:1", 1, "Dales Home Care", None)
    sandbox.ready_account(account.id)
    customer = gateway().create_customer("customer:1", 1)
    card = sandbox.api("POST", f"payment_methods/{changes.pop('card', 'pm_card_visa')}/attach", customer=customer)
    values: dict[str, object] = {
        "payment_id": 1,
        "order_reference": "K7QM-4TXR",
        "pence": 5400,
        "fee_pence": 135,
        "customer_id": customer,
        "payment_method_id": card["id"],
        "destination": account.id,
        "capture_later": True,
        "on_session": True,
        "return_url": "http://localhost/back",
    }
    return PaymentOrder(**(values | changes))  # type: ignore[arg-type]


def test_a_payment_is_set_aside_found_again_and_captured_with_every_move(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    order = _order(stripe_sandbox)
    held = gateway().create_payment("authorise:K7QM-4TXR:1", order)
    assert (held.status, held.pence, held.fee_pence, held.charge) == ("requires_capture", 5400, 135, None)
    assert held.capture_before is not None
    assert gateway().find_payment(order.customer_id, 1, "K7QM-4TXR") == held
    assert gateway().find_payment(order.customer_id, 2, "K7QM-4TXR") is None
    taken = gateway().capture_payment("capture:K7QM-4TXR", held.id)
    assert taken.status == "succeeded"
    assert taken.charge is not None
    assert [(move.kind, move.pence, move.fee_pence) for move in taken.charge.moves] == [
        ("charge", 5400, 101),
        ("transfer", -5400, 0),
        ("application_fee", 135, 0),
    ]
    assert gateway().balance_pence() == 34
    assert gateway().balance_pence(order.destination) == 5265


def test_a_payment_that_was_taken_is_read_by_four_questions_in_this_order(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    """What leaves for the payer comes before what follows it: see `test_races`."""
    order = _order(stripe_sandbox)
    held = gateway().create_payment("authorise:K7QM-4TXR:1", order)
    taken = gateway().capture_payment("capture:K7QM-4TXR", held.id)
    before = len(stripe_sandbox.asked("", method="GET"))
    assert gateway().get_payment(held.id) == taken
    asked = [each["path"].split("/")[2] for each in stripe_sandbox.asked("", method="GET")[before:]]
    assert asked == ["payment_intents", "refunds", "disputes", "charges"]


def test_a_sandbox_that_is_near_answers_as_over_the_network(app: Flask, stripe_sandbox: TestSandbox) -> None:
    order = _order(stripe_sandbox)
    held = gateway().create_payment("authorise:K7QM-4TXR:1", order)
    stripe_sandbox.come_near()
    assert gateway().get_payment(held.id) == held
    assert gateway().create_payment("authorise:K7QM-4TXR:1", order) == held
    assert [intent["id"] for intent in stripe_sandbox.objects("payment_intents")] == [held.id]
    with pytest.raises(GatewayRefused):
        gateway().get_payment("pi_of_nobody")
    assert {event["type"] for event in stripe_sandbox.news()} >= {"payment_intent.amount_capturable_updated"}
    gateway().cancel_payment("cancel:K7QM-4TXR", held.id)
    assert [event["type"] for event in stripe_sandbox.news()] == ["charge.refunded", "payment_intent.canceled"]
    assert stripe_sandbox.news() == []


def test_a_levy_of_nothing_is_left_out(app: Flask, stripe_sandbox: TestSandbox) -> None:
    held = gateway().create_payment("authorise:A:1", _order(stripe_sandbox, pence=30, fee_pence=0))
    assert (held.status, held.fee_pence) == ("requires_capture", 0)


def test_a_declined_card_says_why_and_leaves_the_payment_open(app: Flask, stripe_sandbox: TestSandbox) -> None:
    order = _order(stripe_sandbox, card="pm_card_chargeCustomerFail")
    with pytest.raises(CardDeclined) as declined:
        gateway().create_payment("authorise:A:1", order)
    assert declined.value.code == "generic_decline"
    assert declined.value.intent_id is not None
    assert gateway().get_payment(declined.value.intent_id).status == "requires_payment_method"


@pytest.mark.parametrize("kind", ["drop_reply", "error_after_commit"])
def test_a_lost_or_denying_reply_is_unknown_and_not_failed(app: Flask, stripe_sandbox: TestSandbox, kind: str) -> None:
    order = _order(stripe_sandbox)
    stripe_sandbox.fault(kind, path="/v1/payment_intents", times=10)
    with pytest.raises(GatewayUnknown) as unknown:
        gateway().create_payment("authorise:A:1", order)
    stripe_sandbox.clear_faults()
    assert unknown.value.answered is (kind == "error_after_commit")
    assert len(stripe_sandbox.objects("payment_intents")) == 1


def test_the_same_key_with_another_body_is_refused(app: Flask, stripe_sandbox: TestSandbox) -> None:
    order = _order(stripe_sandbox)
    gateway().create_payment("authorise:A:1", order)
    with pytest.raises(GatewayRefused):
        gateway().create_payment("authorise:A:1", _order(stripe_sandbox, pence=5500))
    assert len(stripe_sandbox.objects("payment_intents")) == 1


def test_stripe_is_never_called_inside_a_transaction(app: Flask, stripe_sandbox: TestSandbox) -> None:
    stripe = gateway()
    with pytest.raises(RuntimeError, match="outside any transaction"), transaction():
        stripe.get_account("acct_1")
    with pytest.raises(RuntimeError, match="outside any transaction"), transaction():
        list(stripe.list_moves())


@pytest.mark.parametrize(
    ("secret", "age"), [("whsec_of_somebody_else", 0), (WEBHOOK_SECRET, 301), (WEBHOOK_SECRET, None)]
)
def test_an_event_that_stripe_did_not_sign_just_now_is_refused(
    app: Flask, stripe_sandbox: TestSandbox, secret: str, age: int | None
) -> None:
    event = {"id": "evt_1", "object": "event", "type": "x", "created": 1, "livemode": False, "data": {"object": {}}}
    body, header = stripe_sandbox.signed(event, secret=secret, age=age or 0)
    assert gateway().read_event(*(lambda b, h: (b.encode(), h))(*stripe_sandbox.signed(event))).id == "evt_1"
    if age is None:
        body = body.replace("evt_1", "evt_2")
    with pytest.raises(BadSignature):
        gateway().read_event(body.encode(), header)
    with pytest.raises(BadSignature):
        gateway().read_event(body.encode(), None)


def test_a_provider_is_ready_once_stripe_knows_who_it_is(app: Flask, stripe_sandbox: TestSandbox) -> None:
    account = gateway().create_account("account:5", 5, "Dales Home Care", "hello@example.org")
    assert (account.charges_enabled, account.organisation_id) == (False, 5)
    assert account.requirements_due
    assert gateway().onboarding_url(account.id, "http://localhost/a", "http://localhost/b").startswith("http://127")
    stripe_sandbox.ready_account(account.id)
    ready = gateway().get_account(account.id)
    assert (ready.charges_enabled, ready.payouts_enabled, ready.requirements_due) == (True, True, ())


def test_a_card_is_kept_by_the_card_page_and_forgotten_on_request(app: Flask, stripe_sandbox: TestSandbox) -> None:
    customer = gateway().create_customer("customer:1", 1)
    session = gateway().create_card_setup("setup:9:0", customer, 9, "http://localhost/ok", "http://localhost/no")
    assert (session.status, session.payment_method_id, session.our_checkout_id) == ("open", None, 9)
    assert session.url is not None
    assert stripe_sandbox.keep_card(session.url) == "http://localhost/ok"
    kept = gateway().get_session(session.id)
    assert kept.status == "complete"
    assert kept.payment_method_id is not None
    gateway().forget_card(kept.payment_method_id)
    gateway().forget_card(kept.payment_method_id)
    assert stripe_sandbox.objects(f"customers/{customer}/payment_methods") == []
