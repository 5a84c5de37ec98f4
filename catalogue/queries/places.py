"""Libraries and other access points near a place."""

import math
from dataclasses import dataclass

from catalogue.models import Listing
from catalogue.queries.cards import Card, select_cards
from marketplace.kernel.places import MILE_METRES, Point, distance_metres

_METRES_PER_DEGREE = 111_000


@dataclass(frozen=True)
class NearPlace:
    card: Card
    distance_metres: float


def list_places_near(point: Point, *, miles: int = 20, limit: int = 30) -> list[NearPlace]:
    """Access points within so many miles, nearest first. Two queries."""
    reach = miles * MILE_METRES
    lat = reach / _METRES_PER_DEGREE
    lon = lat / math.cos(math.radians(point.lat))
    cards = select_cards(
        Listing.is_access_point.is_(True),
        Listing.latitude.between(point.lat - lat, point.lat + lat),
        Listing.longitude.between(point.lon - lon, point.lon + lon),
    )
    near = [NearPlace(card, distance_metres(point, card.point)) for card in cards if card.point is not None]
    near.sort(key=lambda place: (place.distance_metres, place.card.id))
    return [place for place in near if place.distance_metres <= reach][:limit]


def list_places(limit: int = 30) -> list[Card]:
    """Access points by name, wherever they are."""
    return select_cards(Listing.is_access_point.is_(True), limit=limit)
