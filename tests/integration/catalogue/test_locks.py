"""Two acts on providers, claims and listings at once: what the lock between them is for, and what happens without."""

from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select

from catalogue.domain import ListingAction, ListingState, ProviderAction, ProviderState
from catalogue.models import Listing, ProviderClaim
from catalogue.services import claims, listings, providers
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from tests.factories.accounts import UserFactory
from tests.factories.catalogue import ListingFactory, ProviderFactory
from tests.factories.ratings import member_of, operator
from tests.interleaved import WITH_AND_WITHOUT, Race, acts_named
from tests.races import errors


@pytest.fixture
def database() -> str:
    return "postgresql"


def a_provider(**fields: object) -> int:
    with transaction():
        return int(ProviderFactory(**fields).organisation_id)


def claim(organisation_id: int) -> Callable[[], int]:
    with transaction():
        user_id = UserFactory().id
    return partial(claims.claim, actor_of(user_id), organisation_id, position="Manager", evidence="Call 01325 555001")


def a_claim_made_twice() -> Race:
    make = claim(a_provider(unclaimed=True))
    return Race("providers", make, make, lambda _: db.session.scalar(select(func.count(ProviderClaim.id))) == 1)


def two_claims_of_one_provider_accepted() -> Race:
    organisation_id, boss = a_provider(unclaimed=True), operator()
    accept = [partial(claims.decide, boss, claim(organisation_id)(), accepted=True) for _ in range(2)]
    return Race("providers", *accept, lambda _: acts_named("claim.accepted") == 1)


def a_claim_refused_while_it_is_accepted() -> Race:
    boss = operator()
    claim_id = claim(a_provider(unclaimed=True))()
    return Race(
        "provider_claims",
        partial(claims.decide, boss, claim_id, accepted=False, words="We could not reach you"),
        partial(claims.decide, boss, claim_id, accepted=True),
        lambda _: acts_named("claim.accepted") + acts_named("claim.refused") == 1,
    )


def a_provider_suspended_while_it_is_approved() -> Race:
    boss, organisation_id = operator(), a_provider(state=ProviderState.APPLIED)
    decide = partial(providers.decide, boss, organisation_id)
    return Race(
        "providers",
        partial(decide, ProviderAction.APPROVE),
        partial(decide, ProviderAction.REFUSE, "Tell us about your insurance"),
        lambda said: len(errors(said)) == 1,
    )


def a_listing_withdrawn_while_it_is_approved() -> Race:
    with transaction():
        listing = ListingFactory(state=ListingState.WAITING, published_at=None)
        listing_id, organisation_id = listing.id, listing.organisation_id
    seller, boss = member_of(organisation_id), operator()
    return Race(
        "listings",
        partial(listings.decide, boss, listing_id, ListingAction.APPROVE),
        partial(listings.act, seller, listing_id, ListingAction.WITHDRAW),
        lambda _: db.session.scalar(select(Listing.state)) is ListingState.WITHDRAWN,
    )


@pytest.mark.parametrize("is_locked", WITH_AND_WITHOUT)
@pytest.mark.parametrize(
    "race",
    [
        a_claim_made_twice,
        two_claims_of_one_provider_accepted,
        a_claim_refused_while_it_is_accepted,
        a_provider_suspended_while_it_is_approved,
        a_listing_withdrawn_while_it_is_approved,
    ],
)
def test_of_two_at_once_the_second_waits_for_the_first(app: Flask, race: Callable[[], Race], is_locked: bool) -> None:
    """Without the lock something is doubled, lost or fails: the negative control."""
    assert race().is_well(app, is_locked=is_locked) is is_locked
