"""What providers near a place really ask for one kind of help."""

from dataclasses import dataclass

from sqlalchemy import select

from catalogue.domain import ListingState, Unit
from catalogue.models import Listing, Provider
from catalogue.queries.categories import categories_by_slug
from catalogue.search.asking import understand
from catalogue.search.current import searcher
from catalogue.search.facts import vector_of
from catalogue.search.fallback import candidates
from catalogue.search.ranking import Criteria, Sort, rank
from catalogue.visibility import PUBLIC_PROVIDERS
from marketplace.database import db
from marketplace.kernel.places import Point

MOST = 500
"""So many of the nearest listings are looked at."""


@dataclass(frozen=True)
class PriceNear:
    """A listing that everybody may see now, and its price as it stands in the database. 0 is free."""

    listing_id: int
    organisation_id: int
    unit: Unit
    price_pence: int
    distance_metres: float | None


def prices_near(category_slug: str, point: Point, council_gss: str | None) -> list[PriceNear]:
    """Listings of a category that are offered at a place and have a price, nearest first. Two queries with an index.

    `council_gss` is the council there, as far as it is known: some listings are offered by council.
    """
    category = categories_by_slug().get(category_slug)
    if category is None:
        return []
    criteria = Criteria(
        vector=vector_of(point),
        council=council_gss,
        categories=frozenset(category.slugs),
        sort=Sort.DISTANCE,
    )
    snapshot = searcher().snapshot()
    if snapshot is not None:
        ranked = rank(snapshot.columns, None, criteria, stop=MOST)
    else:
        columns, scores, _ = candidates(understand("", place_is_given=True), criteria.categories)
        ranked = rank(columns, scores, criteria, stop=MOST)
    distances = {hit.listing_id: hit.distance_metres for hit in ranked.hits}
    rows = db.session.execute(
        select(Listing.id, Listing.organisation_id, Listing.unit, Listing.price_pence)
        .join(Provider, Provider.organisation_id == Listing.organisation_id)
        .where(
            Listing.id.in_(distances),
            Listing.state == ListingState.PUBLISHED,
            Provider.state.in_(PUBLIC_PROVIDERS),
            Listing.price_pence.is_not(None),
        )
    ).all()
    found = {row.id: row for row in rows}
    return [
        PriceNear(row.id, row.organisation_id, row.unit, row.price_pence, metres)
        for listing_id, metres in distances.items()
        if (row := found.get(listing_id)) is not None
    ]
