"""Where a row is: its postcode, position and council, from whatever of them the file gives and however it spells
them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from catalogue.importing.cleaning import na, tidy_postcode
from catalogue.importing.records import PointSource, PostcodePosition
from marketplace.kernel.places import Point, distance_metres, grid_to_point, outcode_of
from marketplace.places_data import Council, find_council, find_council_by_name, find_outcode, mend_gss, nearest_outcode

FindPostcode = Callable[[str], PostcodePosition | None]

# Coordinates contradict their postcode when they lie this far from the middle of its outcode and are at least four
# times as near to the middle of another. Distance alone would not do: outcodes in the country reach 30 km, and DL2 is
# a ring around DL1 and DL3. Of 29,274 true positions in Code-Point Open (DL, OL, WC) this wrongly doubts 5.
_NEAR_ENOUGH_METRES = 3_000
_TIMES_NEARER_TO_ANOTHER = 4
_TOO_FAR_METRES = 50_000
# With the position of the postcode itself known, more than this is a contradiction.
_FURTHEST_FROM_POSTCODE_METRES = 2_000


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What could be settled about a row's place. `failing` says, as a reason, when nothing at all locates it."""

    postcode: str | None
    point: Point | None
    point_source: PointSource | None
    council_gss: str | None
    notes: tuple[str, ...] = ()

    @property
    def failing(self) -> str | None:
        if self.postcode or self.point or self.council_gss:
            return None
        return next(iter(self.notes), "it has no postcode") + ", and nothing else in the row says where it is"


@dataclass(frozen=True, slots=True)
class GivenPlace:
    """The cells of a row that say where it is, as written."""

    postcode: str | None = None
    lat: str | None = None
    lon: str | None = None
    easting: str | None = None
    northing: str | None = None
    council_code: str | None = None
    council_name: str | None = None


def locate(given: GivenPlace, find_postcode: FindPostcode | None = None) -> Whereabouts:
    """Settle a row's place.

    Position: the file's coordinates, unless they contradict the postcode; else the postcode's (with `find_postcode`);
    else the middle of its outcode. Council: by full postcode, by the file's code or name, or by the outcode when it
    lies in one council only; an outcode that several share decides nothing.
    """
    notes: list[str] = []
    postcode, note = tidy_postcode(given.postcode)
    if note:
        notes.append(note)
    known = find_postcode(postcode) if postcode and find_postcode else None
    outcode = find_outcode(postcode) if postcode else None
    if postcode and outcode is None and known is None:
        notes.append(f"no position is known for postcodes that begin with {outcode_of(postcode)}")

    point, note = _given_point(given)
    if note:
        notes.append(note)
    source = PointSource.FILE if point else None
    if point and known and known.point:
        if distance_metres(point, known.point) > _FURTHEST_FROM_POSTCODE_METRES:
            notes.append(f"coordinates left out: they are {_miles(point, known.point)} miles from {postcode}")
            point = source = None
    elif point and outcode and _contradicts(point, outcode.point, outcode.outcode):
        notes.append(
            f"coordinates left out: they are {_miles(point, outcode.point)} miles from {outcode.outcode}, "
            f"in {nearest_outcode(point).outcode}"
        )
        point = source = None
    if point is None and known and known.point:
        point, source = known.point, PointSource.POSTCODE
    elif point is None and outcode:
        point, source = outcode.point, PointSource.OUTCODE

    council = find_council(known.district_gss) if known and known.district_gss else None
    if council is None:
        council, note = _given_council(given)
        if note:
            notes.append(note)
    council_gss = council.gss if council else (outcode.only_council_gss if outcode else None)
    if council_gss and find_council(council_gss) is None:
        council_gss = None  # Scotland or Wales: no council of ours
    return Whereabouts(postcode, point, source, council_gss, tuple(notes))


def _contradicts(point: Point, middle: Point, outcode: str) -> bool:
    away = distance_metres(point, middle)
    if away <= _NEAR_ENOUGH_METRES:
        return False
    nearest = nearest_outcode(point)
    if nearest.outcode == outcode:
        return away > _TOO_FAR_METRES
    return away > _TOO_FAR_METRES or away > _TIMES_NEARER_TO_ANOTHER * distance_metres(point, nearest.point)


def _miles(start: Point, end: Point) -> str:
    return f"{distance_metres(start, end) / 1609.344:.1f}"


def _given_point(given: GivenPlace) -> tuple[Point | None, str | None]:
    lat, lon = _number(given.lat), _number(given.lon)
    if lat is None or lon is None:
        easting, northing = _number(given.easting), _number(given.northing)
        if easting is None or northing is None or not (0 < easting < 700_000 and 0 < northing < 1_300_000):
            if na(given.lat) or na(given.lon) or na(given.easting) or na(given.northing):
                return None, "coordinates left out: they are not numbers of a place in Great Britain"
            return None, None
        point = grid_to_point(easting, northing)
        lat, lon = point.lat, point.lon
    if (lat, lon) == (0.0, 0.0):
        return None, None
    if not (49.0 <= lat <= 61.0 and -9.0 <= lon <= 2.5):
        return None, "coordinates left out: they are not in Great Britain"
    return Point(round(lat, 6), round(lon, 6)), None


def _number(text: str | None) -> float | None:
    written = na(text)
    if written is None:
        return None
    try:
        number = float(written)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _given_council(given: GivenPlace) -> tuple[Council | None, str | None]:
    code, name = na(given.council_code), na(given.council_name)
    mended = mend_gss(code) if code else None
    by_code = find_council(mended) if mended else None
    by_name = find_council_by_name(name) if name else None
    if by_code and by_name and by_code.asc_gss != by_name.asc_gss:
        return by_name, f"area code {code} is not {by_name.name}: the name was believed"
    council = by_code or by_name
    if council is None and (code or name) and not (mended and mended[0] in "SWN"):
        return None, f"area “{name or code}” is no council of England"
    return council, None
