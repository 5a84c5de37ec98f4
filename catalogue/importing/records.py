"""What a reader hands over: frozen records, and rows that were refused with the reason."""

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from typing import Any, Generic, TypeVar

from catalogue.importing.keys import place_key
from marketplace.kernel.places import Point


class PointSource(StrEnum):
    """How well a position is known: given in the file, the middle of a postcode, or only the middle of an outcode."""

    FILE = "file"
    POSTCODE = "postcode"
    OUTCODE = "outcode"


class PlaceKind(StrEnum):
    """What a directory row becomes: a place where staff help people to use the site, or a free community listing."""

    ACCESS_POINT = "access-point"
    COMMUNITY = "community"


class RefusalKind(StrEnum):
    """Why a row gave no record of its own."""

    REFUSED = "refused"  # something is wrong with it, or it must not be published
    MERGED = "merged"  # the same place as an earlier row, and joined with it
    OUT_OF_SCOPE = "out-of-scope"  # nothing wrong with it, but not care or support (a dentist)


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that gave no record: its number as a spreadsheet shows it, and the reason in words."""

    row_number: int
    reason: str
    kind: RefusalKind = RefusalKind.REFUSED
    source_key: str | None = None
    merged_into: int | None = None


@dataclass(frozen=True, slots=True)
class OpeningPeriod:
    """Open on a weekday (0 is Monday) from `opens` until `closes`; `closes` at 00:00 means midnight at the day's
    end.
    """

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class PostcodePosition:
    """What a lookup of a full postcode answers: its place and its district or unitary council."""

    point: Point | None
    district_gss: str | None


# Not part of what a record says: where in the file it stood, and remarks for whoever runs the import.
_NOT_CONTENT = frozenset({"row_number", "notes"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Imported:
    """What providers and places share. Texts are clean, plain and fit to publish; None is "not known"."""

    row_number: int
    source: str  # at most 40 characters, such as "trafford-care-homes"
    source_key: str  # at most 120 characters, the same at the next import of the same place
    name: str  # at most 120 characters
    address: str
    postcode: str | None
    council_gss: str | None  # the district or unitary council it stands in
    point: Point | None
    point_source: PointSource | None
    attribution: str
    as_of: date | None = None
    as_of_text: str | None = None  # "July 2018" where only the month is known
    description: str | None = None
    telephone: str | None = None
    website: str | None = None
    email: str | None = None
    category_slugs: tuple[str, ...] = ()  # of the catalogue, the main one first; empty when nothing tells
    notes: tuple[str, ...] = field(default=())

    @property
    def place_key(self) -> str:
        """A key (at most 120 characters) that records of the same place share, whoever published them."""
        return place_key(self.name, self.postcode)

    @property
    def content_digest(self) -> str:
        """SHA-256 (64 hex digits) of what the record says: the same digest, nothing changed."""
        facts = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in _NOT_CONTENT}
        text = json.dumps(facts, default=_plain, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedProvider(_Imported):
    """One care home, agency or other provider, at one address.

    `name` is the name of the place or firm; `provider_name` the organisation that runs it, None when the file does not
    say or when it is a private person. `source_key` begins with what kind of key it is: "cqc-location:",
    "cqc-provider:", "own:" (the file's own reference) or "site:" (made of name, postcode and address).
    """

    service_types: tuple[str, ...] = ()  # as published: "Residential homes"
    specialisms: tuple[str, ...] = ()
    provider_name: str | None = None
    also_known_as: str | None = None
    cqc_location_id: str | None = None
    cqc_provider_id: str | None = None
    cqc_inspection_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPlace(_Imported):
    """One library, pharmacy, food bank, group or centre, free to use."""

    kind: PlaceKind
    opening_periods: tuple[OpeningPeriod, ...] | None = None  # None: not known in this form
    opening_text: str | None = None  # opening hours in words
    referral: str | None = None  # "voucher", "referral", "self-referral", "membership", "open", "meals", "assessment"
    referral_text: str | None = None  # the same, in the publisher's words
    facilities: str | None = None
    managed_by: str | None = None
    place_type: str | None = None  # "Community run library"


Record = TypeVar("Record")


class Reading(Iterator[Record | RefusedRow], Generic[Record]):
    """Records and refused rows of one file, one after the other, with what is known about the file itself."""

    def __init__(
        self,
        rows: Iterator[Record | RefusedRow],
        *,
        source: str,
        digest: str,
        attribution: str,
        as_of: date | None,
        as_of_text: str | None,
    ) -> None:
        self._rows = rows
        self.source = source
        self.digest = digest  # SHA-256 of the file, 64 hex digits
        self.attribution = attribution
        self.as_of = as_of
        self.as_of_text = as_of_text

    def __iter__(self) -> "Reading[Record]":
        return self

    def __next__(self) -> Record | RefusedRow:
        return next(self._rows)
