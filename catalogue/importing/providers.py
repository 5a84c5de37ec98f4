"""Files of care providers: the layouts that are known, and any other CSV with a map of its columns."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from catalogue.importing.categories import categories_of_name, categories_of_service_types, is_care
from catalogue.importing.cleaning import (
    clean_text,
    mend_telephone,
    na,
    na_lines,
    shortened,
    split_values,
    tidy_address,
    tidy_date,
    tidy_website,
)
from catalogue.importing.keys import site_key
from catalogue.importing.layouts import (
    CQC_ATTRIBUTION,
    AsOf,
    Columns,
    Layout,
    as_of_row,
    as_of_table,
    column,
    joined,
    recognise,
    unknown_header,
)
from catalogue.importing.locating import FindPostcode, GivenPlace, locate
from catalogue.importing.merging import merge_same
from catalogue.importing.people import (
    has_personal_title,
    is_private_person,
    may_be_private_person,
    organisation_name,
    publishable_email,
    without_persons_in_address,
    without_private_emails,
)
from catalogue.importing.records import ImportedProvider, Reading, RefusalKind, RefusedRow
from catalogue.importing.rows import Cells, Source, Table, UnreadableFile, header_key, read_table

GM_CARE_HOMES = "trafford-data-lab-gm-care-homes"
TRAFFORD_CARE_HOMES = "trafford-data-lab-care-homes"
NHS_CHOICES = "nhs-choices-social-care"
CQC_DIRECTORY = "cqc-directory"
MAPPED_CSV = "csv"

LONGEST_NAME = 120

# What a column map may name. Several columns are joined with "+": address="Line 1+Line 2+Town".
FIELDS = (
    "name", "address", "postcode", "telephone", "website", "email", "description", "service_types", "specialisms",
    "provider_name", "also_known_as", "cqc_location_id", "cqc_provider_id", "inspection_date", "council_name",
    "council_code", "lat", "lon", "easting", "northing", "key",
)  # fmt: skip
_MAP_ADVICE = (
    'For any other CSV say which column holds what, such as --map name="Business name" --map postcode=PCode '
    f"(name is needed; known are {', '.join(FIELDS)})."
)

_CARE_HOME_COLUMNS = {
    "name": column("name"),
    "service_types": column("type"),
    "address": column("address"),
    "postcode": column("postcode"),
    "telephone": column("telephone"),
    "website": column("website"),
    "council_name": column("area_name"),
    "council_code": column("area_code"),
    "lat": column("lat"),
    "lon": column("lon"),
}

LAYOUTS = (
    Layout(
        source=GM_CARE_HOMES,
        title="care homes of Greater Manchester (name, type, address, postcode, area_name, area_code)",
        needs=frozenset({"name", "type", "address", "postcode", "telephone", "website", "area_name", "area_code"}),
        columns=_CARE_HOME_COLUMNS,
        attribution=CQC_ATTRIBUTION,
    ),
    Layout(
        source=TRAFFORD_CARE_HOMES,
        title="care homes of Trafford (the same with cqc_id, provider, inspection_date)",
        needs=frozenset(
            {"name", "cqc_id", "type", "address", "postcode", "telephone", "website", "provider", "inspection_date"}
        ),
        columns=_CARE_HOME_COLUMNS
        | {
            "cqc_location_id": column("cqc_id"),
            "provider_name": column("provider"),
            "inspection_date": column("inspection_date"),
        },
        attribution=CQC_ATTRIBUTION,
    ),
    Layout(
        source=NHS_CHOICES,
        title="social care providers of NHS Choices (OrganisationCode, OrganisationName, Address1, Postcode)",
        needs=frozenset({"organisationcode", "organisationname", "organisationtype", "address1", "postcode"}),
        columns={
            "name": column("organisationname"),
            "cqc_provider_id": column("organisationcode"),
            "address": joined("address1", "address2", "address3", "city", "county"),
            "postcode": column("postcode"),
            "lat": column("latitude"),
            "lon": column("longitude"),
            "status": column("organisationstatus"),
        },
        attribution="Contains information from NHS Choices, licensed under the Open Government Licence v2.0.",
    ),
    Layout(
        source=CQC_DIRECTORY,
        title="the Care Quality Commission's directory (Name, Address, Postcode, Service types, Provider name)",
        needs=frozenset({"name", "address", "postcode", "service types", "provider name"}),
        columns={
            "name": column("name"),
            "also_known_as": column("also known as"),
            "address": column("address"),
            "postcode": column("postcode"),
            "telephone": column("phone number"),
            "website": column("service's website (if available)", "website"),
            "service_types": column("service types"),
            "inspection_date": column("date of latest check"),
            "specialisms": column("specialisms/services"),
            "provider_name": column("provider name"),
            "council_name": column("local authority"),
            "cqc_location_id": column(
                "cqc location id (for office use only)", "cqc location (for office use only",
                "cqc location (for office use only)", "cqc location id",
            ),
            "cqc_provider_id": column(
                "cqc provider id (for office use only)", "cqc provider (for office use only",
                "cqc provider (for office use only)", "cqc provider id",
            ),
        },
        attribution=CQC_ATTRIBUTION,
    ),
)  # fmt: skip


def read_providers(
    source: Source,
    column_map: Mapping[str, str] | None = None,
    *,
    find_postcode: FindPostcode | None = None,
    as_of: date | None = None,
    source_slug: str | None = None,
    attribution: str | None = None,
) -> Reading[ImportedProvider]:
    """Every row of a file of providers, as ImportedProvider or RefusedRow, in its order.

    The header tells the layout; `column_map` (our fact: their column, see `FIELDS`) reads any other CSV, and then
    `source_slug` (at most 40 characters) and `attribution` say whose it is. `find_postcode` gives exact positions and
    councils where full postcodes have been imported. `as_of` overrides the day that the file tells. Raises
    UnreadableFile.
    """
    wanted = {field: _columns_of(text) for field, text in column_map.items()} if column_map else None
    table = read_table(source, is_header=lambda keys: _known(keys, wanted))
    if wanted is not None:
        layout = _mapped_layout(table, wanted, source_slug, attribution)
    else:
        found = recognise(LAYOUTS, table.keys)
        if found is None:
            raise unknown_header(table, LAYOUTS, _MAP_ADVICE)
        layout = replace(found, source=(source_slug or found.source)[:40], attribution=attribution or found.attribution)
    file_as_of = as_of_table(table, as_of)
    reader = _Reader(layout, table, file_as_of, find_postcode, mapped=wanted is not None)
    return Reading(
        merge_same(reader.rows()),
        source=layout.source,
        digest=table.digest,
        attribution=layout.attribution,
        as_of=file_as_of.day,
        as_of_text=file_as_of.text,
    )


def parse_column_map(pairs: Iterable[str]) -> dict[str, str]:
    """("name=Business name", "postcode=PCode") as a map. Raises UnreadableFile, which says what is wrong with a
    pair.
    """
    column_map: dict[str, str] = {}
    for pair in pairs:
        field, equals, header = pair.partition("=")
        field = field.strip()
        if not equals or not header.strip():
            raise UnreadableFile(f"“{pair}” is no map of a column: write it like name=Business name.")
        if field not in FIELDS:
            raise UnreadableFile(f"“{field}” is not something that a provider has here. Known are {', '.join(FIELDS)}.")
        column_map[field] = header.strip()
    if column_map and "name" not in column_map:
        raise UnreadableFile("The map must say which column holds the name, like name=Business name.")
    return column_map


def _columns_of(text: str) -> Columns:
    """A column by its own name, or, when the file has none of that name, several joined with "+"."""
    several = tuple(header_key(part) for part in text.split("+"))
    return Columns(((header_key(text),), several))


def _known(keys: frozenset[str], wanted: Mapping[str, Columns] | None) -> bool:
    if wanted is None:
        return recognise(LAYOUTS, keys) is not None
    return all(_has(keys, columns) for columns in wanted.values())


def _has(keys: frozenset[str], columns: Columns) -> bool:
    return any(all(name in keys for name in names) for names in columns.alternatives)


def _mapped_layout(table: Table, wanted: Mapping[str, Columns], slug: str | None, attribution: str | None) -> Layout:
    missing = [field for field, columns in wanted.items() if not _has(table.keys, columns)]
    if missing:
        names = ", ".join(f"“{' + '.join(wanted[field].alternatives[-1])}” ({field})" for field in missing)
        seen = ", ".join(cell for cell in table.header if cell)
        raise UnreadableFile(f"{table.name} has no column {names}. Its columns are: {seen[:400]}.")
    return Layout((slug or MAPPED_CSV)[:40], "a mapped CSV", frozenset(), wanted, attribution or "")


_CQC_ID = re.compile(r"[0-9]{1,3}-[0-9]{3,16}|[A-Z][A-Z0-9]{2,19}")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns rows of one file into records."""

    layout: Layout
    table: Table
    file_as_of: AsOf
    find_postcode: FindPostcode | None
    mapped: bool

    def rows(self) -> Iterator[ImportedProvider | RefusedRow]:
        for row in self.table.rows:
            yield row if isinstance(row, RefusedRow) else self.record(*row)

    def record(self, row_number: int, cells: Cells) -> ImportedProvider | RefusedRow:
        def cell(field: str) -> str:
            return self.layout.read(field, cells)

        name = na(cell("name"))
        if name is None:
            return RefusedRow(row_number, "it has no name")
        published_provider = na(cell("provider_name"))
        if self._is_a_person(name, published_provider):
            return RefusedRow(row_number, "it carries the name of a private person")
        status = na(cell("status"))
        if status and status.casefold() != "visible":
            return RefusedRow(row_number, f"its publisher marks it as {status}")
        service_types = split_values(cell("service_types"))
        if self.layout.source == CQC_DIRECTORY and service_types and not is_care(service_types):
            kinds = ", ".join(service_types)
            return RefusedRow(row_number, f"not care or support: {kinds}", RefusalKind.OUT_OF_SCOPE)

        address = without_persons_in_address(tidy_address(cell("address")) or "")
        where = locate(
            GivenPlace(
                postcode=cell("postcode"),
                lat=cell("lat"),
                lon=cell("lon"),
                easting=cell("easting"),
                northing=cell("northing"),
                council_code=cell("council_code"),
                council_name=cell("council_name"),
            ),
            self.find_postcode,
        )
        if where.failing:
            return RefusedRow(row_number, where.failing)

        known = f"{name} {address}"
        telephone, telephone_note = mend_telephone(cell("telephone"))
        website, website_note = tidy_website(cell("website"))
        email, email_note = publishable_email(cell("email"), known=known)
        provider_name, provider_note = organisation_name(published_provider)
        description, description_note = without_private_emails(na_lines(cell("description")) or "", known=known)
        location_id, location_note = _cqc_id(cell("cqc_location_id"))
        provider_id, provider_id_note = _cqc_id(cell("cqc_provider_id"))
        as_of = as_of_row(self.table, self.file_as_of, where.council_gss)
        also_known_as = na(cell("also_known_as"))
        if also_known_as and has_personal_title(also_known_as):
            also_known_as = None
        return ImportedProvider(
            row_number=row_number,
            source=self.layout.source,
            source_key=_key(na(cell("key")), location_id, provider_id, site_key(name, where.postcode, address)),
            name=shortened(name, LONGEST_NAME),
            address=address,
            postcode=where.postcode,
            council_gss=where.council_gss,
            point=where.point,
            point_source=where.point_source,
            attribution=self.layout.attribution,
            as_of=as_of.day,
            as_of_text=as_of.text,
            description=description or None,
            telephone=telephone,
            website=website,
            email=email,
            category_slugs=categories_of_service_types(service_types) or categories_of_name(name),
            service_types=service_types,
            specialisms=split_values(cell("specialisms")),
            provider_name=provider_name,
            also_known_as=also_known_as,
            cqc_location_id=location_id,
            cqc_provider_id=provider_id,
            cqc_inspection_date=tidy_date(cell("inspection_date")),
            notes=where.notes
            + tuple(
                note
                for note in (
                    telephone_note,
                    website_note,
                    email_note,
                    provider_note,
                    description_note,
                    location_note,
                    provider_id_note,
                )
                if note
            ),
        )

    def _is_a_person(self, name: str, provider_name: str | None) -> bool:
        """Whether to publish the row would publish a person's name.

        Homes and agencies may be named after somebody (Ann Challis): then only a title, or a provider of the same name
        who may be a person, tells. NHS Choices and other lists name who owns the firm.
        """
        if has_personal_title(name):
            return True
        if self.layout.source == NHS_CHOICES:
            return may_be_private_person(name)
        if self.mapped:
            return is_private_person(name)
        same = provider_name is not None and clean_text(provider_name).casefold() == name.casefold()
        return same and may_be_private_person(name)


def _cqc_id(text: str) -> tuple[str | None, str | None]:
    written = na(text)
    if written is None or _CQC_ID.fullmatch(written):
        return written, None
    return None, f"“{shortened(written, 40)}” is not an id of the Care Quality Commission"


def _key(own: str | None, location_id: str | None, provider_id: str | None, site: str) -> str:
    if own:
        return f"own:{own}"[:120]
    if location_id:
        return f"cqc-location:{location_id}"
    if provider_id:
        return f"cqc-provider:{provider_id}"
    return site
