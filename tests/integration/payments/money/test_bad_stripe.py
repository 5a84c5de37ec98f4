"""By the table: webhooks that are not what they should be, and answers of Stripe's that are none.

Every webhook gets its status and leaves nothing behind. Every answer that is none leaves a line for whoever must act,
loses nothing, and is made up for by asking again.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError
from marketplace.kernel.rails import Rail
from payments.models import StripeEvent
from payments.services import cards, charging, onboarding, orders, reconcile, refunds
from payments.stripe import GatewayError, GatewayRefused, GatewayUnknown, PaymentOrder, client, gateway
from payments.stripe.client import StripeGateway
from tests.factories.accounts import OrganisationFactory
from tests.factories.budgets import PersonFactory
from tests.integration.payments.money.telling import (
    BACK,
    Story,
    agrees_with_stripe,
    authorised,
    captured,
    card_story,
    failed_work,
    work,
)
from tests.stripe import ASKS_EACH_TIME_CARD, WEBHOOK_SECRET, TestSandbox

UNKNOWN_PAYMENT = {"order": "XXXX-XXXX", "payment": "987654321"}


# --- webhooks -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sent:
    """What arrives at the webhook's address."""

    body: str
    header: str | None


def _signed(sandbox: TestSandbox, event: Any, **options: Any) -> Sent:
    return Sent(*sandbox.signed(event, **options))


def _one_byte_off(sandbox: TestSandbox, event: dict[str, Any]) -> Sent:
    whole = _signed(sandbox, event)
    return replace(whole, body=whole.body.replace('"evt_1', '"evt_2', 1))


def _of_nothing_visible(sandbox: TestSandbox, event: dict[str, Any]) -> Sent:
    """An event of a payment that names an order of ours whose row is not there yet."""
    made = sandbox.api(
        "POST",
        "payment_intents",
        amount=900,
        currency="gbp",
        **{f"metadata[{name}]": value for name, value in UNKNOWN_PAYMENT.items()},
    )
    body = {**event, "id": "evt_1_not_visible", "data": {"object": made}}
    return _signed(sandbox, body)


def _of_another_shop(sandbox: TestSandbox, event: dict[str, Any]) -> Sent:
    made = sandbox.api("POST", "payment_intents", amount=900, currency="gbp")
    return _signed(sandbox, {**event, "id": "evt_1_other_shop", "data": {"object": made}})


def _thin(event: dict[str, Any], **changes: Any) -> dict[str, Any]:
    subject = event["data"]["object"]
    return {
        "id": "evt_test_1",
        "object": "v2.core.event",
        "type": f"v1.{event['type']}",
        "livemode": False,
        "created": "2026-11-02T09:30:00.000Z",
        "context": None,
        "related_object": {"id": subject["id"], "type": subject["object"], "url": "/v1/x"},
        **changes,
    }


Make = Callable[[TestSandbox, dict[str, Any]], Sent]
BAD: dict[str, tuple[int, Make]] = {
    "no signature": (400, lambda s, e: replace(_signed(s, e), header=None)),
    "an empty signature": (400, lambda s, e: replace(_signed(s, e), header="")),
    "a signature that is none": (400, lambda s, e: replace(_signed(s, e), header="t=now,v1=zz")),
    "somebody else's signature": (400, lambda s, e: _signed(s, e, secret="whsec_of_somebody_else")),
    "older than five minutes": (400, lambda s, e: _signed(s, e, age=301)),
    "altered by one byte": (400, _one_byte_off),
    "signed, and no JSON": (400, lambda s, e: _no_json(s)),
    "signed, and no event": (400, lambda s, e: _signed(s, ["evt_1"])),
    "signed, without an id": (400, lambda s, e: _signed(s, {k: v for k, v in e.items() if k != "id"})),
    "an unknown type": (200, lambda s, e: _signed(s, {**e, "type": "coffee.brewed"})),
    "an unknown account": (200, lambda s, e: _signed(s, {**e, "account": "acct_1NotOurs"})),
    "live mode on a test site": (200, lambda s, e: _signed(s, {**e, "livemode": True})),
    "another shop's payment": (200, _of_another_shop),
    "ours, and not visible yet": (503, _of_nothing_visible),
    "thin, altered by one byte": (400, lambda s, e: replace(_signed(s, _thin(e)), body=json.dumps(_thin(e, id="x")))),
    "thin, of an unknown type": (200, lambda s, e: _signed(s, _thin(e, type="v2.coffee.brewed"))),
    "thin, of an unknown account": (200, lambda s, e: _signed(s, _thin(e, context="acct_1NotOurs"))),
    "thin, live mode on a test site": (200, lambda s, e: _signed(s, _thin(e, livemode=True))),
    "thin, about nothing": (200, lambda s, e: _signed(s, _thin(e, related_object=None))),
}


def _no_json(sandbox: TestSandbox) -> Sent:
    from marketplace.stripe_sandbox.webhooks import signature

    body = "amount=5400"
    return Sent(body, signature(body, WEBHOOK_SECRET, int(clock.now().timestamp())))


def _paid_at_the_bank(sandbox: TestSandbox) -> tuple[Story, dict[str, Any]]:
    """An order whose bank has said yes, of which nothing was heard yet, and the event that would tell."""
    story = card_story(sandbox, card=ASKS_EACH_TIME_CARD)
    (asked,) = charging.authorise([story.order_id], return_url=BACK)
    sandbox.answer_bank(asked.url or "")
    return story, sandbox.events("payment_intent.amount_capturable_updated")[-1]


def _post(client: FlaskClient, sent: Sent) -> int:
    headers = {} if sent.header is None else {"Stripe-Signature": sent.header}
    return client.post("/stripe/webhook", data=sent.body, headers=headers, content_type="application/json").status_code


@pytest.mark.parametrize("what", BAD)
def test_a_bad_webhook_gets_its_status_and_leaves_nothing(
    app: Flask, stripe_sandbox: TestSandbox, client: FlaskClient, what: str
) -> None:
    status, make = BAD[what]
    story, event = _paid_at_the_bank(stripe_sandbox)
    assert _post(client, make(stripe_sandbox, event)) == status
    assert db.session.scalar(select(func.count(StripeEvent.id))) == 0
    assert story.states == ("awaiting_payment", "pending")
    # The control: the true event, in either form, does what it should.
    assert _post(client, _signed(stripe_sandbox, event)) == 200
    assert _post(client, _signed(stripe_sandbox, _thin(event))) == 200
    assert story.states == ("placed", "authorised")


def test_test_mode_on_a_live_site_is_200_and_nothing(
    app: Flask, stripe_sandbox: TestSandbox, client: FlaskClient
) -> None:
    story, event = _paid_at_the_bank(stripe_sandbox)
    before = app.extensions["settings"]
    app.extensions["settings"] = replace(
        before, stripe_secret_key="sk_live_never_used", stripe_api_base="http://x.invalid"
    )
    try:
        for form in (event, _thin(event)):
            assert _post(client, _signed(stripe_sandbox, form)) == 200
    finally:
        app.extensions["settings"] = before
    assert db.session.scalar(select(func.count(StripeEvent.id))) == 0
    assert story.states == ("awaiting_payment", "pending")


# --- answers --------------------------------------------------------------------------------------------------------

ANSWERS: dict[str, dict[str, Any]] = {
    "429": {"kind": "rate_limit"},
    "500": {"kind": "error_before"},
    "500 though it was done": {"kind": "error_after_commit"},
    "nothing": {"kind": "drop_reply"},
    "a page": {"kind": "html"},
    "a page with status 200 though it was done": {"kind": "html", "status": 200, "after": True},
    "a page with status 403": {"kind": "html", "status": 403},
}


def _faulty(sandbox: TestSandbox, what: str, path: str) -> None:
    options = dict(ANSWERS[what])
    sandbox.fault(options.pop("kind"), path=path, times=50, **options)


def _an_hour_later(sandbox: TestSandbox) -> None:
    sandbox.clear_faults()
    work()
    with clock.fixed_clock(clock.now() + timedelta(hours=1)):
        reconcile.run()
        work()


@pytest.mark.parametrize("what", ANSWERS)
def test_setting_money_aside_is_unknown_and_the_buyer_is_told_so(
    app: Flask, stripe_sandbox: TestSandbox, what: str
) -> None:
    story = card_story(stripe_sandbox)
    _faulty(stripe_sandbox, what, "/v1/payment_intents")
    (result,) = charging.authorise([story.order_id], return_url=BACK)
    assert result.outcome == "unknown"
    assert result.message is not None
    assert "You will not pay twice" in result.message
    assert story.states == ("awaiting_payment", "pending")
    stripe_sandbox.clear_faults()
    (again,) = charging.authorise([story.order_id], return_url=BACK)
    assert (again.outcome, len(stripe_sandbox.objects("payment_intents"))) == ("authorised", 1)


@pytest.mark.parametrize("what", ANSWERS)
def test_taking_the_money_stands_on_the_desk_and_is_made_up_for(
    app: Flask, stripe_sandbox: TestSandbox, what: str
) -> None:
    story = authorised(stripe_sandbox)
    _faulty(stripe_sandbox, what, "/v1/payment_intents/*/capture")
    orders.accept(story.provider, story.order_id)
    work()
    assert [line for line in failed_work() if "GatewayUnknown" in line]
    assert story.states == ("accepted", "authorised")
    _an_hour_later(stripe_sandbox)
    assert story.states == ("accepted", "paid")
    assert len(stripe_sandbox.objects("charges")) == 1
    agrees_with_stripe(story)


@pytest.mark.parametrize("what", ANSWERS)
def test_charging_a_direct_payment_stands_on_the_desk_and_happens_once(
    app: Flask, stripe_sandbox: TestSandbox, what: str
) -> None:
    story = card_story(stripe_sandbox, rail=Rail.DIRECT_PAYMENT)
    _faulty(stripe_sandbox, what, "/v1/payment_intents")
    with pytest.raises(GatewayUnknown):
        charging.charge({"order_id": story.order_id})
    assert story.states == ("confirmed", "pending")
    _an_hour_later(stripe_sandbox)
    assert story.states == ("confirmed", "paid")
    assert len(stripe_sandbox.objects("payment_intents")) == 1
    agrees_with_stripe(story)


@pytest.mark.parametrize("what", ANSWERS)
def test_giving_money_back_stands_on_the_desk_and_happens_once(
    app: Flask, stripe_sandbox: TestSandbox, what: str
) -> None:
    story = captured(stripe_sandbox)
    _faulty(stripe_sandbox, what, "/v1/refunds")
    refunds.ask_refund(story.provider, story.order_id, key="k", reason_code="goodwill", pence=1_000)
    work()
    assert [line for line in failed_work() if "GatewayUnknown" in line]
    stripe_sandbox.clear_faults()
    stripe_sandbox.act("advance_clock", seconds=25 * 3_600)  # until then Stripe repeats an error under its key
    _an_hour_later(stripe_sandbox)
    (refund,) = story.refunds()
    assert (refund.state.value, len(stripe_sandbox.objects("refunds"))) == ("done", 1)
    assert story.states == ("accepted", "part_refunded")
    agrees_with_stripe(story)


@pytest.mark.parametrize("what", ANSWERS)
def test_card_pages_and_accounts_that_do_not_open_are_one_sentence(
    app: Flask, stripe_sandbox: TestSandbox, what: str
) -> None:
    story = captured(stripe_sandbox)
    for path, act in (
        (
            "/v1/checkout/sessions",
            lambda: charging.start_card_setup(story.checkout_id, success_url=BACK, cancel_url=BACK),
        ),
        (
            "/v1/account_links",
            lambda: onboarding.start(story.provider, story.organisation_id, return_url=BACK, refresh_url=BACK),
        ),
    ):
        _faulty(stripe_sandbox, what, path)
        with pytest.raises(DomainError) as refused:
            act()
        assert "minutes" in refused.value.message or "Try again" in refused.value.message
        stripe_sandbox.clear_faults()
        with clock.fixed_clock(clock.now() + timedelta(minutes=2)):
            act()


def test_a_page_taken_for_a_refusal_would_be_asked_anew_and_charged_twice(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: a page with status 200 that is believed to be Stripe's own no."""
    story = card_story(stripe_sandbox)
    monkeypatch.setattr(client, "_ours", lambda error: GatewayRefused(str(error)))
    monkeypatch.setattr(StripeGateway, "find_payment", lambda self, *_: None)
    _faulty(stripe_sandbox, "a page with status 200 though it was done", "/v1/payment_intents")
    (result,) = charging.authorise([story.order_id], return_url=BACK)
    assert (result.outcome, story.states[1]) == ("declined", "failed")
    stripe_sandbox.clear_faults()
    charging.authorise([story.order_id], return_url=BACK)
    assert len(stripe_sandbox.objects("payment_intents")) == 2


_ORDER = PaymentOrder(1, "X", 900, 0, "cus_1", "pm_1", "acct_1", capture_later=True, on_session=True, return_url=BACK)
METHODS: dict[str, Callable[[Any], object]] = {
    "create_customer": lambda g: g.create_customer("k", 1),
    "create_card_setup": lambda g: g.create_card_setup("k", "cus_1", 1, "a", "b"),
    "get_session": lambda g: g.get_session("cs_1"),
    "expire_session": lambda g: g.expire_session("cs_1"),
    "forget_card": lambda g: g.forget_card("pm_1"),
    "create_payment": lambda g: g.create_payment("k", _ORDER),
    "confirm_payment": lambda g: g.confirm_payment("k", "pi_1", _ORDER),
    "get_payment": lambda g: g.get_payment("pi_1"),
    "find_payment": lambda g: g.find_payment("cus_1", 1, "X"),
    "capture_payment": lambda g: g.capture_payment("k", "pi_1"),
    "cancel_payment": lambda g: g.cancel_payment("k", "pi_1"),
    "get_charge": lambda g: g.get_charge("ch_1"),
    "refund": lambda g: g.refund("k", "ch_1", 1, 1, reverse_transfer=True),
    "reverse_transfer": lambda g: g.reverse_transfer("k", "tr_1", 1, 1),
    "refund_fee": lambda g: g.refund_fee("k", "fee_1", 1, 1),
    "upload_evidence": lambda g: g.upload_evidence("k", "a.pdf", b"%PDF-"),
    "give_evidence": lambda g: g.give_evidence("k", "du_1", {}, submit=False),
    "create_account": lambda g: g.create_account("k", 1, "A", None),
    "get_account": lambda g: g.get_account("acct_1"),
    "onboarding_url": lambda g: g.onboarding_url("acct_1", "a", "b"),
    "balance_pence": lambda g: g.balance_pence(),
    "list_moves": lambda g: list(g.list_moves()),
    "intent_of": lambda g: g.intent_of("ch_1"),
}
"""How each method of the gateway that asks Stripe is called; `read_event` asks nobody."""


def test_no_method_of_the_gateway_asks_stripe_inside_a_transaction(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from marketplace.database import transaction

    ours = {name for name in vars(StripeGateway) if not name.startswith("_")} - {"read_event"}
    assert ours == set(METHODS)
    before = len(stripe_sandbox.asked("/v1/"))
    for name, ask in METHODS.items():
        with pytest.raises(RuntimeError, match="outside any transaction"), transaction():
            ask(gateway())
        assert len(stripe_sandbox.asked("/v1/")) == before, name
    # The control: without the guard the call goes through while the database is locked.
    monkeypatch.setattr(client, "in_transaction", lambda: False)
    with transaction():
        assert gateway().create_customer("k", 1).startswith("cus_")


@pytest.mark.parametrize("what", ["500", "500 though it was done"])
def test_customers_and_accounts_that_failed_are_made_an_hour_later(
    app: Flask, stripe_sandbox: TestSandbox, what: str
) -> None:
    with transaction():
        person_id, provider_id = PersonFactory().id, OrganisationFactory().id
    for path, act in (
        ("/v1/customers", lambda: cards.customer_for(person_id)),
        ("/v1/accounts", lambda: onboarding.open_account(provider_id, actor_user_id=None)),
    ):
        _faulty(stripe_sandbox, what, path)
        with pytest.raises(GatewayError):
            act()
        stripe_sandbox.clear_faults()
        if "done" in what:
            with pytest.raises(GatewayError):  # under the same key Stripe still says what it said
                act()
        with clock.fixed_clock(clock.now() + timedelta(hours=1)):
            assert act() == act()
