"""States of a review, and the honest order of what was rated."""

from enum import StrEnum


class ReviewState(StrEnum):
    PUBLISHED = "published"
    HIDDEN = "hidden"


def rank_millionths(total_stars: int, reviews: int, *, prior_reviews: int = 5, prior_stars_tenths: int = 35) -> int:
    """The sort key of a rating: its mean drawn towards 3.5 stars as if five reviewers had said so already.

    One review of five stars ranks below forty that average 4.8. Millionths of a star, whole numbers; 0 without reviews.
    """
    if reviews == 0:
        return 0
    return (total_stars * 10 + prior_reviews * prior_stars_tenths) * 100_000 // (reviews + prior_reviews)
