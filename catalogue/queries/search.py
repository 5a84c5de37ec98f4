"""Search: what was asked, what was understood, and a page of listings checked in the database."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from catalogue.errors import UnknownPlace
from catalogue.queries.cards import Card, cards_by_id
from catalogue.queries.categories import CategoryView, categories_by_slug
from catalogue.search.asking import LONGEST_QUESTION, Asked, understand
from catalogue.search.columns import PRICE_BANDS, Columns
from catalogue.search.current import searcher
from catalogue.search.facts import vector_of
from catalogue.search.fallback import candidates as database_candidates
from catalogue.search.matching import Matched, match
from catalogue.search.ranking import Counts, Criteria, Hit, Ranked, Sort, rank
from catalogue.search.snapshot import Scores, Snapshot
from catalogue.services.places import Located, locate
from catalogue.words import SHORT_RAILS
from marketplace.kernel.money import format_pounds, parse_pounds
from marketplace.kernel.places import MILE_METRES
from marketplace.kernel.rails import Rail

PAGE_SIZE = 20
LAST_PAGE = 500
FEW = 5
"""Where fewer say all that was asked, as many that say some of it are shown below them."""
_WORD = re.compile(r"[^\W_]+")
BAND_WORDS = {
    "free": "Free",
    "to-10": "Up to £10",
    "to-20": "£10 to £20",
    "to-50": "£20 to £50",
    "over-50": "Over £50",
    "ask": "Ask for a price",
}
Params = dict[str, str | None]


@dataclass(frozen=True)
class SearchQuery:
    """What was asked. `price` is the name of a price band; `as_typed` leaves the spelling alone."""

    q: str = ""
    postcode: str = ""
    within_miles: int | None = None
    category: str | None = None
    funding: Rail | None = None
    price: str | None = None
    price_max_pence: int | None = None
    rating: int | None = None
    sort: Sort = Sort.RELEVANCE
    page: int = 1
    as_typed: bool = False


@dataclass(frozen=True)
class Tag:
    """One thing that was understood, and the parameters of the address that take it away again (None: leave out).

    `kind` is words, category, place, within, price, price_max, funding or rating.
    """

    kind: str
    text: str
    without: Params


@dataclass(frozen=True)
class Result:
    """A card and how far it is from the asker's place (None without a place)."""

    card: Card
    distance_metres: float | None


@dataclass(frozen=True)
class SearchPage:
    """One page of results. `total` counts all pages; `total_is_least` when there are more than could be counted.

    `is_partial`: nothing says all of the words, these say some. `also`: where few say all, some that say a part, not
    counted in `total`. `corrections` are words as typed and as searched.
    `too_far` counts what meets everything but the place. `place_error` is the sentence for a place not understood:
    the results are then those of anywhere.
    """

    query: SearchQuery
    asked: Asked
    results: tuple[Result, ...]
    total: int
    page: int
    last_page: int
    counts: Counts
    tags: tuple[Tag, ...]
    categories: dict[str, CategoryView] = field(repr=False)
    place: Located | None = None
    place_error: str | None = None
    corrections: dict[str, str] = field(default_factory=dict)
    is_partial: bool = False
    also: tuple[Result, ...] = ()
    total_is_least: bool = False
    index_is_missing: bool = False

    @property
    def searched_for(self) -> str:
        """The words with their spelling put right."""
        return _WORD.sub(lambda found: self.corrections.get(found[0].casefold(), found[0]), self.asked.text)

    @property
    def too_far(self) -> int:
        return self.counts.too_far

    @property
    def mixed_units(self) -> bool:
        """Whether prices are for different units, so that their order says little."""
        return len(self.counts.units) > 1


def search(query: SearchQuery) -> SearchPage:
    """Answer a query. At most five queries to the database, however many listings there are."""
    asked = understand(query.q[:LONGEST_QUESTION], place_is_given=bool(query.postcode.strip()))
    place, place_error = _place(query, asked)
    categories = categories_by_slug()
    category = categories.get(query.category or "")
    effective = _with_understood(query, asked, place)
    criteria = _criteria(effective, place, category)
    snapshot = searcher().snapshot()
    is_partial = total_is_least = False
    asked_page = min(max(1, query.page), LAST_PAGE)
    matched: Matched | None = None
    if snapshot is not None:
        find, matched = _from_index(snapshot, asked, criteria, as_typed=query.as_typed)
    else:
        columns, scores, total_is_least = database_candidates(asked, criteria.categories)
        find = _finder(columns, criteria, scores)
    ranked, is_partial = find(asked_page)
    if snapshot is not None and matched is not None and not ranked.total and not query.as_typed:
        doubting, doubted = _from_index(snapshot, asked, criteria, as_typed=False, doubting=True)
        ranked_again, is_partial_again = doubting(asked_page)
        if ranked_again.total:
            find, matched, ranked, is_partial = doubting, doubted, ranked_again, is_partial_again
    corrections = matched.corrections if matched else {}
    last_page = min(LAST_PAGE, max(1, math.ceil(ranked.total / PAGE_SIZE)))
    if asked_page > last_page:
        ranked, is_partial = find(last_page)
    more: list[Hit] = []
    if snapshot is not None and matched is not None and not is_partial and 0 < ranked.total < FEW:
        more = rank(snapshot.columns, matched.partial(), replace(criteria, sort=Sort.RELEVANCE), stop=FEW).hits
    shown, gone = _results([*ranked.hits, *more])
    full = {hit.listing_id for hit in ranked.hits}
    results = tuple(result for result in shown if result.card.id in full)
    also = tuple(result for result in shown if result.card.id not in full)
    gone -= len(more) - len(also)
    return SearchPage(
        query=query,
        asked=asked,
        results=results,
        also=also,
        total=ranked.total - gone,
        page=min(asked_page, last_page),
        last_page=last_page,
        counts=ranked.counts,
        tags=_tags(query, effective, asked, place, category),
        categories=categories,
        place=place,
        place_error=place_error,
        corrections=corrections,
        is_partial=is_partial,
        total_is_least=total_is_least,
        index_is_missing=snapshot is None,
    )


def ranked_ids(snapshot: Snapshot, query: SearchQuery) -> list[int]:
    """Ids of a page of what answers the query, from the index alone: what benchmarks measure."""
    asked = understand(query.q[:LONGEST_QUESTION], place_is_given=bool(query.postcode.strip()))
    place, _ = _place(query, asked)
    effective = _with_understood(query, asked, place)
    criteria = _criteria(effective, place, None)
    if query.category:
        criteria = replace(criteria, categories=frozenset({query.category}))
    find, _ = _from_index(snapshot, asked, criteria, as_typed=query.as_typed)
    ranked, _ = find(query.page)
    return [hit.listing_id for hit in ranked.hits]


def _criteria(query: SearchQuery, place: Located | None, category: CategoryView | None) -> Criteria:
    return Criteria(
        vector=vector_of(place.point) if place else None,
        council=place.likely_council_gss if place else None,
        within_metres=query.within_miles * MILE_METRES if query.within_miles else None,
        categories=frozenset(category.slugs) if category else frozenset(),
        rail=query.funding,
        price_band=query.price,
        price_max_pence=query.price_max_pence,
        rating_least=query.rating or 0,
        sort=query.sort,
    )


def _place(query: SearchQuery, asked: Asked) -> tuple[Located | None, str | None]:
    text = query.postcode.strip() or asked.value_of("place")
    if not text:
        return None, None
    try:
        return locate(text), None
    except UnknownPlace as error:
        return None, error.message


def _with_understood(query: SearchQuery, asked: Asked, place: Located | None) -> SearchQuery:
    """The query with the filters that its words name; what was chosen beside the words stands."""
    changed = query
    if query.price is None and asked.value_of("free"):
        changed = replace(changed, price="free")
    price = asked.value_of("price")
    if price and query.price_max_pence is None:
        changed = replace(changed, price_max_pence=parse_pounds(price))
    within = asked.value_of("within")
    if within and query.within_miles is None and int(within):
        changed = replace(changed, within_miles=int(within))
    if place is None and query.sort is Sort.DISTANCE:
        changed = replace(changed, sort=Sort.RELEVANCE)
    return changed


Finder = Callable[[int], tuple[Ranked, bool]]
"""Answers a page of the list by its number, and whether it holds only part of what was asked."""


def _finder(
    columns: Columns, criteria: Criteria, scores: Scores | None, partial: Callable[[], Scores] | None = None
) -> Finder:
    def find(page: int) -> tuple[Ranked, bool]:
        start, stop = (page - 1) * PAGE_SIZE, page * PAGE_SIZE
        ranked = rank(columns, scores, criteria, start=start, stop=stop)
        if ranked.total or partial is None:
            return ranked, False
        some = rank(columns, partial(), criteria, start=start, stop=stop)
        return (some, True) if some.total else (ranked, False)

    return find


def _from_index(
    snapshot: Snapshot, asked: Asked, criteria: Criteria, *, as_typed: bool, doubting: bool = False
) -> tuple[Finder, Matched | None]:
    if not asked.clauses:
        return _finder(snapshot.columns, criteria, None), None
    matched = match(snapshot, asked, as_typed=as_typed, doubting=doubting)
    return _finder(snapshot.columns, criteria, matched.full, matched.partial), matched


def _results(hits: list[Hit]) -> tuple[tuple[Result, ...], int]:
    """Cards of the hits that everybody may still see, and how many may not be seen any more."""
    distances = {hit.listing_id: hit.distance_metres for hit in hits}
    cards = cards_by_id([hit.listing_id for hit in hits])
    return tuple(Result(card, distances[card.id]) for card in cards), len(hits) - len(cards)


def _tags(
    query: SearchQuery, effective: SearchQuery, asked: Asked, place: Located | None, category: CategoryView | None
) -> tuple[Tag, ...]:
    tags: list[Tag] = []
    typed = {found.kind: found.typed for found in asked.found}

    def without(kind: str, name: str) -> Params:
        """The parameter away; and the words that said so, when it was said in words."""
        return {name: None, "q": _less(query.q, typed[kind])} if kind in typed else {name: None}

    if asked.clauses:
        tags.append(Tag("words", f"“{asked.text}”", {"q": " ".join(typed.values()) or None, "as_typed": None}))
    if category:
        tags.append(Tag("category", category.name, {"category": None}))
    if place:
        tags.append(Tag("place", f"near {place.label}", without("place", "postcode")))
    if effective.within_miles:
        miles = "1 mile" if effective.within_miles == 1 else f"{effective.within_miles} miles"
        tags.append(Tag("within", f"within {miles}", without("within", "within")))
    if effective.price:
        tags.append(Tag("price", BAND_WORDS[effective.price], without("free", "price")))
    if effective.price_max_pence is not None:
        tags.append(
            Tag("price_max", f"{format_pounds(effective.price_max_pence)} at most", without("price", "price_max"))
        )
    if effective.funding:
        tags.append(Tag("funding", f"takes {SHORT_RAILS[effective.funding]}", {"funding": None}))
    if effective.rating:
        tags.append(Tag("rating", f"{effective.rating} stars or more", {"rating": None}))
    return tuple(tags)


def _less(text: str, typed: str) -> str | None:
    return " ".join(" ".join(text.split()).replace(typed, " ", 1).split()) or None


PRICE_NAMES = (*(name for name, _, _ in PRICE_BANDS), "ask")
