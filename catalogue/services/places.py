"""Where somebody is, from what they typed; and which council answers for them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sqlalchemy import select

from catalogue.errors import UnknownPlace
from catalogue.models import Postcode
from marketplace import places_data
from marketplace.accounts.queries import find_council_by_gss
from marketplace.database import db
from marketplace.kernel.places import (
    InvalidPostcode,
    Point,
    PostcodePlace,
    find_place_in,
    normalise_postcode,
    parse_place,
)

LONGEST_PLACE = 60


@dataclass(frozen=True)
class Located:
    """A place that was understood.

    `exact` is false when only the middle of an outcode or of a council is known. `council_gss` is the council that
    answers for adult social care, only when it is certain; `likely_council_gss` may be used to search, never to route
    a person. `label` is how to say the place back. `nation` is England, Scotland or Wales.
    """

    point: Point
    council_gss: str | None
    exact: bool
    label: str
    outcode: str | None = None
    postcode: str | None = None
    likely_council_gss: str | None = None
    nation: str = "England"


def locate(text: str) -> Located:
    """The place of a full postcode, an outcode, a council's name, or of one of them at the end of an address.

    At most one query. Raises UnknownPlace.
    """
    words = " ".join(text.split())[:LONGEST_PLACE]
    place = _place_typed(words)
    if place is None:
        return _locate_council(words)
    outcode = places_data.find_outcode(place.outcode)
    if place.postcode is not None:
        row = db.session.execute(
            select(Postcode.latitude, Postcode.longitude, Postcode.council_gss).where(
                Postcode.postcode == place.postcode
            )
        ).one_or_none()
        if row is not None and row.latitude is not None and row.longitude is not None:
            council = _asc(row.council_gss) if row.council_gss else _sure_council(place.outcode)
            return Located(
                Point(row.latitude, row.longitude),
                council,
                True,
                place.postcode,
                place.outcode,
                place.postcode,
                council,
                outcode.nation if outcode else "England",
            )
    if outcode is None:
        raise UnknownPlace(f"We do not know the postcode {place}. Check it, or enter the first half of one near by.")
    return Located(
        point=outcode.point,
        council_gss=_sure_council(place.outcode),
        exact=False,
        label=str(place),
        outcode=place.outcode,
        postcode=place.postcode,
        likely_council_gss=_asc(outcode.council_gss),
        nation=outcode.nation,
    )


def _place_typed(words: str) -> PostcodePlace | None:
    """The postcode or outcode that was typed: by itself, or in an address where it makes no sense by itself."""
    try:
        place = parse_place(words)
    except InvalidPostcode:
        return find_place_in(words)
    if places_data.find_outcode(place.outcode) is None:
        return find_place_in(words) or place
    return place


def find_place(text: str | None) -> Located | None:
    """As `locate`, but None for nothing typed and for what is not understood."""
    if not text or not text.strip():
        return None
    try:
        return locate(text)
    except UnknownPlace:
        return None


def council_id_for(postcode: str) -> int | None:
    """The council (its id) that answers for somebody who lives at a full postcode; None when that is not certain.

    An outcode alone never decides, except that a postcode we do not hold belongs to the council of its outcode when
    the whole outcode lies in one council.
    """
    try:
        full = normalise_postcode(postcode)
    except InvalidPostcode:
        return None
    stored = db.session.scalar(select(Postcode.council_gss).where(Postcode.postcode == full))
    gss = _asc(stored) if stored else _sure_council(full)
    council = find_council_by_gss(gss) if gss else None
    return council.id if council else None


def _locate_council(words: str) -> Located:
    council = _council_in(words)
    if council is None:
        raise UnknownPlace()
    gss = council.asc_gss
    centre = _council_centres().get(council.gss) or _council_centres().get(gss)
    if centre is None:
        raise UnknownPlace()
    return Located(centre, gss, False, council.name, likely_council_gss=gss)


def _council_in(words: str) -> places_data.Council | None:
    """The council of the words, of their last few as in an address, or the one that was probably meant."""
    parts = words.replace(",", " ").split()
    for start in range(len(parts)):
        council = places_data.find_council_by_name(" ".join(parts[start:]))
        if council is not None:
            return council
    return places_data.find_council_like(words)


def _sure_council(postcode: str) -> str | None:
    outcode = places_data.find_outcode(postcode)
    return _asc(outcode.only_council_gss) if outcode and outcode.only_council_gss else None


def _asc(gss: str) -> str | None:
    council = places_data.find_council(gss)
    return council.asc_gss if council else None


@cache
def _council_centres() -> Mapping[str, Point]:
    """The middle of each council: the mean of its outcodes' middles, weighted by how many postcodes each holds."""
    sums: dict[str, list[float]] = {}
    for outcode in places_data.list_outcodes():
        for gss in {outcode.council_gss, _asc(outcode.council_gss)} - {None}:
            total = sums.setdefault(str(gss), [0.0, 0.0, 0.0])
            total[0] += outcode.lat * outcode.postcodes
            total[1] += outcode.lon * outcode.postcodes
            total[2] += outcode.postcodes
    return {gss: Point(lat / n, lon / n) for gss, (lat, lon, n) in sums.items() if not math.isclose(n, 0)}
