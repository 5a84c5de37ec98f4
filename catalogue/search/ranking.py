"""Filter, count and order candidates. Pure: facts in, ids and counts out."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from catalogue.domain import AreaKind
from catalogue.search.facts import RAIL_BITS, Facts, Vector, metres_between
from marketplace.kernel.places import MILE_METRES
from marketplace.kernel.rails import Rail

USUAL_MILES = 20
"""How far somebody is taken to travel to a place of its own, when they do not say."""
ASK = "ask"
PRICE_BANDS: tuple[tuple[str, int, int], ...] = (
    # name, from pence (inclusive), to pence (inclusive)
    ("free", 0, 0),
    ("to-10", 1, 10_00),
    ("to-20", 10_01, 20_00),
    ("to-50", 20_01, 50_00),
    ("over-50", 50_01, 9_999_900),
)
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
    rating_least_tenths: int = 0
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
    units: Counter[str] = field(default_factory=Counter)
    too_far: int = 0


@dataclass(frozen=True, slots=True)
class Ranked:
    hits: list[Hit]
    counts: Counts

    @property
    def total(self) -> int:
        return len(self.hits)


def band_of(price_pence: int | None) -> str:
    """The price band of a listing."""
    if price_pence is None:
        return ASK
    for name, low, high in PRICE_BANDS:
        if low <= price_pence <= high:
            return name
    return PRICE_BANDS[-1][0]


def distance_if_served(facts: Facts, criteria: Criteria) -> tuple[bool, float | None]:
    """Whether a listing is offered at the asker's place, and how far it is from there (None when it has no place).

    RADIUS listings serve what lies within their radius, COUNCILS listings their councils, ENGLAND everything;
    AT_PLACE is for those who can get there. A distance that was asked for limits all but ENGLAND.
    """
    if criteria.vector is None:
        return True, None
    distance = metres_between(criteria.vector, facts.vector) if facts.vector is not None else None
    kind = facts.area_kind
    if kind is AreaKind.ENGLAND:
        return True, distance
    if kind is AreaKind.COUNCILS:
        if criteria.council is None or criteria.council not in facts.councils:
            return False, distance
        return criteria.within_metres is None or distance is None or distance <= criteria.within_metres, distance
    if distance is None:
        return False, None
    limit = criteria.within_metres
    if kind is AreaKind.RADIUS:
        return distance <= facts.radius_metres and (limit is None or distance <= limit), distance
    return distance <= (limit if limit is not None else USUAL_MILES * MILE_METRES), distance


def rank(candidates: Iterable[tuple[Facts, float]], criteria: Criteria) -> Ranked:
    """Those candidates (facts and relevance) that meet every criterion, in order, with the counts of each facet."""
    counts = Counts()
    kept: list[tuple[Facts, float, float | None]] = []
    for facts, relevance in candidates:
        served, distance = distance_if_served(facts, criteria)
        failed = _failed(facts, criteria)
        if not served:
            counts.too_far += not failed
            continue
        if not failed:
            kept.append((facts, relevance, distance))
            counts.units[facts.unit] += 1
        _count(counts, facts, failed)
    best = max((relevance for _, relevance, _ in kept), default=0.0)
    key = _KEYS[criteria.sort]
    kept.sort(key=lambda item: key(item[0], item[1], item[2], best))
    return Ranked([Hit(facts.listing_id, distance) for facts, _, distance in kept], counts)


_CATEGORY, _RAIL, _PRICE, _RATING = 1, 2, 4, 8


def _failed(facts: Facts, criteria: Criteria) -> int:
    """Which groups of filters the listing fails, as bits."""
    failed = 0
    if criteria.categories and facts.category not in criteria.categories:
        failed |= _CATEGORY
    if criteria.rail is not None and not facts.rails & RAIL_BITS[criteria.rail]:
        failed |= _RAIL
    if criteria.price_band is not None and band_of(facts.price_pence) != criteria.price_band:
        failed |= _PRICE
    most = criteria.price_max_pence
    if most is not None and (facts.price_pence is None or facts.price_pence > most):
        failed |= _PRICE
    if facts.rating_tenths < criteria.rating_least_tenths:
        failed |= _RATING
    return failed


def _count(counts: Counts, facts: Facts, failed: int) -> None:
    if not failed & ~_CATEGORY:
        counts.category[facts.category] += 1
        if facts.parent != facts.category:
            counts.category[facts.parent] += 1
    if not failed & ~_RAIL:
        for rail, bit in RAIL_BITS.items():
            if facts.rails & bit:
                counts.rail[rail] += 1
    if not failed & ~_PRICE:
        counts.price[band_of(facts.price_pence)] += 1
    if not failed & ~_RATING:
        for stars in (3, 4):
            if facts.rating_tenths >= stars * 10:
                counts.rating[stars] += 1


_FAR = 10.0**9
_DEAR = 10**9
_NEAR_STEPS = (1, 3, 5, 10, 20)  # miles


def _nearness(distance: float | None) -> int:
    """0 for next door to 5 for far; what has no place of its own comes after what is near and before what is far."""
    if distance is None:
        return 3
    miles = distance / MILE_METRES
    return sum(miles > step for step in _NEAR_STEPS)


def _by_relevance(facts: Facts, relevance: float, distance: float | None, best: float) -> tuple[float, ...]:
    step = -int(relevance / best * _STEPS) if best > 0 else 0
    return (
        step + _nearness(distance) * 0.5 if best > 0 else _nearness(distance),
        not facts.is_free,
        -relevance,
        -facts.rating_rank,
        distance if distance is not None else _FAR,
        facts.listing_id,
    )


def _by_distance(facts: Facts, relevance: float, distance: float | None, _best: float) -> tuple[float, ...]:
    return (distance if distance is not None else _FAR, not facts.is_free, -relevance, facts.listing_id)


def _by_price(facts: Facts, relevance: float, distance: float | None, _best: float) -> tuple[float, ...]:
    price = facts.price_pence if facts.price_pence is not None else _DEAR
    return (price, -relevance, distance if distance is not None else _FAR, facts.listing_id)


def _by_rating(facts: Facts, relevance: float, distance: float | None, _best: float) -> tuple[float, ...]:
    return (-facts.rating_rank, not facts.is_free, -relevance, distance or 0.0, facts.listing_id)


_KEYS = {
    Sort.RELEVANCE: _by_relevance,
    Sort.DISTANCE: _by_distance,
    Sort.PRICE: _by_price,
    Sort.RATING: _by_rating,
}
