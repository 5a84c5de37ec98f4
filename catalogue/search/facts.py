"""What is known of a listing besides its words: all that filters, facets, distance and order need, without a query."""

import json
import math
from dataclasses import dataclass

from catalogue.domain import AreaKind
from marketplace.kernel.places import Point
from marketplace.kernel.rails import Rail

RAIL_BITS: dict[Rail, int] = {rail: 1 << position for position, rail in enumerate(Rail)}
Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Facts:
    """One listing. `price_pence` None is "ask for a price"; `rating_tenths` is the mean of stars × 10, 0 for none.

    `vector` is the position on the unit sphere, so that a distance costs three multiplications. `digest` tells
    whether the listing has changed since.
    """

    listing_id: int
    category: str
    parent: str
    rails: int
    price_pence: int | None
    unit: str
    is_product: bool
    is_access_point: bool
    area_kind: AreaKind
    vector: Vector | None
    radius_metres: int
    councils: frozenset[str]
    rating_tenths: int
    rating_rank: int
    digest: str

    def to_text(self) -> str:
        """As kept in the index: JSON, because a stored object would be a pickle."""
        return json.dumps(
            [
                self.listing_id,
                self.category,
                self.parent,
                self.rails,
                self.price_pence,
                self.unit,
                int(self.is_product),
                int(self.is_access_point),
                self.area_kind.value,
                self.vector,
                self.radius_metres,
                sorted(self.councils),
                self.rating_tenths,
                self.rating_rank,
                self.digest,
            ],
            separators=(",", ":"),
        )

    @staticmethod
    def from_text(text: str) -> "Facts":
        values = json.loads(text)
        values[6], values[7], values[8] = bool(values[6]), bool(values[7]), AreaKind(values[8])
        values[9] = tuple(values[9]) if values[9] else None
        values[11] = frozenset(values[11])
        return Facts(*values)


def vector_of(point: Point) -> Vector:
    """The position on the unit sphere."""
    lat, lon = math.radians(point.lat), math.radians(point.lon)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)
