"""A provider's one account and its payouts, a listing that was hidden, and the one place that cuts days."""

import re
from datetime import UTC, date, datetime
from itertools import count

import pytest
from flask import Flask
from sqlalchemy import select

from catalogue.domain import ListingState
from catalogue.models import Listing
from catalogue.queries import cards
from catalogue.queries.search import SearchQuery, search
from catalogue.services.index import reindex
from marketplace.database import db, transaction
from marketplace.kernel import clock
from payments import ledger
from payments.models import StripeAccount
from payments.services import charging, onboarding, payouts
from payments.stripe.client import StripeGateway
from tests.architecture.files import ROOT
from tests.factories.catalogue import ListingFactory, ProviderFactory
from tests.integration.payments.money.telling import BACK, captured, card_story, settled_story, work
from tests.races import at_once
from tests.stripe import TestSandbox


@pytest.mark.parametrize("keyed", [True, False])
def test_a_provider_that_presses_twice_has_one_account_and_can_be_paid(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch, keyed: bool
) -> None:
    """Without the key each press opens an account at Stripe; and still one is kept, which all of them answer."""
    with transaction():
        organisation_id = ProviderFactory().organisation_id
    if not keyed:
        numbers, create = count(), StripeGateway.create_account
        monkeypatch.setattr(
            StripeGateway, "create_account", lambda self, _, *about: create(self, f"press:{next(numbers)}", *about)
        )
    before = len(stripe_sandbox.objects("accounts"))
    results = at_once(app, [lambda: onboarding.open_account(organisation_id, actor_user_id=None)] * 4)
    kept = db.session.scalars(select(StripeAccount.stripe_id)).one()
    assert {result for result in results if isinstance(result, str)} == {kept}
    made = len(stripe_sandbox.objects("accounts")) - before
    assert made == 1 if keyed else made > 1
    stripe_sandbox.ready_account(kept)
    assert onboarding.refresh(organisation_id).ready


def test_nothing_of_ours_registers_or_deletes_an_endpoint_for_webhooks(app: Flask, stripe_sandbox: TestSandbox) -> None:
    """The endpoint and its secret are settings, made by hand once: no start and no sale touches them."""
    stripe_sandbox.forget_webhooks()
    captured(stripe_sandbox)
    assert stripe_sandbox.asked("/v1/webhook_endpoints") == []
    assert [name for name in dir(StripeGateway) if "webhook" in name or "endpoint" in name] == []


@pytest.mark.parametrize("asks_for_cards", [True, False])
def test_an_account_asks_for_what_a_seller_needs_and_says_readably_what_it_lacks(
    app: Flask, stripe_sandbox: TestSandbox, asks_for_cards: bool
) -> None:
    story = card_story(stripe_sandbox)
    (account,) = [each for each in stripe_sandbox.objects("accounts") if each["id"] == story.account_id]
    assert account["capabilities"] == {"card_payments": "active", "transfers": "active"}
    if not asks_for_cards:
        other = stripe_sandbox.api(
            "POST", "accounts", country="GB", **{"capabilities[transfers][requested]": "true"},
        )  # fmt: skip
        stripe_sandbox.ready_account(other["id"])
        with transaction():
            db.session.get_one(StripeAccount, story.organisation_id).stripe_id = other["id"]
    (result,) = charging.authorise([story.order_id], return_url=BACK)
    if asks_for_cards:
        assert result.outcome == "authorised"
    else:
        assert (result.outcome, story.states) == ("declined", ("awaiting_payment", "failed"))
        assert "Nothing was taken" in (result.message or "")


def test_nobody_here_asks_stripe_for_a_payout(app: Flask, stripe_sandbox: TestSandbox) -> None:
    """Stripe pays out by itself what an account has; a payout that it cannot make is Stripe's to refuse."""
    captured(stripe_sandbox)
    assert stripe_sandbox.asked("/v1/payouts") == []
    assert [name for name in dir(StripeGateway) if "payout" in name] == []


@pytest.mark.parametrize("hears_failures", [True, False])
def test_a_payout_that_came_back_is_not_with_the_bank(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch, hears_failures: bool
) -> None:
    story = captured(stripe_sandbox)
    if not hears_failures:
        monkeypatch.setattr(payouts, "KINDS", ("payout",))
    stripe_sandbox.act("advance_clock", days=4)
    payout = stripe_sandbox.api("POST", "payouts", account=story.account_id, amount=5_000, currency="gbp")
    stripe_sandbox.act("advance_clock", days=3)
    stripe_sandbox.deliver()
    stripe_sandbox.act("fail_payout", payout=payout["id"])
    stripe_sandbox.deliver()
    work()
    assert ledger.balance(ledger.provider_bank(story.organisation_id)) == (0 if hears_failures else 5_000)


def test_a_hidden_listing_would_show_if_the_index_were_believed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction():
        listing_id = ListingFactory(title="Gardening by the river").id
    reindex()
    with transaction():
        db.session.get_one(Listing, listing_id).state = ListingState.PAUSED
    assert [result.card.id for result in search(SearchQuery(q="gardening")).results] == []
    everything = select(*cards._COLUMNS).select_from(Listing)
    everything = (
        everything.join(cards.Category, cards.Category.id == Listing.category_id)
        .join(cards.Provider, cards.Provider.organisation_id == Listing.organisation_id)
        .join(cards.ORGANISATIONS, cards.ORGANISATIONS.c.id == Listing.organisation_id)
    )
    monkeypatch.setattr(cards, "_CARDS", everything)
    assert [result.card.id for result in search(SearchQuery(q="gardening")).results] == [listing_id]


SUMMER_MARCH = datetime(2026, 3, 31, 22, 59, 59, tzinfo=UTC)
SUMMER_APRIL = datetime(2026, 3, 31, 23, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "day"), [(SUMMER_MARCH, date(2026, 3, 31)), (SUMMER_APRIL, date(2026, 4, 1))], ids=["march", "april"]
)
def test_a_year_ends_at_midnight_in_london(app: Flask, moment: datetime, day: date) -> None:
    with clock.fixed_clock(moment):
        story = settled_story()
        assert (clock.today(), story.order.period_starts_on) == (day, day)
        assert clock.month_bounds(day)[0] <= moment < clock.month_bounds(day)[1]
    # Negative control: by UTC both moments are in March.
    assert moment.date() == date(2026, 3, 31)


def test_days_are_cut_in_one_place() -> None:
    """Nobody but the clock knows what a day is: no zone, no other "today", no date taken from a moment in UTC."""
    cutting = re.compile(r"ZoneInfo|date\.today\(|utcnow|datetime\.now\(|clock\.now\(\)\.date\(|_at\.date\(\)")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for package in ("marketplace", "catalogue", "budgets", "payments", "ratings")
        for path in sorted((ROOT / package).rglob("*.py"))
        if "stripe_sandbox" not in path.parts and path.name != "clock.py"
        for line in path.read_text().splitlines()
        if cutting.search(line)
    ]
    assert found == []
    assert cutting.search("day = order.placed_at.date()")
