"""Facts column by column, so that a search counts and compares with sets and counters, which are quick."""

import math
from collections.abc import Sequence

from catalogue.domain import AreaKind
from catalogue.search.facts import Facts, Vector
from marketplace.kernel.places import EARTH_RADIUS_METRES, MILE_METRES

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
_DEAR = 1e9
NOWHERE = 9.0
"""More than any squared chord: a listing without a place."""


def band_of(price_pence: int | None) -> str:
    """The price band of a listing."""
    if price_pence is None:
        return ASK
    for name, low, high in PRICE_BANDS:
        if low <= price_pence <= high:
            return name
    return PRICE_BANDS[-1][0]


Profile = tuple[int, str, int]
"""Ways of paying, price band and whole stars: what three facets count, so that one pass counts for all three."""
Squares = dict[int, float]
MOST_SQUARES_KEPT = 300_000


class Columns:
    """Facts by document number, column by column. None stands for a document that was taken out."""

    def __init__(self, facts: Sequence[Facts | None]) -> None:
        live = [(number, row) for number, row in enumerate(facts) if row is not None]
        self.live = frozenset(number for number, _ in live)
        size = len(facts)
        self.category = [""] * size
        self.parent_of: dict[str, str] = {}
        self.profile = [0] * size
        self.profiles: list[Profile] = []
        self.unit = [""] * size
        self.price: list[float] = [_DEAR] * size
        self.paid = [True] * size
        self.stars = [0] * size
        self.rating_rank = [0] * size
        self.listing_id = [0] * size
        self.by_category: dict[str, set[int]] = {}
        self.by_rails: dict[int, set[int]] = {}
        self.by_band: dict[str, set[int]] = {}
        known: dict[Profile, int] = {}
        for number, row in live:
            band = band_of(row.price_pence)
            stars = row.rating_tenths // 10
            self.category[number] = row.category
            self.parent_of[row.category] = row.parent
            self.profile[number] = known.setdefault((row.rails, band, stars), len(known))
            self.unit[number] = row.unit
            self.stars[number] = stars
            self.rating_rank[number] = row.rating_rank
            self.listing_id[number] = row.listing_id
            if row.price_pence is not None:
                self.price[number], self.paid[number] = row.price_pence, row.price_pence != 0
            self.by_category.setdefault(row.category, set()).add(number)
            self.by_rails.setdefault(row.rails, set()).add(number)
            self.by_band.setdefault(band, set()).add(number)
        self.profiles = list(known)
        self._set_areas(live)
        self._squares: dict[tuple[Vector, str | None, float | None], Squares] = {}
        self._squares_kept = 0

    def _set_areas(self, live: list[tuple[int, Facts]]) -> None:
        self.round: list[tuple[int, float, float, float, float]] = []
        self.placed: list[tuple[int, float, float, float]] = []
        self.council: list[tuple[int, frozenset[str], Vector | None]] = []
        self.everywhere: list[tuple[int, Vector | None]] = []
        for number, row in live:
            match row.area_kind:
                case AreaKind.ENGLAND:
                    self.everywhere.append((number, row.vector))
                case AreaKind.COUNCILS:
                    self.council.append((number, row.councils, row.vector))
                case AreaKind.RADIUS if row.vector is not None:
                    self.round.append((number, *row.vector, chord_squared(row.radius_metres)))
                case AreaKind.AT_PLACE if row.vector is not None:
                    self.placed.append((number, *row.vector))

    def squares(self, here: Vector, council: str | None, within_metres: float | None) -> Squares:
        """Squared chord from `here` to each listing that is offered there; kept, for many ask from one place."""
        key = (here, council, within_metres)
        known = self._squares.get(key)
        if known is None:
            known = _squares(self, here, council, within_metres)
            if self._squares_kept + len(known) > MOST_SQUARES_KEPT:
                self._squares, self._squares_kept = {}, 0
            self._squares[key] = known
            self._squares_kept += len(known)
        return known


def chord_squared(metres: float) -> float:
    """The square of the straight line through the unit sphere between points so far apart on the ground."""
    return (2 * math.sin(min(metres / EARTH_RADIUS_METRES, math.pi) / 2)) ** 2


def metres_of(chord_squared: float) -> float:
    """The way back: metres on the ground."""
    return 2 * EARTH_RADIUS_METRES * math.asin(min(1.0, math.sqrt(chord_squared) / 2))


def _squares(columns: Columns, here: Vector, council: str | None, within_metres: float | None) -> Squares:
    """RADIUS listings serve what lies within their radius, COUNCILS listings their councils, ENGLAND everything;
    AT_PLACE is for those who can get there. A distance that was asked for limits all but ENGLAND. `NOWHERE` stands for
    a listing without a place of its own.
    """
    x, y, z = here
    limit = chord_squared(within_metres) if within_metres is not None else None
    most = limit if limit is not None else NOWHERE
    usual = limit if limit is not None else chord_squared(USUAL_MILES * MILE_METRES)
    found = {
        number: square
        for number, a, b, c, reach in columns.round
        if (square := (a - x) * (a - x) + (b - y) * (b - y) + (c - z) * (c - z)) <= reach and square <= most
    }
    for number, a, b, c in columns.placed:
        square = (a - x) * (a - x) + (b - y) * (b - y) + (c - z) * (c - z)
        if square <= usual:
            found[number] = square
    for number, councils, vector in columns.council:
        if council in councils:
            square = _square(here, vector)
            if square <= most or square >= NOWHERE:
                found[number] = square
    for number, vector in columns.everywhere:
        found[number] = _square(here, vector)
    return found


def _square(here: Vector, there: Vector | None) -> float:
    if there is None:
        return NOWHERE
    return math.dist(here, there) ** 2
