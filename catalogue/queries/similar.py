"""What is like a listing: others of its kind, from the index alone, and their cards checked in the database."""

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
from catalogue.services.places import Located, find_place

FEW = 2
"""Where fewer are of the very same category, those of its whole group follow."""


def list_similar(view: ListingView, near: str, *, limit: int) -> list[Result]:
    """Others of the same category near a place, best first, without this one; of the whole group where those are few.

    One query for the place and one for the cards, while there is an index.
    """
    place = find_place(near)
    group = view.parent_slug or view.category_slug
    columns = _columns(group)
    hits = _hits(columns, {view.category_slug}, place)
    if len(hits) < FEW:
        hits += _hits(columns, {group}, place)
    distances = {hit.listing_id: hit.distance_metres for hit in hits if hit.listing_id != view.id}
    cards = cards_by_id(list(distances)[:PAGE_SIZE])
    return [Result(card, distances[card.id]) for card in cards[:limit]]


def _columns(group: str) -> Columns:
    snapshot = searcher().snapshot()
    if snapshot is not None:
        return snapshot.columns
    category = categories_by_slug().get(group)
    columns, _, _ = candidates(understand(""), frozenset(category.slugs if category else (group,)))
    return columns


def _hits(columns: Columns, categories: set[str], place: Located | None) -> list[Hit]:
    """The first page of what is in these categories or beneath them."""
    beneath = {slug for slug, parent in columns.parent_of.items() if parent in categories}
    criteria = Criteria(
        vector=vector_of(place.point) if place else None,
        council=place.likely_council_gss if place else None,
        categories=frozenset(categories | beneath),
    )
    return rank(columns, None, criteria, stop=PAGE_SIZE).hits
