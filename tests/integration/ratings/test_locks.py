"""Two acts on reviews at once: what the lock between them is for, and what happens without."""

from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from catalogue.models import Listing
from marketplace.database import db
from ratings import services
from ratings.models import Review
from ratings.services import NewReview
from tests.factories.ratings import Bought, bought, member_of, operator, reviewed
from tests.interleaved import ADVISORY, WITH_AND_WITHOUT, Act, Race, acts_named


@pytest.fixture
def database() -> str:
    return "postgresql"


def two_reviews_of_one_listing() -> Race:
    first = bought()
    second = bought(listing=db.session.get_one(Listing, first.listing_id))

    def write(purchase: Bought, stars: int) -> Act:
        return partial(
            services.write, purchase.actor, purchase.order_id, NewReview(first.listing_id, stars, "Kind and on time.")
        )

    sums = select(Listing.rating_count, Listing.rating_total)
    return Race(
        ADVISORY,
        write(first, 5),
        write(second, 3),
        lambda _: tuple(db.session.execute(sums).one()) == (2, 8),
        before="UPDATE listings",
    )


def a_review_answered_twice() -> Race:
    review_id = reviewed()
    seller = member_of(db.session.scalars(select(Review.organisation_id)).one())
    first, second = (partial(services.reply, seller, review_id, words) for words in ("Thank you", "We are sorry"))
    return Race(ADVISORY, first, second, lambda _: acts_named("review.answered") == 1)


def a_review_hidden_twice() -> Race:
    review_id, actor = reviewed(), operator()
    hide = partial(services.hide, actor, review_id, "It names somebody")
    return Race(ADVISORY, hide, hide, lambda _: acts_named("review.hidden") == 1)


@pytest.mark.parametrize("is_locked", WITH_AND_WITHOUT)
@pytest.mark.parametrize("race", [two_reviews_of_one_listing, a_review_answered_twice, a_review_hidden_twice])
def test_of_two_at_once_the_second_waits_for_the_first(app: Flask, race: Callable[[], Race], is_locked: bool) -> None:
    """Without the lock something is doubled, lost or fails: the negative control."""
    assert race().is_well(app, is_locked=is_locked) is is_locked
