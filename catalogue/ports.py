"""What the catalogue's pages need from packages above it, joined in `marketplace.app`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class ReviewShown:
    """A review as a listing's page shows it. `stars` is 1 to 5."""

    by: str
    on: date
    stars: int
    words: str
    reply: str | None = None
    reply_by: str | None = None
    id: int | None = None


ReviewsFor = Callable[[int], Sequence[ReviewShown]]


def _no_reviews(_listing_id: int) -> Sequence[ReviewShown]:
    return ()


_reviews_for: ReviewsFor = _no_reviews


def join(*, reviews_for: ReviewsFor | None = None) -> None:
    """Give what the packages above can: `reviews_for(listing_id)` answers the reviews to show, in order."""
    global _reviews_for
    if reviews_for is not None:
        _reviews_for = reviews_for


def reviews_for(listing_id: int) -> Sequence[ReviewShown]:
    """The reviews to show for a listing."""
    return _reviews_for(listing_id)
