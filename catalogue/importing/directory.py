"""Files of places that are free to use: libraries (as access points), pharmacies, food banks, groups, centres."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from catalogue.importing import categories
from catalogue.importing.cleaning import (
    is_mobile,
    mend_telephone,
    na,
    na_lines,
    shortened,
    tidy_address,
    tidy_website,
)
from catalogue.importing.hours import WEEKDAYS, Week, read_week
from catalogue.importing.keys import site_key
from catalogue.importing.layouts import (
    OGL_3,
    TRAFFORD_ATTRIBUTION,
    AsOf,
    Layout,
    as_of_row,
    as_of_table,
    column,
    recognise,
    unknown_header,
)
from catalogue.importing.locating import FindPostcode, GivenPlace, locate
from catalogue.importing.merging import merge_same
from catalogue.importing.people import (
    EMAIL,
    has_personal_title,
    may_be_private_person,
    publishable_email,
    without_persons_in_address,
    without_private_emails,
)
from catalogue.importing.providers import LAYOUTS as PROVIDER_LAYOUTS
from catalogue.importing.providers import LONGEST_NAME
from catalogue.importing.records import ImportedPlace, PlaceKind, Reading, RefusedRow
from catalogue.importing.referral import has_closed, referral_of
from catalogue.importing.rows import Cells, Source, Table, UnreadableFile, read_table

LIBRARIES = "trafford-data-lab-libraries"
PHARMACIES = "nhsbsa-pharmacies"
FOOD_BANKS = "gmpa-food-banks"
MENTAL_HEALTH = "trafford-mental-health"
LEISURE_CENTRES = "trafford-leisure-centres"
COMMUNITY_HUBS = "trafford-community-hubs"

TRAFFORD_GSS = "E08000009"

_WEEKDAY_COLUMNS = tuple(f"opening_hours_{day.casefold()}" for day in WEEKDAYS)

_PLACE = {"name": column("name"), "address": column("address"), "postcode": column("postcode")}
_REACH = {"telephone": column("telephone"), "website": column("website")}
_AREA = {"council_name": column("area_name", "area name"), "council_code": column("area_code", "area code")}
_POINT = {"lat": column("lat"), "lon": column("lon")}

LAYOUTS = (
    Layout(
        source=LIBRARIES,
        title="libraries (name, address, postcode, type, email, website, area_name, area_code)",
        needs=frozenset({"name", "address", "postcode", "type", "email", "website", "area_name", "area_code"}),
        columns=_PLACE
        | _AREA
        | _POINT
        | {"place_type": column("type"), "email": column("email"), "website": column("website")},
        attribution=TRAFFORD_ATTRIBUTION,
    ),
    Layout(
        source=PHARMACIES,
        title="pharmacies (pharmacy_name, address, postcode, opening_hours_monday to opening_hours_sunday)",
        needs=frozenset({"pharmacy_name", "address", "postcode", "organisation_data_service_code", *_WEEKDAY_COLUMNS}),
        columns={
            "name": column("pharmacy_name"),
            "address": column("address"),
            "postcode": column("postcode"),
            "ods_code": column("organisation_data_service_code"),
            "council_code": column("la_code"),
            "council_name": column("la_name"),
        },
        attribution=f"NHSBSA Open Data. {OGL_3}",
    ),
    Layout(
        source=FOOD_BANKS,
        title="food banks (Name, Referral method, Opening times, Address, Postcode, Contact, Website)",
        needs=frozenset({"name", "referral method", "opening times", "address", "postcode", "contact", "website"}),
        columns=_PLACE
        | _AREA
        | {
            "website": column("website"),
            "contact": column("contact"),
            "referral": column("referral method"),
            "opening_text": column("opening times"),
        },
        attribution=f"GM Poverty Action. {OGL_3}",
    ),
    Layout(
        source=MENTAL_HEALTH,
        title="mental health services (name, description, address, postcode, telephone, website)",
        needs=frozenset({"name", "description", "address", "postcode", "telephone", "website"}),
        columns=_PLACE | _REACH | {"description": column("description")},
        attribution=TRAFFORD_ATTRIBUTION,
    ),
    Layout(
        source=LEISURE_CENTRES,
        title="leisure centres (name, address, postcode, telephone, website, opening_hours, facilities, managed_by)",
        council_gss=TRAFFORD_GSS,
        needs=frozenset(
            {"name", "address", "postcode", "telephone", "website", "opening_hours", "facilities", "managed_by"}
        ),
        columns=_PLACE
        | _REACH
        | _POINT
        | {
            "opening_text": column("opening_hours"),
            "facilities": column("facilities"),
            "managed_by": column("managed_by"),
        },
        attribution=(
            f"Trafford Council, Trafford Leisure CIC, George Carnall Community Group CIC, Schools Plus. {OGL_3}"
        ),
    ),
    Layout(
        source=COMMUNITY_HUBS,
        title="community hubs (community_hub, address, postcode, website, email, telephone, opening_hours)",
        council_gss=TRAFFORD_GSS,
        needs=frozenset({"community_hub", "address", "postcode", "website", "email", "telephone", "opening_hours"}),
        columns=_REACH
        | _POINT
        | {
            "name": column("community_hub"),
            "address": column("address"),
            "postcode": column("postcode"),
            "email": column("email"),
            "opening_text": column("opening_hours"),
        },
        attribution=TRAFFORD_ATTRIBUTION,
    ),
)

_CATEGORY = {
    LIBRARIES: categories.LIBRARIES,
    PHARMACIES: categories.PHARMACIES,
    FOOD_BANKS: categories.FOOD_BANKS,
    MENTAL_HEALTH: categories.MENTAL_HEALTH,
    LEISURE_CENTRES: categories.SPORT_LEISURE,
    COMMUNITY_HUBS: categories.COMMUNITY_HUBS,
}


def read_directory(
    source: Source,
    *,
    find_postcode: FindPostcode | None = None,
    as_of: date | None = None,
) -> Reading[ImportedPlace]:
    """Every row of a file of free places, as ImportedPlace or RefusedRow, in its order.

    The header tells which file it is. `find_postcode` and `as_of` as in `read_providers`. Raises UnreadableFile.
    """
    table = read_table(source, is_header=lambda keys: recognise(LAYOUTS, keys) is not None)
    layout = recognise(LAYOUTS, table.keys)
    if layout is None:
        if recognise(PROVIDER_LAYOUTS, table.keys):
            raise UnreadableFile(f"{table.name} is a list of providers: read it with import providers.")
        raise unknown_header(table, LAYOUTS, "Name the columns of your file as in one of these.")
    file_as_of = as_of_table(table, as_of)
    reader = _Reader(layout, table, file_as_of, find_postcode)
    return Reading(
        merge_same(reader.rows()),
        source=layout.source,
        digest=table.digest,
        attribution=layout.attribution,
        as_of=file_as_of.day,
        as_of_text=file_as_of.text,
    )


@dataclass(frozen=True, slots=True)
class _Contact:
    """The ways to reach a place that may be shown."""

    telephone: str | None
    email: str | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns rows of one file into records."""

    layout: Layout
    table: Table
    file_as_of: AsOf
    find_postcode: FindPostcode | None

    def rows(self) -> Iterator[ImportedPlace | RefusedRow]:
        for row in self.table.rows:
            yield row if isinstance(row, RefusedRow) else self.record(*row)

    def record(self, row_number: int, cells: Cells) -> ImportedPlace | RefusedRow:
        def cell(field: str) -> str:
            return self.layout.read(field, cells)

        name = na(cell("name"))
        if name is None:
            return RefusedRow(row_number, "it has no name")
        if has_personal_title(name) and may_be_private_person(name.partition(" ")[2]):
            return RefusedRow(row_number, "it carries the name of a private person")
        referral_text = na(cell("referral"))
        if referral_text and has_closed(referral_text):
            return RefusedRow(
                row_number, f"the file itself says that it may have closed: “{shortened(referral_text, 120)}”"
            )
        if self.layout.source == COMMUNITY_HUBS and "hub" not in name.casefold():
            name = f"{name} community hub"

        address, remark = _address_and_remark(cell("address"))
        where = locate(
            GivenPlace(
                postcode=cell("postcode"),
                lat=cell("lat"),
                lon=cell("lon"),
                council_code=cell("council_code") or self.layout.council_gss,
                council_name=cell("council_name"),
            ),
            self.find_postcode,
        )
        if where.failing:
            return RefusedRow(row_number, where.failing)

        known = f"{name} {address} {cell('council_name')}"
        if self.layout.source == FOOD_BANKS:
            contact = _mixed_contact(cell("contact"), known)
        else:
            contact = _contact(cell("telephone"), cell("email"), known)
        website, website_note = tidy_website(cell("website"))
        texts = {
            field: without_private_emails(na_lines(cell(field)) or "", known=known)
            for field in ("description", "opening_text", "facilities", "referral")
        }
        week = Week(None, texts["opening_text"][0] or None, ())
        if self.layout.source == PHARMACIES:
            week = read_week([cells[key] for key in _WEEKDAY_COLUMNS])
        ods_code = na(cell("ods_code"))
        as_of = as_of_row(self.table, self.file_as_of, where.council_gss)
        return ImportedPlace(
            row_number=row_number,
            source=self.layout.source,
            source_key=f"ods:{ods_code}"[:120] if ods_code else site_key(name, where.postcode, address),
            kind=PlaceKind.ACCESS_POINT if self.layout.source == LIBRARIES else PlaceKind.COMMUNITY,
            name=shortened(name, LONGEST_NAME),
            address=address,
            postcode=where.postcode,
            council_gss=where.council_gss,
            point=where.point,
            point_source=where.point_source,
            attribution=self.layout.attribution,
            as_of=as_of.day,
            as_of_text=as_of.text,
            description="\n".join(text for text in (texts["description"][0], remark) if text) or None,
            telephone=contact.telephone,
            website=website,
            email=contact.email,
            category_slugs=(_CATEGORY[self.layout.source],),
            opening_periods=week.periods,
            opening_text=week.text,
            referral=referral_of(referral_text),
            referral_text=texts["referral"][0] or None,
            facilities=texts["facilities"][0] or None,
            managed_by=na(cell("managed_by").rstrip(". ")),
            place_type=na(cell("place_type")),
            notes=where.notes
            + contact.notes
            + week.notes
            + tuple(note for note in (website_note, *dict.fromkeys(note for _, note in texts.values())) if note),
        )


def _contact(telephone_cell: str, email_cell: str, known: str) -> _Contact:
    telephone, telephone_note = mend_telephone(telephone_cell)
    email, email_note = publishable_email(email_cell, known=known)
    return _Contact(telephone, email, tuple(note for note in (telephone_note, email_note) if note))


_NUMBER = re.compile(r"(?<![A-Za-z0-9])[+0-9O][0-9\s()]{7,15}[0-9](?![0-9])")


def _mixed_contact(cell: str, known: str) -> _Contact:
    """Telephone and e-mail out of one cell that holds either, both, or several of each.

    Whoever runs a food bank from home gives their own number: a mobile is left out, as is an address that may be
    somebody's.
    """
    text = na(cell)
    if text is None:
        return _Contact(None, None, ())
    notes: list[str] = []
    emails, telephones = [], []
    for found in EMAIL.findall(text):
        email, note = publishable_email(found, known=known)
        emails += [email] if email else []
        notes += [note] if note else []
    for found in _NUMBER.findall(EMAIL.sub(" ", text)):
        telephone, note = mend_telephone(found)
        if is_mobile(telephone):
            telephone, note = None, "mobile number left out: it may be somebody's own"
        telephones += [telephone] if telephone else []
        notes += [note] if note else []
    if not emails and not telephones and not notes:
        notes.append("contact left out: it holds no telephone number and no e-mail address")
    return _Contact(next(iter(telephones), None), next(iter(emails), None), tuple(dict.fromkeys(notes)))


def _address_and_remark(cell: str) -> tuple[str, str | None]:
    """(address, remark): some address cells go on with, or are nothing but, "Please note ..."."""
    address = tidy_address(cell) or ""
    found = re.search(r"\bplease note\b.*", address, re.IGNORECASE | re.DOTALL)
    remark = f"{found[0][:1].upper()}{found[0][1:]}" if found else None
    if found:
        address = address[: found.start()].rstrip(" ,.")
    return without_persons_in_address(address), remark
