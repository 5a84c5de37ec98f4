"""Where outcodes are and which council answers for adult social care, from packaged open data.

Read once, when first asked. Sources, licences and their quirks: `data/README.md`. What is shown to people from this
data carries `ATTRIBUTION`.
"""

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from marketplace.kernel.places import InvalidPostcode, Point, distance_metres, outcode_of

ATTRIBUTION = (
    "Contains OS data © Crown copyright and database right 2025",
    "Contains Royal Mail data © Royal Mail copyright and database right 2025",
    "Contains National Statistics data © Crown copyright and database right 2025",
    "UK local authority names and codes by mySociety, CC BY 4.0",
)

COUNTY_COUNCIL = "county council"

# Fewer postcodes than this and an outcode may be post-office boxes only, which is no name for a place.
_FEWEST_POSTCODES_OF_A_PLACE = 4

# A name is mended only when it is long enough, and so much like one of ours, that it can hardly be another place.
_LEAST_LETTERS_TO_MEND = 5
_ALIKE = 0.88

# Codes that newer products of the Office for National Statistics use for a council packaged under its older code.
_NEWER_CODES = {"E08000038": "E08000016", "E08000039": "E08000019"}


class UnknownCouncil(LookupError):
    """No council of England has this code."""


@dataclass(frozen=True, slots=True)
class Outcode:
    """The first half of a postcode: where it is, and the council that holds most (not all) of it."""

    outcode: str
    point: Point
    postcodes: int
    council_gss: str
    councils_spanned: int

    @property
    def lat(self) -> float:
        return self.point.lat

    @property
    def lon(self) -> float:
        return self.point.lon

    @property
    def nation(self) -> str:
        """England, Scotland or Wales: where most of it lies."""
        return {"S": "Scotland", "W": "Wales"}.get(self.council_gss[:1], "England")

    @property
    def only_council_gss(self) -> str | None:
        """The council, when the whole outcode is in it; None when several share it and only a full postcode can
        tell.
        """
        return self.council_gss if self.councils_spanned == 1 else None


@dataclass(frozen=True, slots=True)
class Council:
    """A district, unitary or county council of England, and the council responsible for adult social care there."""

    gss: str
    name: str
    official_name: str
    authority_type: str
    region: str
    former_gss: tuple[str, ...]
    asc_gss: str
    slug: str | None

    @property
    def is_asc_council(self) -> bool:
        return self.gss == self.asc_gss


def find_outcode(text: str) -> Outcode | None:
    """The outcode of a postcode or outcode as typed; None when it is not one or has no known position."""
    try:
        return _outcodes().get(outcode_of(text))
    except InvalidPostcode:
        return None


def nearest_outcode(point: Point) -> Outcode:
    """The outcode whose middle is nearest: gives a position a name. Outcodes of three postcodes or fewer are passed
    over.

    Never a way to find the council: neighbours share outcodes. Ties go to the first in the alphabet.
    """
    # Degrees of longitude shrunk to the length of degrees of latitude: orders near neighbours as the great circle does.
    shrink = math.cos(math.radians(point.lat))

    def roughly(outcode: Outcode) -> float:
        return (outcode.point.lat - point.lat) ** 2 + ((outcode.point.lon - point.lon) * shrink) ** 2

    nearest = sorted(_named_outcodes(), key=roughly)[:4]
    return min(nearest, key=lambda outcode: (distance_metres(point, outcode.point), outcode.outcode))


def list_outcodes() -> tuple[Outcode, ...]:
    """All 2,863 outcodes, by outcode."""
    return tuple(_outcodes().values())


def find_council(code: str) -> Council | None:
    """The council of a GSS code (district, unitary or county), also by a newer or a former code; None when unknown."""
    councils = _councils()
    return councils.get(code) or councils.get(_aliases().get(code, ""))


def get_council(gss: str) -> Council:
    """As `find_council`, but raises UnknownCouncil."""
    council = find_council(gss)
    if council is None:
        raise UnknownCouncil(gss)
    return council


def find_council_by_name(name: str) -> Council | None:
    """The council of a name, however formal: "Darlington", "darlington borough council", "Bristol, City of".

    None when no council, or more than one, goes by that name.
    """
    return _names().get(_plain_name(name)) or _short_names().get(_short_name(name))


def find_council_like(name: str) -> Council | None:
    """The one council whose name was probably meant: "Darlingtn". None when the words are short or nothing is near."""
    plain = _plain_name(name)
    if len(plain) < _LEAST_LETTERS_TO_MEND:
        return None
    near = get_close_matches(plain, [*_names(), *_short_names()], n=1, cutoff=_ALIKE)
    return find_council_by_name(near[0]) if near else None


def asc_council_for(district_gss: str) -> Council:
    """The council responsible for adult social care in a district or unitary council: the county in two-tier areas.

    Raises UnknownCouncil.
    """
    return get_council(get_council(district_gss).asc_gss)


def list_asc_councils() -> tuple[Council, ...]:
    """The 153 councils of England responsible for adult social care, by name."""
    return tuple(
        sorted(
            (council for council in _councils().values() if council.is_asc_council), key=lambda council: council.name
        )
    )


def mend_gss(code: str) -> str | None:
    """A GSS code as it should be: "E0800003" (a zero lost on the way) gives "E08000003".

    Codes of a right form are returned as they are, known or not; None when the code cannot be understood, or when the
    mended code is no council's.
    """
    tidy = code.strip().upper()
    if re.fullmatch(r"[A-Z][0-9]{8}", tidy):
        return tidy
    found = re.fullmatch(r"(E0[6-9]|E10)([0-9]{1,5})", tidy)
    if found is None:
        return None
    mended = f"{found[1]}{found[2].zfill(6)}"
    return mended if find_council(mended) else None


# --- reading the packaged files -------------------------------------------------------------------------------------


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files(__name__).joinpath("data", name).read_text(encoding="utf-8")
    yield from csv.DictReader(io.StringIO(text, newline=""))


@cache
def _outcodes() -> MappingProxyType[str, Outcode]:
    return MappingProxyType(
        {
            row["outcode"]: Outcode(
                outcode=row["outcode"],
                point=Point(float(row["latitude"]), float(row["longitude"])),
                postcodes=int(row["postcodes"]),
                council_gss=row["council_gss"],
                councils_spanned=int(row["councils_spanned"]),
            )
            for row in _rows("outcodes.csv")
        }
    )


@cache
def _named_outcodes() -> tuple[Outcode, ...]:
    return tuple(outcode for outcode in _outcodes().values() if outcode.postcodes >= _FEWEST_POSTCODES_OF_A_PLACE)


@cache
def _councils() -> MappingProxyType[str, Council]:
    councils: dict[str, Council] = {}
    counties: dict[str, Council] = {}
    for row in _rows("councils.csv"):
        council = Council(
            gss=row["gss_code"],
            name=row["name"],
            official_name=" ".join(row["official_name"].split()),
            authority_type=row["authority_type"],
            region=row["region"],
            former_gss=tuple(code for code in row["former_gss_codes"].split(";") if code),
            asc_gss=row["asc_gss_code"],
            slug=row["gov_uk_slug"] or None,
        )
        councils[council.gss] = council
        if row["asc_council_type"] == COUNTY_COUNCIL:
            official_name = row["asc_council"]
            counties[council.asc_gss] = replace(
                council,
                gss=council.asc_gss,
                name=official_name.removesuffix(" County Council"),
                official_name=official_name,
                authority_type=COUNTY_COUNCIL,
                former_gss=(),
                slug=None,
            )
    return MappingProxyType(councils | dict(sorted(counties.items())))


@cache
def _aliases() -> MappingProxyType[str, str]:
    """Codes that are no longer, or not yet, in the file, each with the code that is."""
    former = {code: council.gss for council in _councils().values() for code in council.former_gss}
    return MappingProxyType(former | _NEWER_CODES)


@cache
def _names() -> MappingProxyType[str, Council]:
    """Councils by full name. A district and its county never share one."""
    names: dict[str, Council] = {}
    for council in _councils().values():
        for name in (council.official_name, council.name):
            names.setdefault(_plain_name(name), council)
    return MappingProxyType(names)


@cache
def _short_names() -> MappingProxyType[str, Council]:
    """Councils by bare name, where only one goes by it."""
    short: dict[str, set[Council]] = {}
    for council in _councils().values():
        for name in {_short_name(council.name), _short_name(council.official_name)}:
            short.setdefault(name, set()).add(council)
    return MappingProxyType({name: next(iter(found)) for name, found in short.items() if name and len(found) == 1})


_RANK_WORDS = frozenset(
    ("the", "council", "of", "city", "county", "borough", "district", "london", "royal", "metropolitan", "unitary")
)


def _plain_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", name.casefold().replace("&", " and ").replace("'", "")).strip()


def _short_name(name: str) -> str:
    return " ".join(word for word in _plain_name(name).split() if word not in _RANK_WORDS)
