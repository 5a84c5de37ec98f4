"""States of a review, how its author is called, and the honest order of what was rated. Pure."""

from enum import StrEnum


class ReviewState(StrEnum):
    PUBLISHED = "published"
    HIDDEN = "hidden"


class Byline(StrEnum):
    """How the author wants to be called: never by a full name."""

    FIRST_NAME = "first_name"
    RESIDENT = "resident"


LEAST_STARS, MOST_STARS = 1, 5
LONGEST_WORDS = 2000
LONGEST_BYLINE = 80
STAR_WORDS: dict[int, str] = {5: "Very good", 4: "Good", 3: "Neither good nor bad", 2: "Poor", 1: "Very poor"}
BY_MANDATE = "by a Budget Manager for the person"
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "rev", "revd", "sir", "lady", "dame"})


def rank_millionths(total_stars: int, reviews: int, *, prior_reviews: int = 5, prior_stars_tenths: int = 35) -> int:
    """The sort key of a rating: its mean drawn towards 3.5 stars as if five reviewers had said so already.

    One review of five stars ranks below forty that average 4.8. Millionths of a star, whole numbers; 0 without reviews.
    """
    if reviews == 0:
        return 0
    return (total_stars * 10 + prior_reviews * prior_stars_tenths) * 100_000 // (reviews + prior_reviews)


def short_name(name: str) -> str:
    """`Margaret H.` for "Mrs Margaret Hill", `Mrs H.` for "Mrs Hill", `Margaret` for "Margaret"; empty for no name."""
    words = name.replace(",", " ").split()
    title = words.pop(0) if words and words[0].lower().rstrip(".") in _TITLES else None
    if not words:
        return ""
    if len(words) == 1:
        return f"{title} {words[0][0]}." if title else words[0][:40]
    return f"{words[0][:40]} {words[-1][0]}."


def resident_of(council: str | None) -> str:
    """`A Darlington resident`; `A local resident` where no council is known."""
    return f"A {council} resident"[:LONGEST_BYLINE] if council else "A local resident"


def byline(choice: Byline, name: str, council: str | None) -> str:
    """What stands above a review, as its author chose. Somebody without a name is a resident."""
    chosen = short_name(name) if choice is Byline.FIRST_NAME else ""
    return chosen or resident_of(council)
