"""Summaries of reviews that ratings push down, so that search can sort by them without knowing ratings."""

from sqlalchemy import update

from catalogue.models import Listing
from catalogue.services.index import listing_changed
from marketplace.database import db, transaction
from marketplace.kernel.errors import NotFound

MOST_MILLIONTHS = 5_000_000


def set_rating(listing_id: int, count: int, total: int, rank_millionths: int) -> None:
    """Store a listing's number of reviews, sum of stars, and rank (stars in millionths, few reviews pulled down).

    Joins the caller's transaction, or makes its own. Raises NotFound; ValueError for a summary that cannot be.
    """
    if count < 0 or not count <= total <= 5 * count or not 0 <= rank_millionths <= MOST_MILLIONTHS:
        raise ValueError(f"no such rating: {count} reviews, {total} stars, rank {rank_millionths}")
    with transaction():
        changed = db.session.scalar(
            update(Listing)
            .where(Listing.id == listing_id)
            .values(rating_count=count, rating_total=total, rating_rank_millionths=rank_millionths)
            .returning(Listing.id)
        )
        if changed is None:
            raise NotFound()
        listing_changed(listing_id)
