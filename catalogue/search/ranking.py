"""Filter, count and order candidates. Pure: facts in, ids and counts out.

A whole key is built for those few documents only that can be on the page.
"""

import heapq
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum

from catalogue.search.columns import NOWHERE, Columns, Profile, chord_squared, metres_of
from catalogue.search.facts import RAIL_BITS, Vector
from marketplace.kernel.places import MILE_METRES
from marketplace.kernel.rails import Rail

RATING_CHOICES = (3, 4)
_STEPS = 10
"""Relevance within a tenth of the best counts as equal: there free solutions come first."""


class Sort(StrEnum):
    RELEVANCE = "relevance"
    DISTANCE = "distance"
    PRICE = "price"
    RATING = "rating"


@dataclass(frozen=True, slots=True)
class Criteria:
    """What results must be. Money in pence, distance in metres; empty and None mean "whatever"."""

    vector: Vector | None = None
    council: str | None = None
    within_metres: float | None = None
    categories: frozenset[str] = frozenset()
    rail: Rail | None = None
    price_band: str | None = None
    price_max_pence: int | None = None
    rating_least: int = 0
    sort: Sort = Sort.RELEVANCE


@dataclass(frozen=True, slots=True)
class Hit:
    listing_id: int
    distance_metres: float | None


@dataclass(slots=True)
class Counts:
    """How many results each choice of a facet would give, the other filters staying as they are."""

    category: Counter[str] = field(default_factory=Counter)
    rail: Counter[Rail] = field(default_factory=Counter)
    price: Counter[str] = field(default_factory=Counter)
    rating: Counter[int] = field(default_factory=Counter)
    units: set[str] = field(default_factory=set)
    """Which units the prices are for; only counted where prices decide the order."""
    too_far: int = 0


@dataclass(frozen=True, slots=True)
class Ranked:
    """`hits` are those of the page that was asked for; `total` counts all."""

    hits: list[Hit]
    total: int
    counts: Counts


def rank(
    columns: Columns,
    scores: Mapping[int, float] | None,
    criteria: Criteria,
    *,
    start: int = 0,
    stop: int | None = None,
) -> Ranked:
    """Those documents that meet every criterion, in order, from `start` to `stop`, with the counts of each facet.

    `scores` holds relevance by document number; None takes every document as equally relevant.
    """
    documents: Set[int] = columns.live if scores is None else scores.keys()
    filters = _filters(columns, documents, criteria)
    far = (
        columns.squares(criteria.vector, criteria.council, criteria.within_metres)
        if criteria.vector is not None
        else None
    )
    served: Set[int] = documents if far is None else documents & far.keys()
    kept = _meeting(served, filters.values())
    counts = Counts()
    if criteria.sort is Sort.PRICE:
        counts.units = {columns.unit[number] for number in kept}
    if far is not None:
        counts.too_far = len(_meeting(documents, filters.values())) - len(kept)
    _count_facets(columns, served, kept, filters, counts)
    ordered = _ordered(columns, kept, scores, far, criteria.sort, len(kept) if stop is None else stop)
    hits = [Hit(columns.listing_id[number], _metres(far, number)) for number in ordered[start:stop]]
    return Ranked(hits, len(kept), counts)


def _metres(far: Mapping[int, float] | None, number: int) -> float | None:
    if far is None or far[number] >= NOWHERE:
        return None
    return metres_of(far[number])


_CATEGORY, _RAIL, _PRICE, _RATING = "category", "rail", "price", "rating"


def _filters(columns: Columns, documents: Set[int], criteria: Criteria) -> dict[str, Set[int]]:
    """What each filter that was chosen lets through."""
    filters: dict[str, Set[int]] = {}
    if criteria.categories:
        filters[_CATEGORY] = _union(columns.by_category.get(slug, ()) for slug in criteria.categories)
    if criteria.rail is not None:
        bit = RAIL_BITS[criteria.rail]
        filters[_RAIL] = _union(numbers for rails, numbers in columns.by_rails.items() if rails & bit)
    if criteria.price_band is not None:
        filters[_PRICE] = columns.by_band.get(criteria.price_band, set())
    if criteria.price_max_pence is not None:
        price, most = columns.price, criteria.price_max_pence
        cheap = {number for number in documents if price[number] <= most}
        filters[_PRICE] = cheap & filters[_PRICE] if _PRICE in filters else cheap
    if criteria.rating_least:
        stars, least = columns.stars, criteria.rating_least
        filters[_RATING] = {number for number in documents if stars[number] >= least}
    return filters


def _union(sets: Iterable[Iterable[int]]) -> set[int]:
    return set().union(*sets)


def _meeting(documents: Set[int], filters: Iterable[Set[int]]) -> Set[int]:
    for passing in filters:
        documents = documents & passing
    return documents


def _count_facets(
    columns: Columns, served: Set[int], kept: Set[int], filters: dict[str, Set[int]], counts: Counts
) -> None:
    """The counts of a facet heed all filters but its own."""

    def others(name: str) -> Set[int]:
        if name not in filters:
            return kept
        return _meeting(served, (passing for other, passing in filters.items() if other != name))

    for category, count in Counter(map(columns.category.__getitem__, others(_CATEGORY))).items():
        counts.category[category] += count
        parent = columns.parent_of[category]
        if parent != category:
            counts.category[parent] += count
    of_kept = _tally(columns, kept)

    def tally(name: str) -> list[tuple[Profile, int]]:
        return _tally(columns, others(name)) if name in filters else of_kept

    for (rails, _, _), count in tally(_RAIL):
        for rail, bit in RAIL_BITS.items():
            if rails & bit:
                counts.rail[rail] += count
    for (_, band, _), count in tally(_PRICE):
        counts.price[band] += count
    for (_, _, stars), count in tally(_RATING):
        for least in RATING_CHOICES:
            if stars >= least:
                counts.rating[least] += count


def _tally(columns: Columns, numbers: Set[int]) -> list[tuple[Profile, int]]:
    counted = Counter(map(columns.profile.__getitem__, numbers))
    return [(columns.profiles[profile], count) for profile, count in counted.items()]


_NEAR_STEPS = tuple(chord_squared(miles * MILE_METRES) for miles in (1, 3, 5, 10, 20))
_FAR_COSTS = (0.0, 0.9, 1.8, 3.0, 5.0, 7.0)
"""How many tenths of relevance each step further away costs: across the town little, two towns away much."""
_NOWHERE_COST = 2.7


def _nearness(square: float) -> float:
    """0 for next door to 7 for far; what has no place of its own comes after what is near and before what is far."""
    if square >= NOWHERE:
        return _NOWHERE_COST
    return _FAR_COSTS[sum(square > step for step in _NEAR_STEPS)]


def _ordered(
    columns: Columns,
    kept: Set[int],
    scores: Mapping[int, float] | None,
    far: Mapping[int, float] | None,
    sort: Sort,
    most: int,
) -> list[int]:
    """The first `most` documents in order: whole keys are made only for those that can be among them."""
    relevance: Mapping[int, float] = scores if scores is not None else {}
    first = _first_keys(columns, kept, relevance, far, sort)
    numbers: Iterable[int] = first
    if most < len(first):
        cut = heapq.nsmallest(most, first.values())[-1] if most else -math.inf
        numbers = [number for number, key in first.items() if key <= cut]
    paid, rating_rank, listing_id = columns.paid, columns.rating_rank, columns.listing_id

    def key(number: int) -> tuple[float, ...]:
        return (
            first[number],
            paid[number],
            -relevance.get(number, 0.0),
            -rating_rank[number],
            far[number] if far is not None else 0.0,
            listing_id[number],
        )

    return sorted(numbers, key=key)[:most]


def _first_keys(
    columns: Columns, kept: Set[int], relevance: Mapping[int, float], far: Mapping[int, float] | None, sort: Sort
) -> dict[int, float]:
    """What decides first in each order, by document."""
    if sort is Sort.PRICE:
        return {number: columns.price[number] for number in kept}
    if sort is Sort.RATING:
        return {number: -columns.rating_rank[number] for number in kept}
    if sort is Sort.DISTANCE and far is not None:
        return {number: far[number] for number in kept}
    best = max((relevance[number] for number in kept), default=0.0) if relevance else 0.0
    if best <= 0:
        if far is None:  # nothing said and no place: what can be ordered here comes before what is only known of
            return {number: not columns.profiles[columns.profile[number]][0] for number in kept}
        return {number: _nearness(far[number]) for number in kept}
    scale = _STEPS / best
    if far is None:
        return {number: -int(relevance[number] * scale) for number in kept}
    return {number: _nearness(far[number]) - int(relevance[number] * scale) for number in kept}
