"""The same thing at once: captured, refunded and told once, on both databases; and what happens without the guard."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.database import db
from marketplace.kernel.errors import DomainError
from payments import ledger
from payments.models import Order, OrderFunding, Refund, StripeEvent
from payments.services import charging, orders, refunding, refunds
from payments.stripe.client import StripeGateway
from tests.integration.payments.money.telling import (
    BACK,
    Story,
    agrees_with_stripe,
    authorised,
    captured,
    card_story,
    entries,
    mails,
    moves_of,
    work,
)
from tests.races import at_once, errors
from tests.stripe import ASKS_EACH_TIME_CARD, TestSandbox


def _unlocked(monkeypatch: pytest.MonkeyPatch, parties: int, *modules: str) -> None:
    """Take the order's lock away, and have everybody read before anybody writes."""
    barrier = threading.Barrier(parties)

    def look_only(order_id: int) -> Order:
        order = db.session.get_one(Order, order_id, populate_existing=True)
        barrier.wait(timeout=30)
        return order

    for module in modules:
        monkeypatch.setattr(f"{module}.lock_order", look_only)


def test_an_order_that_is_captured_many_times_at_once_is_captured_once(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = authorised(stripe_sandbox)
    orders.accept(story.provider, story.order_id)
    results = at_once(app, [lambda: charging.capture({"order_id": story.order_id})] * 6)
    # Stripe may answer one of them that the same key is being answered just now: the worker asks again.
    assert all(type(error).__name__ == "GatewayUnknown" for error in errors(results))
    work()
    assert story.states == ("accepted", "paid")
    assert moves_of(story.order_id) == ["begin", "authorise", "capture"]
    assert entries() == 4
    agrees_with_stripe(story)


def test_without_the_lock_two_captures_at_once_collide(
    app: Flask, stripe_sandbox: TestSandbox, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database == "sqlite":
        pytest.skip("SQLite has one writer at a time: there is no lock to take away")
    story = authorised(stripe_sandbox)
    orders.accept(story.provider, story.order_id)
    stripe_sandbox.api("POST", f"payment_intents/{story.payment.stripe_id}/capture")
    _unlocked(monkeypatch, 2, "payments.services.facts")
    # Writing down what Stripe said locks the payment's row too, and so does its part of the work.
    monkeypatch.setattr("payments.services.facts._note", lambda *_: None)
    results = at_once(app, [lambda: charging.look(story.order_id)] * 2)
    assert len(errors(results)) == 1


def test_twenty_refunds_at_once_give_back_no_more_than_was_paid(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox)
    results = at_once(app, [_asks(story, number) for number in range(20)])
    assert sum(isinstance(result, int) for result in results) == 5
    assert all(isinstance(error, DomainError) for error in errors(results))
    assert _sum_of_refunds(story) == story.funding.refunded_pence == 5000
    assert story.funding.levy_back_pence == 125


def test_without_the_locks_two_refunds_at_once_lose_one(
    app: Flask, stripe_sandbox: TestSandbox, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database == "sqlite":
        pytest.skip("SQLite has one writer at a time: there is no lock to take away")
    story = captured(stripe_sandbox)
    _unlocked(monkeypatch, 2, "payments.services.refunds")
    monkeypatch.setattr(
        refunds,
        "_fundings",
        lambda order_id: list(
            db.session.execute(select(OrderFunding).where(OrderFunding.order_id == order_id)).scalars()
        ),
    )
    at_once(app, [_asks(story, number) for number in range(2)])
    assert _sum_of_refunds(story) == 2000
    assert story.funding.refunded_pence == 1000


def test_the_same_form_sent_twenty_times_at_once_gives_back_once(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox)
    results = at_once(app, [_asks(story, 1)] * 20)
    assert len(set(results)) == 1
    assert isinstance(results[0], int)
    assert _sum_of_refunds(story) == 1000


def test_one_refund_carried_out_by_several_workers_leaves_the_card_once(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = captured(stripe_sandbox)
    refund_id = _asks(story, 1)()
    results = at_once(app, [lambda: refunding.give_back({"refund_id": refund_id})] * 5)
    assert all(type(error).__name__ in ("GatewayUnknown", "GatewayRefused") for error in errors(results))
    refunding.give_back({"refund_id": refund_id})
    work()
    assert [refund["amount"] for refund in stripe_sandbox.objects("refunds")] == [1000]
    assert stripe_sandbox.objects("application_fees")[0]["amount_refunded"] == 25
    assert stripe_sandbox.objects("transfers")[0]["amount_reversed"] == 1000
    agrees_with_stripe(story)


def test_reading_what_follows_before_what_it_follows_would_take_the_providers_share_twice(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the order in which a charge is read: a refund falls between two questions."""
    from dataclasses import replace

    story = captured(stripe_sandbox)
    refund_id = _asks(story, 1)()
    read = StripeGateway.get_charge
    torn: list[int] = []

    def read_badly(self: StripeGateway, charge_id: str) -> Any:
        if torn:
            return read(self, charge_id)
        torn.append(1)
        before = read(self, charge_id)
        stripe_sandbox.api(
            "POST", "refunds", charge=charge_id, amount=1000, reverse_transfer="true",
            **{"metadata[refund]": refund_id},
        )  # fmt: skip
        after = read(self, charge_id)
        return replace(after, reversed_pence=before.reversed_pence)

    monkeypatch.setattr(StripeGateway, "get_charge", read_badly)
    refunding.give_back({"refund_id": refund_id})
    assert stripe_sandbox.objects("transfers")[0]["amount_reversed"] == 2000


def test_ten_copies_of_a_webhook_in_parallel_are_taken_in_once(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = _answered(stripe_sandbox)
    results = at_once(app, [_webhook(app, stripe_sandbox)] * 10)
    assert results == [200] * 10
    assert db.session.scalar(select(func.count(StripeEvent.id))) == 1
    assert moves_of(story.order_id) == ["begin", "authorise"]
    assert mails("New order") == 1


def test_without_looking_whether_an_event_is_known_its_copies_fail(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = _answered(stripe_sandbox)
    monkeypatch.setattr("payments.services.webhooks._is_known", lambda _: False)
    results = at_once(app, [_webhook(app, stripe_sandbox)] * 3)
    assert sorted(results) == [200, 500, 500]  # type: ignore[type-var]
    assert moves_of(story.order_id) == ["begin", "authorise"]


def test_webhook_and_return_page_at_once_make_one_transition_and_one_letter(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = _answered(stripe_sandbox)
    _all_read_first(monkeypatch, 2)
    results = at_once(app, [_webhook(app, stripe_sandbox), lambda: charging.finish_action(story.order_id).outcome])
    assert results == [200, "authorised"]
    assert moves_of(story.order_id) == ["begin", "authorise"]
    assert mails("New order") == 1


def test_without_looking_whether_it_has_happened_the_second_of_both_fails(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from payments.domain import PaymentAction
    from payments.services import facts

    story = _answered(stripe_sandbox)
    _all_read_first(monkeypatch, 2)

    def move_anyway(order: Order, action: PaymentAction, cause: str, **reason: Any) -> bool:
        facts.move_payment(order, action, cause=cause, **reason)
        return True

    monkeypatch.setattr(facts, "move_if_possible", move_anyway)
    results = at_once(app, [lambda: charging.look(story.order_id)] * 2)
    assert len(errors(results)) == 1


def test_two_checkouts_of_a_new_person_make_one_customer(app: Flask, stripe_sandbox: TestSandbox) -> None:
    from payments.services import cards
    from tests.integration.payments.money.telling import _people

    person_id = _people(None)[1]
    results = at_once(app, [lambda: cards.customer_for(person_id)] * 5)
    made = {result for result in results if isinstance(result, str)}
    assert len(made) == 1
    assert len(stripe_sandbox.objects("customers")) == 1


def test_the_same_movement_booked_from_two_sides_is_booked_once(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = authorised(stripe_sandbox)
    orders.accept(story.provider, story.order_id)
    stripe_sandbox.api("POST", f"payment_intents/{story.payment.stripe_id}/capture")
    _ = [story.states]
    results = at_once(app, [lambda: charging.look(story.order_id)] * 5)
    assert errors(results) == []
    assert ledger.balance(ledger.STRIPE_CLEARING) == 34
    assert entries() == 4


def _asks(story: Story, number: int) -> Callable[[], int]:
    return lambda: refunds.ask_refund(
        story.provider, story.order_id, key=f"form-{number}", reason_code="goodwill", pence=1000
    )


def _sum_of_refunds(story: Story) -> int:
    return db.session.scalar(select(func.sum(Refund.pence)).where(Refund.order_id == story.order_id)) or 0


def _answered(sandbox: TestSandbox) -> Story:
    story = card_story(sandbox, card=ASKS_EACH_TIME_CARD)
    (asked,) = charging.authorise([story.order_id], return_url=BACK)
    sandbox.answer_bank(asked.url or "")
    sandbox.forget_webhooks()
    return story


def _webhook(app: Flask, sandbox: TestSandbox) -> Callable[[], int]:
    body, header = sandbox.signed(sandbox.events("payment_intent.amount_capturable_updated")[-1])
    return lambda: (
        app.test_client()
        .post("/stripe/webhook", data=body, headers={"Stripe-Signature": header}, content_type="application/json")
        .status_code
    )


def _all_read_first(monkeypatch: pytest.MonkeyPatch, parties: int) -> None:
    """Everybody has read what Stripe has before anybody writes."""
    barrier, read = threading.Barrier(parties), StripeGateway.get_payment

    def pausing(self: StripeGateway, intent_id: str) -> Any:
        found = read(self, intent_id)
        barrier.wait(timeout=30)
        return found

    monkeypatch.setattr(StripeGateway, "get_payment", pausing)
