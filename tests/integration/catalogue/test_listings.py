"""What everybody may read of a listing, and what a basket is told of it."""

import pytest
from flask import Flask

from catalogue.domain import ListingState, ProviderState
from catalogue.models import Listing, Provider
from catalogue.queries.categories import count_by_category, list_categories
from catalogue.queries.listings import get_listing, get_provider_page, offer_for
from marketplace.database import db, transaction
from marketplace.kernel.errors import NotFound
from marketplace.kernel.rails import Rail
from tests.factories.catalogue import ListingFactory, ProviderFactory


def make(**fields: object) -> Listing:
    with transaction():
        listing = ListingFactory(**fields)
        db.session.flush()
        db.session.expunge(listing)
        return listing


def set_states(listing: Listing, *, state: ListingState | None = None, provider: ProviderState | None = None) -> None:
    with transaction():
        if state:
            db.session.get(Listing, listing.id).state = state
        if provider:
            db.session.get(Provider, listing.organisation_id).state = provider


def test_published_listing_of_an_approved_provider_is_shown_and_can_be_ordered(app: Flask) -> None:
    listing = make()
    view = get_listing(listing.id)
    assert view.why_not_shown is None
    assert view.why_not_ordered is None
    assert view.parent_slug == "help-at-home"
    offer = offer_for([listing.id, 999_999])[listing.id]
    assert offer.published and offer.can_be_ordered and offer.provider_approved
    assert offer.rails == {Rail.OWN_MONEY, Rail.DIRECT_PAYMENT, Rail.COUNCIL_MANAGED}
    assert offer.snapshot["price_pence"] == 2_400
    assert offer.unit_words.counted(3) == "3 hours"


@pytest.mark.parametrize("state", [ListingState.DRAFT, ListingState.WAITING])
def test_listing_never_published_is_not_found(app: Flask, state: ListingState) -> None:
    listing = make(state=state, published_at=None)
    with pytest.raises(NotFound):
        get_listing(listing.id)
    assert not offer_for([listing.id])[listing.id].published


@pytest.mark.parametrize(
    "state", [ListingState.PAUSED, ListingState.WITHDRAWN, ListingState.GONE, ListingState.REFUSED]
)
def test_listing_that_went_says_why_and_cannot_be_ordered(app: Flask, state: ListingState) -> None:
    listing = make()
    set_states(listing, state=state)
    assert get_listing(listing.id).why_not_shown
    offer = offer_for([listing.id])[listing.id]
    assert (offer.published, offer.why_not is not None) == (False, True)


@pytest.mark.parametrize(
    ("provider", "shown"),
    [
        (ProviderState.SUSPENDED, True),
        (ProviderState.APPLIED, False),
        (ProviderState.REFUSED, False),
    ],
)
def test_listing_of_a_provider_not_let_in_cannot_be_ordered(app: Flask, provider: ProviderState, shown: bool) -> None:
    listing = make()
    set_states(listing, provider=provider)
    offer = offer_for([listing.id])[listing.id]
    assert not offer.published and offer.why_not
    if shown:
        assert get_listing(listing.id).why_not_shown
    else:
        with pytest.raises(NotFound):
            get_listing(listing.id)


def test_listing_of_an_unclaimed_provider_is_shown_but_not_ordered(app: Flask) -> None:
    with transaction():
        listing_id = ListingFactory(provider=ProviderFactory(unclaimed=True, organisation_name="Dales Home")).id
    view = get_listing(listing_id)
    assert view.why_not_shown is None
    assert view.why_not_ordered == "Dales Home has not joined this site yet. Get in touch with them yourself."
    offer = offer_for([listing_id])[listing_id]
    assert offer.published and not offer.can_be_ordered


def test_listing_without_a_price_is_not_ordered(app: Flask) -> None:
    listing = make(price_pence=None)
    assert "price" in (offer_for([listing.id])[listing.id].why_not or "")


def test_provider_page_lists_only_what_everybody_may_see(app: Flask) -> None:
    with transaction():
        provider = ProviderFactory(organisation_name="Tees Help")
        organisation_id = provider.organisation_id
        ListingFactory(provider=provider, title="Seen")
        ListingFactory(provider=provider, title="Not seen", draft=True)
    page = get_provider_page(organisation_id)
    assert [card.title for card in page.cards] == ["Seen"]
    with transaction():
        db.session.get(Provider, organisation_id).state = ProviderState.SUSPENDED
    assert get_provider_page(organisation_id).cards == ()


def test_categories_have_two_levels_and_count_what_is_public(app: Flask) -> None:
    make()
    make(draft=True)
    make(free=True)
    tree = list_categories()
    assert tree[0].slug == "help-at-home"
    assert [child.slug for child in tree[0].children][:2] == ["home-care", "live-in-care"]
    counts = count_by_category()
    assert (counts["help-at-home"], counts["home-care"], counts["clubs-groups"]) == (1, 1, 1)
