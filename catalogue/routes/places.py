"""Where somebody can go and ask: libraries and other access points near a postcode."""

from flask import render_template, request

from catalogue.errors import UnknownPlace
from catalogue.queries.cards import Card
from catalogue.queries.places import list_places, list_places_near
from catalogue.routes import blueprint
from catalogue.routes.cards import draw
from catalogue.routes.home import near, remember
from catalogue.services.places import locate
from marketplace.accounts.access import ANYONE, allow


@blueprint.get("/places")
@allow(ANYONE)
def places() -> str:
    """Access points, nearest first once we know where."""
    typed = request.args.get("postcode", "").replace("\x00", "").strip()
    place, error = None, None
    if typed or near():
        try:
            place = locate(typed or near())
        except UnknownPlace as refusal:
            error = refusal.message
    found: list[tuple[Card, float | None]]
    if place is not None:
        remember(place)
        found = [(near_place.card, near_place.distance_metres) for near_place in list_places_near(place.point)]
    else:
        found = [(card, None) for card in list_places()]
    return render_template(
        "catalogue/places.html",
        found=[
            {**draw(card, distance), "address": card.address, "phone": card.phone, "opening": card.opening_words}
            for card, distance in found
        ],
        place=place,
        typed=typed or near(),
        error=error,
    )
