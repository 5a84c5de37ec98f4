"""What `marketplace verify` checks of ratings: I8 for the summaries that are stored with listings."""

from collections.abc import Iterator

from catalogue.queries.ratings import StoredRating, list_stored_ratings
from marketplace.kernel.checks import Check
from ratings.domain import rank_millionths
from ratings.queries import list_summaries


def run() -> Iterator[Check]:
    """Every check of this package."""
    yield _summaries()


def _summaries() -> Check:
    """Each stored summary is what its published reviews add up to, and a listing without reviews has none."""
    right = {
        each.listing_id: StoredRating(each.listing_id, each.count, each.total, rank_millionths(each.total, each.count))
        for each in list_summaries()
    }
    stored = {each.listing_id: each for each in list_stored_ratings()}
    fault = None
    for listing_id in sorted(right.keys() | stored.keys()):
        ours, theirs = right.get(listing_id), stored.get(listing_id)
        if ours != theirs:
            fault = f"listing {listing_id} has {_words(theirs)} stored, its reviews add up to {_words(ours)}"
            break
    return Check("I8", "summaries of reviews", len(right), fault)


def _words(rating: StoredRating | None) -> str:
    if rating is None:
        return "nothing"
    return f"{rating.total} stars in {rating.count} reviews (rank {rating.rank_millionths})"
