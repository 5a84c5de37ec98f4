"""Postcodes, positions and distances in Great Britain, by arithmetic alone.

Positions are WGS84 degrees (what a phone or a web map speaks); Ordnance Survey publishes British National Grid metres,
so the conversion lives here too. Formulae: Ordnance Survey, "A guide to coordinate systems in Great Britain"
(constants of the projection and of the Helmert transform) and Krueger's series for the transverse Mercator projection.
"""

import math
import re
import unicodedata
from dataclasses import dataclass

MILE_METRES = 1609.344
EARTH_RADIUS_METRES = 6_371_008.8  # mean radius of the WGS84 ellipsoid

POSTCODE_SENTENCE = "Enter a postcode, like DL3 7TX"
PLACE_SENTENCE = "Enter a postcode, or the first half of one, like DL3 7TX or DL3"

# Royal Mail's rules: which letters may stand where. GIR 0AA and the overseas territories are not places in Great
# Britain.
_OUTCODE = (
    r"(?:[A-PR-UWYZ][0-9]{1,2}"
    r"|[A-PR-UWYZ][A-HK-Y][0-9]{1,2}"
    r"|[A-PR-UWYZ][0-9][A-HJKPSTUW]"
    r"|[A-PR-UWYZ][A-HK-Y][0-9][ABEHMNPRVWXY])"
)
_INCODE = r"[0-9][ABD-HJLNP-UW-Z]{2}"
_FULL_PATTERN = re.compile(f"({_OUTCODE})({_INCODE})")
_OUTCODE_PATTERN = re.compile(_OUTCODE)
_SEPARATORS = re.compile(r"[\s.\-\u2010-\u2015\u200b\ufeff]+")
_LONGEST_TEXT = 32
_LONGEST_ADDRESS = 200
_FULL_IN_TEXT = re.compile(rf"(?<![A-Z0-9])({_OUTCODE}) ?({_INCODE})(?![A-Z0-9])")
_BEGINNING_AT_THE_END = re.compile(rf"(?<![A-Z0-9])({_OUTCODE})(?: [0-9][A-Z]?)?$")


class InvalidPostcode(ValueError):
    """The text is not a postcode; its message is the sentence to show beside the field."""

    def __init__(self, message: str = POSTCODE_SENTENCE) -> None:
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Point:
    """A position: WGS84 latitude and longitude in degrees, north and east positive."""

    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class PostcodePlace:
    """What somebody typed to say where: always an outcode, and the full postcode when they gave one."""

    outcode: str
    postcode: str | None = None

    @property
    def is_full(self) -> bool:
        return self.postcode is not None

    def __str__(self) -> str:
        return self.postcode or self.outcode


def normalise_postcode(text: str) -> str:
    """The postcode in its printed form: "dl37tx" gives "DL3 7TX".

    Spaces, full stops and dashes are forgiven anywhere, and a letter O typed for the 0 in front of the last two
    letters. The form is checked, not whether Royal Mail uses it. Raises InvalidPostcode.
    """
    found = _FULL_PATTERN.fullmatch(_compact(text))
    if found is None:
        raise InvalidPostcode
    return f"{found[1]} {found[2]}"


def parse_place(text: str) -> PostcodePlace:
    """A full postcode or an outcode alone: "DL3 7TX" or "DL3". Raises InvalidPostcode for anything else."""
    compact = _compact(text)
    found = _FULL_PATTERN.fullmatch(compact)
    if found is not None:
        return PostcodePlace(outcode=found[1], postcode=f"{found[1]} {found[2]}")
    if _OUTCODE_PATTERN.fullmatch(compact):
        return PostcodePlace(outcode=compact)
    raise InvalidPostcode(PLACE_SENTENCE)


def find_place_in(text: str) -> PostcodePlace | None:
    """The postcode in a whole address, or the beginning of one: "2 High Row, Darlington DL3 7QQ", "dl3 7".

    None when there is none. Only words that stand alone count, so that a house number makes no outcode.
    """
    plain = " ".join(_SEPARATORS.sub(" ", unicodedata.normalize("NFKC", text)[:_LONGEST_ADDRESS]).upper().split())
    for pattern in (_FULL_IN_TEXT, _BEGINNING_AT_THE_END):
        found = pattern.search(plain)
        if found is not None:
            whole = f"{found[1]} {found[2]}" if pattern is _FULL_IN_TEXT else None
            return PostcodePlace(outcode=found[1], postcode=whole)
    return None


def outcode_of(text: str) -> str:
    """The first half of a postcode, also when only that half is given. Raises InvalidPostcode."""
    return parse_place(text).outcode


def _compact(text: str) -> str:
    if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
        return ""
    compact = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()
    if len(compact) >= 5 and compact[-3] == "O":
        compact = f"{compact[:-3]}0{compact[-2:]}"
    return compact


def distance_metres(start: Point, end: Point) -> float:
    """Great-circle distance in metres (haversine on the mean sphere; within 0.5% of the ellipsoid)."""
    lat_start, lat_end = math.radians(start.lat), math.radians(end.lat)
    half_lat = (lat_end - lat_start) / 2
    half_lon = math.radians(end.lon - start.lon) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat_start) * math.cos(lat_end) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_METRES * math.asin(min(1.0, math.sqrt(chord)))


# --- British National Grid ------------------------------------------------------------------------------------------

_AIRY_A, _AIRY_B = 6_377_563.396, 6_356_256.909
_WGS_A, _WGS_B = 6_378_137.0, 6_356_752.314_245
_SCALE_ORIGIN = 0.999_601_271_7
_LAT_ORIGIN, _LON_ORIGIN = math.radians(49.0), math.radians(-2.0)
_EAST_ORIGIN, _NORTH_ORIGIN = 400_000.0, -100_000.0

_N = (_AIRY_A - _AIRY_B) / (_AIRY_A + _AIRY_B)
_AIRY_E2 = 1 - (_AIRY_B / _AIRY_A) ** 2
_RECTIFYING_RADIUS = _AIRY_A / (1 + _N) * (1 + _N**2 / 4 + _N**4 / 64)
# Krueger's coefficients to the fourth order in n: good to well under a millimetre within Great Britain.
_TO_GRID = (
    _N / 2 - 2 * _N**2 / 3 + 5 * _N**3 / 16 + 41 * _N**4 / 180,
    13 * _N**2 / 48 - 3 * _N**3 / 5 + 557 * _N**4 / 1440,
    61 * _N**3 / 240 - 103 * _N**4 / 140,
    49561 * _N**4 / 161280,
)
_FROM_GRID = (
    _N / 2 - 2 * _N**2 / 3 + 37 * _N**3 / 96 - _N**4 / 360,
    _N**2 / 48 + _N**3 / 15 - 437 * _N**4 / 1440,
    17 * _N**3 / 480 - 37 * _N**4 / 840,
    4397 * _N**4 / 161280,
)
_CONFORMAL = (
    2 * _N - 2 * _N**2 / 3 - 2 * _N**3 + 116 * _N**4 / 45,
    7 * _N**2 / 3 - 8 * _N**3 / 5 - 227 * _N**4 / 45,
    56 * _N**3 / 15 - 136 * _N**4 / 35,
    4279 * _N**4 / 630,
)


def _xi_of_latitude(lat: float) -> float:
    """The rectified northing (radians) of a latitude on the central meridian."""
    e = math.sqrt(_AIRY_E2)
    conformal = math.atan(math.sinh(math.atanh(math.sin(lat)) - e * math.atanh(e * math.sin(lat))))
    return conformal + sum(c * math.sin(2 * k * conformal) for k, c in enumerate(_TO_GRID, start=1))


_XI_ORIGIN = _xi_of_latitude(_LAT_ORIGIN)
_GRID_RADIUS = _SCALE_ORIGIN * _RECTIFYING_RADIUS

# Helmert's seven parameters, OSGB36 to WGS84 (metres, arc seconds, parts per million), as Ordnance Survey publishes
# them for the other direction, with the signs turned.
_SHIFT_X, _SHIFT_Y, _SHIFT_Z = 446.448, -125.157, 542.060
_TURN_X, _TURN_Y, _TURN_Z = (math.radians(seconds / 3600) for seconds in (0.1502, 0.2470, 0.8421))
_STRETCH = 1 - 20.4894e-6

_WGS_E2 = 1 - (_WGS_B / _WGS_A) ** 2
_WGS_SECOND_E2 = (_WGS_A / _WGS_B) ** 2 - 1


def grid_to_airy(easting: float, northing: float) -> tuple[float, float]:
    """National Grid metres to latitude and longitude in radians on the Airy ellipsoid (the OSGB36 datum, not WGS84)."""
    xi = (northing - _NORTH_ORIGIN) / _GRID_RADIUS + _XI_ORIGIN
    eta = (easting - _EAST_ORIGIN) / _GRID_RADIUS
    b1, b2, b3, b4 = _FROM_GRID
    sin, cos, sinh, cosh = math.sin, math.cos, math.sinh, math.cosh
    xi2, xi4, xi6, xi8 = 2 * xi, 4 * xi, 6 * xi, 8 * xi
    eta2, eta4, eta6, eta8 = 2 * eta, 4 * eta, 6 * eta, 8 * eta
    xi_0 = (
        xi
        - b1 * sin(xi2) * cosh(eta2)
        - b2 * sin(xi4) * cosh(eta4)
        - b3 * sin(xi6) * cosh(eta6)
        - b4 * sin(xi8) * cosh(eta8)
    )
    eta_0 = (
        eta
        - b1 * cos(xi2) * sinh(eta2)
        - b2 * cos(xi4) * sinh(eta4)
        - b3 * cos(xi6) * sinh(eta6)
        - b4 * cos(xi8) * sinh(eta8)
    )
    conformal = math.asin(sin(xi_0) / cosh(eta_0))
    d1, d2, d3, d4 = _CONFORMAL
    lat = (
        conformal
        + d1 * sin(2 * conformal)
        + d2 * sin(4 * conformal)
        + d3 * sin(6 * conformal)
        + d4 * sin(8 * conformal)
    )
    return lat, _LON_ORIGIN + math.atan2(sinh(eta_0), cos(xi_0))


def grid_to_lat_lon(easting: float, northing: float) -> tuple[float, float]:
    """National Grid metres to WGS84 degrees (lat, lon), by Helmert's transform: good to 2 to 5 metres in Great
    Britain.
    """
    lat, lon = grid_to_airy(easting, northing)
    sin_lat, cos_lat = math.sin(lat), math.cos(lat)
    normal = _AIRY_A / math.sqrt(1 - _AIRY_E2 * sin_lat * sin_lat)
    x = normal * cos_lat * math.cos(lon)
    y = normal * cos_lat * math.sin(lon)
    z = normal * (1 - _AIRY_E2) * sin_lat
    x, y, z = (
        _SHIFT_X + x * _STRETCH - y * _TURN_Z + z * _TURN_Y,
        _SHIFT_Y + x * _TURN_Z + y * _STRETCH - z * _TURN_X,
        _SHIFT_Z - x * _TURN_Y + y * _TURN_X + z * _STRETCH,
    )
    # Bowring's closed form: exact to far below a millimetre near the ground.
    across = math.hypot(x, y)
    reduced = math.atan2(z * _WGS_A, across * _WGS_B)
    lat = math.atan2(
        z + _WGS_SECOND_E2 * _WGS_B * math.sin(reduced) ** 3, across - _WGS_E2 * _WGS_A * math.cos(reduced) ** 3
    )
    return math.degrees(lat), math.degrees(math.atan2(y, x))


def grid_to_point(easting: float, northing: float) -> Point:
    """National Grid metres to a WGS84 Point, good to 2 to 5 metres in Great Britain."""
    return Point(*grid_to_lat_lon(easting, northing))
