"""Read the summaries of reviews that are stored with listings."""

from dataclasses import dataclass

from sqlalchemy import or_, select

from catalogue.models import Listing
from marketplace.database import db


@dataclass(frozen=True)
class StoredRating:
    """A listing's number of reviews, sum of stars, and rank in millionths of a star."""

    listing_id: int
    count: int
    total: int
    rank_millionths: int


def list_stored_ratings() -> list[StoredRating]:
    """Every summary that is not empty, by listing. One query."""
    rows = db.session.execute(
        select(Listing.id, Listing.rating_count, Listing.rating_total, Listing.rating_rank_millionths)
        .where(or_(Listing.rating_count != 0, Listing.rating_total != 0, Listing.rating_rank_millionths != 0))
        .order_by(Listing.id)
    )
    return [StoredRating(*row) for row in rows]
