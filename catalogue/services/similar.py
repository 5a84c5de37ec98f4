"""What is like a listing: others of its kind, from the index alone, and their cards checked in the database."""

from dataclasses import replace

from catalogue.queries.cards import cards_by_id
from catalogue.queries.categories import categories_by_slug
from catalogue.queries.listings import ListingView
from catalogue.queries.search import PAGE_SIZE, Result
from catalogue.search.asking import understand
from catalogue.search.columns import Columns
from catalogue.search.current import searcher
from catalogue.search.facts import vector_of
from catalogue.search.fallback import candidates
from catalogue.search.ranking import Criteria, Hit, rank
from catalogue.services.places import find_place
from marketplace.kernel.places import InvalidPostcode, outcode_of

FEW = 2
"""Where fewer are of the very same category, those of its whole group follow."""


def list_similar(view: ListingView, here: str, *, limit: int) -> list[Result]:
    """Others of the same category, best first, without this one; of the whole group where those are few.

    Near the place `here`, else near the listing itself. One query for the cards while there is an index, and one for a
    place that is a full postcode.
    """
    near = _near(view, here)
    group = view.parent_slug or view.category_slug
    columns = _columns(group)
    hits = _hits(columns, {view.category_slug}, near)
    if len(hits) < FEW:
        hits += _hits(columns, {group}, near)
    distances = {hit.listing_id: hit.distance_metres for hit in hits if hit.listing_id != view.id}
    cards = cards_by_id(list(distances)[:PAGE_SIZE])
    return [Result(card, distances[card.id]) for card in cards[:limit]]


def _near(view: ListingView, here: str) -> Criteria:
    """Where the listing is stands in its row: for its council the first half of its postcode is enough."""
    try:
        own = outcode_of(view.postcode) if view.postcode else next(iter(view.council_names), "")
    except InvalidPostcode:
        own = ""
    place = find_place(here or own)
    point = None if here else view.point
    if point is None and place is not None:
        point = place.point
    return Criteria(
        vector=vector_of(point) if point is not None else None, council=place.likely_council_gss if place else None
    )


def _columns(group: str) -> Columns:
    snapshot = searcher().snapshot()
    if snapshot is not None:
        return snapshot.columns
    category = categories_by_slug().get(group)
    columns, _, _ = candidates(understand(""), frozenset(category.slugs if category else (group,)))
    return columns


def _hits(columns: Columns, categories: set[str], near: Criteria) -> list[Hit]:
    """The first page of what is in these categories or beneath them."""
    beneath = {slug for slug, parent in columns.parent_of.items() if parent in categories}
    return rank(columns, None, replace(near, categories=frozenset(categories | beneath)), stop=PAGE_SIZE).hits
