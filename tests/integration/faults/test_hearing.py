"""What Stripe tells us: in copies, at once with other news, before our own commit, of another mode, and broken off."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.database import db
from payments import checks, ledger
from payments.models import StripeEvent
from payments.services import charging, facts, orders, reconcile, refunds, webhooks
from payments.services.facts import take_in
from payments.stripe import gateway
from payments.stripe.client import StripeGateway
from tests.integration.faults.breaking import broken_at, half_written_at, picture
from tests.integration.payments.money.telling import (
    BACK,
    Story,
    agrees_with_stripe,
    authorised,
    card_story,
    charged,
    entries,
    moves_of,
    work,
)
from tests.races import at_once
from tests.stripe import ASKS_EACH_TIME_CARD, TestSandbox


def taken_at_stripe(sandbox: TestSandbox) -> Story:
    """An order whose money was taken at Stripe, of which we have heard nothing."""
    story = authorised(sandbox)
    orders.accept(story.provider, story.order_id)
    sandbox.api("POST", f"payment_intents/{story.payment.stripe_id}/capture")
    return story


def told(app: Flask, sandbox: TestSandbox, kind: str = "payment_intent.succeeded", **changes: Any) -> Callable[[], int]:
    body, header = sandbox.signed({**sandbox.events(kind)[-1], **changes})
    headers = {"Stripe-Signature": header}
    return lambda: app.test_client().post("/stripe/webhook", data=body, headers=headers).status_code


def answered(sandbox: TestSandbox) -> Story:
    """An order to which the bank has said yes, of which we have heard nothing."""
    story = card_story(sandbox, card=ASKS_EACH_TIME_CARD)
    (asked,) = charging.authorise([story.order_id], return_url=BACK)
    sandbox.answer_bank(asked.url or "")
    return story


def without_causes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asks whether something has happened, and no cause is the same as one before."""
    numbers, book = count(), ledger.book
    monkeypatch.setattr(facts, "has_happened", lambda cause: False)
    monkeypatch.setattr(ledger, "find_entry", lambda cause: None)
    monkeypatch.setattr(ledger, "book", lambda entry: book(replace(entry, cause=f"{entry.cause}:{next(numbers)}")))
    monkeypatch.setattr(facts, "take_in_refunds", lambda *_: None, raising=False)


def test_webhook_and_reconciler_at_once_take_the_money_in_once(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = taken_at_stripe(stripe_sandbox)
    heard, reconciled = told(app, stripe_sandbox), lambda: reconcile.run(quiet=timedelta(0)).faults
    results = at_once(app, [heard, reconciled] * 3)
    assert [result for result in results if result not in (200, [])] == []
    assert (moves_of(story.order_id), entries()) == (["begin", "authorise", "capture"], 4)
    agrees_with_stripe(story)


def test_fifty_copies_of_an_event_at_once_credit_once(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = taken_at_stripe(stripe_sandbox)
    copy = told(app, stripe_sandbox)
    assert at_once(app, [copy] * 50) == [200] * 50
    assert (db.session.scalar(select(func.count(StripeEvent.id))), entries()) == (1, 4)
    agrees_with_stripe(story)


def test_without_causes_every_copy_and_every_witness_credits_again(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control of both."""
    story = taken_at_stripe(stripe_sandbox)
    without_causes(monkeypatch)
    monkeypatch.setattr(webhooks, "_is_known", lambda _: False)
    monkeypatch.setattr(webhooks, "_keep", lambda _: None)
    copy = told(app, stripe_sandbox)
    at_once(app, [copy, lambda: charging.look(story.order_id)])
    assert ledger.balance(ledger.OPERATOR_LEVY) == -2 * 135
    assert ledger.balance(ledger.STRIPE_CLEARING) == 2 * 34


def test_an_event_before_our_own_commit_would_be_lost_if_it_were_answered_with_200(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Delivered while our own row is still being written: 503, and applied when it comes again."""
    story = answered(stripe_sandbox)
    heard = told(app, stripe_sandbox, "payment_intent.amount_capturable_updated")
    with monkeypatch.context() as before_commit:
        before_commit.setattr(webhooks, "find_payment_id", lambda *_: None)
        assert heard() == 503
        before_commit.setattr(webhooks, "_of_payment", lambda event: None)
        assert heard() == 200, "what is answered so does not come again"
    assert story.states == ("awaiting_payment", "pending")
    assert heard() == 200
    assert story.states == ("placed", "authorised")


def test_news_that_is_older_than_what_is_known_would_take_the_payment_back(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control of every order of arrival: without ranks, the last word that arrives is believed."""
    story = authorised(stripe_sandbox)
    old = gateway().get_payment(story.payment.stripe_id or "")
    orders.accept(story.provider, story.order_id)
    work()
    take_in(story.payment.id, old)
    assert story.payment.status == "succeeded"
    monkeypatch.setattr(facts, "_RANK", {})
    take_in(story.payment.id, old)
    assert story.payment.status == "requires_capture"
    assert next(check.fault for check in checks.run() if check.invariant == "I3") is not None


def test_a_webhook_that_breaks_at_any_write_leaves_nothing_and_is_not_answered_with_200(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = taken_at_stripe(stripe_sandbox)
    _ask_stripe_once(monkeypatch, story)
    heard, statuses = told(app, stripe_sandbox), []
    assert half_written_at(lambda: statuses.append(heard())) == []
    assert statuses[-1] == 200
    assert set(statuses[:-1]) == {500}
    assert len(statuses) > 10
    assert story.states == ("accepted", "paid")


def test_money_given_back_is_written_whole_or_not_at_all(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = charged(stripe_sandbox)

    def ask() -> None:
        refunds.ask_refund(story.provider, story.order_id, key="form", reason_code="goodwill", pence=1_000)

    assert half_written_at(ask) == []
    assert story.funding.refunded_pence == 1_000


def test_a_commit_on_the_way_would_leave_a_half(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control of one act, one transaction."""
    story = taken_at_stripe(stripe_sandbox)
    _ask_stripe_once(monkeypatch, story)
    note = facts._note

    def note_and_commit(*about: Any) -> None:
        note(*about)
        db.session.commit()

    monkeypatch.setattr(facts, "_note", note_and_commit)
    heard = told(app, stripe_sandbox)
    assert half_written_at(heard) != []


def test_an_error_that_is_swallowed_loses_the_event(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its error passed on, an event comes again by itself; with the error swallowed, it never does."""
    story, kind = answered(stripe_sandbox), "payment_intent.amount_capturable_updated"
    heard = told(app, stripe_sandbox, kind)
    with broken_at(3):
        assert heard() == 500
    receive = webhooks.receive

    def swallow(*about: Any) -> webhooks.Answer:
        try:
            return receive(*about)
        except Exception:
            db.session.rollback()
            return webhooks.Answer.DONE

    with monkeypatch.context() as careless:
        careless.setattr(webhooks, "receive", swallow)
        with broken_at(3):
            assert heard() == 200, "it is not sent again"
    assert story.states == ("awaiting_payment", "pending")
    assert heard() == 200
    assert story.states == ("placed", "authorised")


def test_without_the_look_at_its_mode_an_event_of_a_test_would_place_a_real_order(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = answered(stripe_sandbox)
    before = picture()
    heard = told(app, stripe_sandbox, "payment_intent.amount_capturable_updated", livemode=True)
    assert heard() == 200
    assert picture() == before
    monkeypatch.setattr(gateway(), "livemode", True)
    assert heard() == 200
    assert story.states == ("placed", "authorised")


def test_nothing_of_a_refused_event_stays(app: Flask, stripe_sandbox: TestSandbox) -> None:
    answered(stripe_sandbox)
    before = picture()
    event = stripe_sandbox.events("payment_intent.amount_capturable_updated")[-1]
    body, header = stripe_sandbox.signed(event)
    altered = body[:-2] + " }"
    for headers in ({}, {"Stripe-Signature": header.replace("v1=", "v1=0")}, {"Stripe-Signature": header}):
        reply = app.test_client().post("/stripe/webhook", data=altered, headers=headers)
        assert reply.status_code == 400
    assert picture() == before


def _ask_stripe_once(monkeypatch: pytest.MonkeyPatch, story: Story) -> None:
    """Stripe's answer is fetched once, so that a test that breaks many times does not take many times as long."""
    intent = gateway().get_payment(story.payment.stripe_id or "")
    monkeypatch.setattr(StripeGateway, "get_payment", lambda *_: intent)
