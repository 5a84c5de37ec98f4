"""Webhooks: signed, of our mode, once each, in any order, and never half."""

import itertools
import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from payments import ledger
from payments.models import StripeAccount, StripeEvent, StripePayment
from payments.services import charging, onboarding, orders, reconcile
from tests.integration.payments.money.telling import (
    BACK,
    agrees_with_stripe,
    authorised,
    captured,
    card_story,
    mails,
    moves_of,
    table,
    work,
)
from tests.integration.payments.money.test_charging import AFTER_CAPTURE
from tests.stripe import ASKS_EACH_TIME_CARD, WEBHOOK_SECRET, TestSandbox


def _events() -> int:
    return db.session.scalar(select(func.count(StripeEvent.id))) or 0


def _post(client: FlaskClient, body: str, header: str | None) -> int:
    headers = {"Stripe-Signature": header} if header is not None else {}
    return client.post("/stripe/webhook", data=body, headers=headers, content_type="application/json").status_code


def _asked(sandbox: TestSandbox) -> Any:
    """An order whose bank has said yes, of which we have heard nothing yet."""
    story = card_story(sandbox, card=ASKS_EACH_TIME_CARD)
    (asked,) = charging.authorise([story.order_id], return_url=BACK)
    sandbox.answer_bank(asked.url or "")
    return story


def _event(sandbox: TestSandbox, kind: str = "payment_intent.amount_capturable_updated") -> dict[str, Any]:
    return sandbox.events(kind)[-1]


def test_a_webhook_completes_what_the_buyer_never_came_back_to(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = _asked(stripe_sandbox)
    assert story.states == ("awaiting_payment", "pending")
    assert set(stripe_sandbox.deliver()) == {200}
    assert story.states == ("placed", "authorised")
    assert mails("New order") == 1


def test_the_same_event_is_taken_in_once(app: Flask, stripe_sandbox: TestSandbox, client: FlaskClient) -> None:
    story = _asked(stripe_sandbox)
    body, header = stripe_sandbox.signed(_event(stripe_sandbox))
    assert [_post(client, body, header) for _ in range(5)] == [200] * 5
    assert _events() == 1
    assert moves_of(story.order_id) == ["begin", "authorise"]
    assert mails("New order") == 1


def test_webhook_and_return_page_end_in_one_transition_and_one_letter(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = _asked(stripe_sandbox)
    assert charging.finish_action(story.order_id).outcome == "authorised"
    stripe_sandbox.deliver()
    assert moves_of(story.order_id) == ["begin", "authorise"]
    assert mails("New order") == 1


@pytest.mark.parametrize("forgery", ["absent", "old", "altered", "other secret"])
def test_a_forged_webhook_is_refused_and_writes_nothing(
    app: Flask, stripe_sandbox: TestSandbox, client: FlaskClient, forgery: str
) -> None:
    story = _asked(stripe_sandbox)
    secret = "whsec_of_somebody_else" if forgery == "other secret" else WEBHOOK_SECRET
    body, header = stripe_sandbox.signed(_event(stripe_sandbox), secret=secret, age=301 if forgery == "old" else 0)
    if forgery == "altered":
        body = body.replace("5400", "54")
    assert _post(client, body, None if forgery == "absent" else header) == 400
    assert _events() == 0
    assert story.states == ("awaiting_payment", "pending")


def test_without_the_check_of_the_signature_a_forged_webhook_would_place_the_order(
    app: Flask, stripe_sandbox: TestSandbox, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the signature."""
    from payments.stripe import reading
    from payments.stripe.client import StripeGateway

    story = _asked(stripe_sandbox)
    monkeypatch.setattr(StripeGateway, "read_event", lambda self, payload, _: reading.event(json.loads(payload)))
    assert _post(client, json.dumps(_event(stripe_sandbox)), None) == 200
    assert story.states == ("placed", "authorised")


@pytest.mark.parametrize(
    ("field", "value"), [("livemode", True), ("account", "acct_of_somebody_else"), ("type", "customer.created")]
)
def test_events_of_the_other_mode_of_strangers_and_of_unknown_types_do_nothing(
    app: Flask, stripe_sandbox: TestSandbox, client: FlaskClient, field: str, value: object
) -> None:
    story = _asked(stripe_sandbox)
    body, header = stripe_sandbox.signed({**_event(stripe_sandbox), field: value})
    assert _post(client, body, header) == 200
    assert _events() == 0
    assert story.states == ("awaiting_payment", "pending")


def test_a_payment_of_another_shop_on_the_same_account_is_none_of_ours(app: Flask, stripe_sandbox: TestSandbox) -> None:
    card_story(stripe_sandbox)
    stripe_sandbox.deliver()
    before = _events()
    stripe_sandbox.api(
        "POST", "payment_intents", amount=999, currency="gbp", payment_method="pm_card_visa", confirm="true",
        return_url=BACK,
    )  # fmt: skip
    assert set(stripe_sandbox.deliver()) == {200}
    assert _events() == before


def test_an_event_of_ours_whose_row_is_not_visible_yet_comes_again_and_is_applied_then(
    app: Flask, stripe_sandbox: TestSandbox, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = _asked(stripe_sandbox)
    body, header = stripe_sandbox.signed(_event(stripe_sandbox))
    with monkeypatch.context() as hidden:
        hidden.setattr("payments.services.webhooks.find_payment_id", lambda *_: None)
        assert _post(client, body, header) == 503
    assert _events() == 0
    assert _post(client, body, header) == 200
    assert story.states == ("placed", "authorised")


def test_an_event_that_arrives_before_the_reply_of_its_own_request_finds_the_order(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = card_story(stripe_sandbox)
    stripe_sandbox.fault("drop_reply", path="/v1/payment_intents", times=10)
    charging.authorise([story.order_id], return_url=BACK)
    stripe_sandbox.clear_faults()
    assert story.payment.stripe_id is None
    stripe_sandbox.deliver()
    assert story.states == ("placed", "authorised")


@pytest.mark.parametrize(
    "broken", ["payments.services.facts.move_payment", "payments.services.orders.letters.new_order"]
)
def test_an_error_on_the_way_rolls_everything_back_and_is_not_answered_with_200(
    app: Flask, stripe_sandbox: TestSandbox, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    story = _asked(stripe_sandbox)
    body, header = stripe_sandbox.signed(_event(stripe_sandbox))

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as faulty:
        faulty.setattr(broken, fail)
        assert _post(client, body, header) == 500
    assert _events() == 0
    assert story.states == ("awaiting_payment", "pending")
    assert _post(client, body, header) == 200
    assert story.states == ("placed", "authorised")


def test_every_order_of_arrival_ends_in_the_same_state(app: Flask, stripe_sandbox: TestSandbox) -> None:
    """Six events of a capture and a refund made in the dashboard, in every order."""
    client = app.test_client()
    endings = set()
    stories = []
    wanted = (
        "payment_intent.amount_capturable_updated", "charge.succeeded", "charge.captured", "payment_intent.succeeded",
        "refund.created", "charge.refunded",
    )  # fmt: skip
    for order_of_arrival in itertools.islice(itertools.permutations(range(6)), 0, 720, 103):
        story = authorised(stripe_sandbox)
        intent = story.payment.stripe_id
        orders.accept(story.provider, story.order_id)
        stripe_sandbox.api("POST", f"payment_intents/{intent}/capture")
        stripe_sandbox.act("refund_from_dashboard", charge=intent, amount=2000)
        mine = [
            event
            for event in stripe_sandbox.events()
            if event["type"] in wanted
            and intent in (event["data"]["object"].get("payment_intent"), event["data"]["object"]["id"])
        ]
        assert len(mine) == 6
        for index in order_of_arrival:
            assert _post(client, *stripe_sandbox.signed(mine[index])) == 200
        work()
        stories.append(story)
        endings.add((story.states, story.funding.refunded_pence, story.funding.levy_back_pence))
    assert endings == {(("accepted", "part_refunded"), 2000, 50)}
    assert ledger.balance(ledger.OPERATOR_LEVY) == -85 * len(stories)
    agrees_with_stripe(stories[-1])


def test_what_no_webhook_told_the_reconciler_completes(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = _asked(stripe_sandbox)
    stripe_sandbox.forget_webhooks()
    reconcile.run()
    assert story.states == ("awaiting_payment", "pending"), "what was touched just now is left alone"
    with clock.fixed_clock(clock.now() + timedelta(minutes=5)):
        reconcile.run()
        reconcile.run()
    assert story.states == ("placed", "authorised")
    assert moves_of(story.order_id) == ["begin", "authorise"]


def test_a_worker_that_lost_its_tasks_is_made_up_for_by_the_reconciler(app: Flask, stripe_sandbox: TestSandbox) -> None:
    to_capture, to_release = authorised(stripe_sandbox), authorised(stripe_sandbox)
    to_charge = card_story(stripe_sandbox, rail=Rail.DIRECT_PAYMENT)
    orders.accept(to_capture.provider, to_capture.order_id)
    orders.decline(to_release.provider, to_release.order_id, "Full")
    stripe_sandbox.forget_webhooks()
    with clock.fixed_clock(clock.now() + timedelta(minutes=5)):
        report = reconcile.run()
    assert report.faults == []
    assert to_capture.states == ("accepted", "paid")
    assert to_release.states == ("declined", "none")
    assert to_charge.states == ("confirmed", "paid")


def test_money_that_moved_for_nobody_of_ours_is_booked_to_be_explained(app: Flask, stripe_sandbox: TestSandbox) -> None:
    captured(stripe_sandbox)
    stripe_sandbox.api(
        "POST", "payment_intents", amount=1000, currency="gbp", payment_method="pm_card_visa", confirm="true",
        return_url=BACK,
    )  # fmt: skip
    assert reconcile.run().booked == 0
    with clock.fixed_clock(clock.now() + timedelta(hours=2)):
        assert reconcile.run().booked == 1
        assert reconcile.run().booked == 0
    assert table() == {
        **AFTER_CAPTURE,
        "operator:processing_fees": 101 + 35,
        "stripe:clearing": 34 + 965,
        "stripe:unexplained": -1000,
    }


def test_a_second_payment_for_what_is_paid_is_put_before_somebody(
    app: Flask, stripe_sandbox: TestSandbox, client: FlaskClient
) -> None:
    story = authorised(stripe_sandbox)
    stripe_sandbox.deliver()
    stripe_sandbox.api(
        "POST", "payment_intents", amount=5400, currency="gbp", payment_method="pm_card_visa", confirm="true",
        return_url=BACK, capture_method="manual",
        **{"metadata[order]": story.order.reference, "metadata[payment]": story.payment.id},
    )  # fmt: skip
    assert set(stripe_sandbox.deliver()) == {200}
    assert story.states == ("placed", "review")


def test_a_card_page_that_was_finished_elsewhere_gives_the_checkout_its_card(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    from payments.models import Checkout

    story = card_story(stripe_sandbox)
    before = db.session.get_one(Checkout, story.checkout_id).stripe_payment_method_id
    page = charging.start_card_setup(story.checkout_id, success_url=BACK, cancel_url=BACK)
    stripe_sandbox.keep_card(page.url)
    assert set(stripe_sandbox.deliver()) == {200}
    db.session.expire_all()
    assert db.session.get_one(Checkout, story.checkout_id).stripe_payment_method_id != before


def test_a_provider_becomes_ready_and_is_stopped_by_webhooks(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = card_story(stripe_sandbox)
    stripe_sandbox.act("restrict_account", account=story.account_id)
    assert set(stripe_sandbox.deliver()) == {200}
    assert onboarding.ready_providers([story.organisation_id]) == set()
    assert onboarding.readiness_of(story.organisation_id).due == ("business_profile.url",)
    stripe_sandbox.ready_account(story.account_id)
    stripe_sandbox.deliver()
    assert onboarding.ready_providers([story.organisation_id]) == {story.organisation_id}


def test_a_payout_that_the_bank_sent_back_later_stands_as_sent_back(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox)
    stripe_sandbox.act("advance_clock", days=4)
    payout = stripe_sandbox.api("POST", "payouts", account=story.account_id, amount=5000, currency="gbp")
    stripe_sandbox.act("advance_clock", days=3)
    assert set(stripe_sandbox.deliver()) == {200}
    assert ledger.balance(ledger.provider_bank(story.organisation_id)) == 5000
    agrees_with_stripe(story)
    stripe_sandbox.act("fail_payout", payout=payout["id"])
    stripe_sandbox.deliver()
    assert ledger.balance(ledger.provider_bank(story.organisation_id)) == 0
    agrees_with_stripe(story)


def test_only_ids_of_an_event_are_kept(app: Flask, stripe_sandbox: TestSandbox) -> None:
    _asked(stripe_sandbox)
    stripe_sandbox.deliver()
    for payload in db.session.scalars(select(StripeEvent.payload)):
        assert set(payload) == {"object_type", "payment_intent", "account", "created"}


def test_a_stale_view_of_a_payment_takes_nothing_back(app: Flask, stripe_sandbox: TestSandbox) -> None:
    from payments.services.facts import take_in
    from payments.stripe import gateway

    story = authorised(stripe_sandbox)
    stale = gateway().get_payment(story.payment.stripe_id or "")
    orders.accept(story.provider, story.order_id)
    work()
    take_in(story.payment.id, stale)
    assert story.states == ("accepted", "paid")
    assert story.payment.status == "succeeded"
    with transaction():
        account = db.session.get_one(StripeAccount, story.organisation_id)
        assert db.session.scalar(select(func.count(StripePayment.id))) == 1
        assert account.charges_enabled
