"""Thin events, which name what changed and carry none of it, end in the same states as whole ones."""

import json
from collections.abc import Mapping

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.database import db
from payments.models import StripeEvent
from payments.services import charging, onboarding
from payments.stripe import reading
from payments.stripe.client import API_VERSION, StripeGateway
from tests.integration.payments.money.telling import BACK, Story, agrees_with_stripe, captured, card_story, table, work
from tests.stripe import ASKS_EACH_TIME_CARD, TestSandbox

thin = pytest.mark.parametrize("stripe_sandbox", ["thin"], indirect=True)
each_form = pytest.mark.parametrize("stripe_sandbox", ["snapshot", "thin", "both"], indirect=True)


def _kinds() -> set[str]:
    return set(db.session.scalars(select(StripeEvent.type)))


def _live_through(sandbox: TestSandbox) -> tuple[Story, Mapping[str, int]]:
    """An order whose buyer never comes back from the bank, with a refund from outside and a dispute that is lost."""
    story = card_story(sandbox, card=ASKS_EACH_TIME_CARD)
    (asked,) = charging.authorise([story.order_id], return_url=BACK)
    sandbox.answer_bank(asked.url or "")
    assert set(sandbox.deliver()) == {200}
    assert story.states == ("placed", "authorised")
    from payments.services import orders

    orders.accept(story.provider, story.order_id)
    work()
    sandbox.act("refund_from_dashboard", charge=story.payment.charge_id, amount=1_000, reverse_transfer=True)
    sandbox.deliver()
    work()
    dispute = sandbox.act("dispute", charge=story.payment.charge_id)
    sandbox.deliver()
    assert story.states == ("accepted", "disputed")
    sandbox.act("end_dispute", dispute=dispute["id"], outcome="lost")
    assert set(sandbox.deliver()) == {200}
    work()
    return story, table()


@each_form
def test_whole_and_thin_events_end_the_same(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story, left = _live_through(stripe_sandbox)
    assert story.states == ("accepted", "refunded")
    assert left == {"operator:dispute_fees": 2000, "operator:processing_fees": 101, "stripe:clearing": -2101}
    assert {"charge.refunded", "charge.dispute.created", "charge.dispute.closed"} <= _kinds()
    agrees_with_stripe(story)


@thin
def test_a_thin_event_tells_of_a_card_page_an_account_and_a_payout(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox)
    stripe_sandbox.act("advance_clock", days=4)
    stripe_sandbox.api("POST", "payouts", story.account_id, amount=1_000, currency="gbp")
    stripe_sandbox.act("restrict_account", account=story.account_id)
    assert set(stripe_sandbox.deliver()) == {200}
    assert {"checkout.session.completed", "account.updated", "payout.created"} <= _kinds()
    assert not onboarding.readiness_of(story.organisation_id).ready
    assert table()["provider:bank"] == 1_000
    agrees_with_stripe(story)


@thin
def test_a_thin_event_whose_object_cannot_be_read_comes_again(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox)
    stripe_sandbox.deliver()
    stripe_sandbox.act("refund_from_dashboard", charge=story.payment.charge_id, amount=1_000)
    stripe_sandbox.fault("error_before", path="/v1/*", method="GET", times=9)
    answers = stripe_sandbox.deliver()
    assert answers[0] == 500
    assert answers[-1] == 200
    assert story.states == ("accepted", "part_refunded")


@thin
def test_a_thin_event_twice_is_taken_in_once(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox)
    stripe_sandbox.deliver()
    before = db.session.scalar(select(func.count(StripeEvent.id)))
    stripe_sandbox.fault("twice", event="charge.dispute.created", copies=5)
    stripe_sandbox.act("dispute", charge=story.payment.charge_id, inquiry=True)
    assert stripe_sandbox.deliver() == [200] * 5
    assert db.session.scalar(select(func.count(StripeEvent.id))) == (before or 0) + 1


def test_an_old_secret_counts_beside_the_new_one_while_it_is_being_changed(
    app: Flask, stripe_sandbox: TestSandbox, client: FlaskClient
) -> None:
    event = {"id": "evt_1", "object": "event", "type": "x", "created": 1, "livemode": False, "data": {"object": {}}}
    body, header = stripe_sandbox.signed(event, secret="whsec_old")
    both = StripeGateway("sk_test_x", webhook_secret="whsec_new whsec_old")
    assert both.read_event(body.encode(), header).id == "evt_1"


def test_what_is_read_of_a_thin_event_is_what_the_library_reads(app: Flask, stripe_sandbox: TestSandbox) -> None:
    """The same bytes through our reading and through the official parser."""
    import stripe

    captured(stripe_sandbox)
    (told, *_) = stripe_sandbox.objects("events", type="charge.captured")
    library = stripe.StripeClient("sk_test_x", base_addresses={"api": stripe_sandbox.url})
    whole = library.v2.core.events.retrieve(told["id"].replace("evt_1", "evt_test_61"))
    assert whole.snapshot_event == told["id"]
    body, header = stripe_sandbox.signed(whole.to_dict())
    theirs = library.parse_event_notification(body, header, "whsec_for_tests_only")
    ours = reading.event(json.loads(body))
    assert (ours.id, f"v1.{ours.type}", ours.livemode) == (theirs.id, theirs.type, theirs.livemode)
    assert ours.object_id == theirs.related_object.id  # type: ignore[union-attr]
    assert theirs.fetch_related_object().id == ours.object_id  # type: ignore[union-attr]


def test_the_version_of_the_api_is_pinned_in_one_place_and_is_the_librarys() -> None:
    from pathlib import Path

    import stripe

    root = Path(__file__).parents[4]
    pinned = [
        path
        for folder in ("payments", "marketplace", "catalogue", "budgets")
        for path in (root / folder).rglob("*.py")
        if "2026-10-28" in path.read_text() and "stripe_sandbox" not in path.parts
    ]
    assert [path.name for path in pinned] == ["client.py"]
    assert stripe.api_version == API_VERSION
