"""What a row of a published file becomes in the tables of providers and listings."""

from typing import Any

from catalogue.domain import AreaKind, ListingKind, ListingState, ProviderState, Unit, VatCategory
from catalogue.importing import ImportedPlace, ImportedProvider, PlaceKind
from catalogue.services.wording import import_texts
from marketplace import places_data
from marketplace.kernel import clock

FALLBACK_CATEGORY = "registered-care"
UNCATEGORISED_PLACE = "clubs-groups"


def provider_values(row: ImportedProvider | ImportedPlace) -> dict[str, Any]:
    """The columns of a provider that has not signed up, but for its organisation."""
    values: dict[str, Any] = {
        "state": ProviderState.UNCLAIMED,
        "source": row.source,
        "source_key": row.source_key,
        "cqc_location_id": None,
        "cqc_provider_id": None,
        "cqc_inspected_on": None,
    }
    if isinstance(row, ImportedProvider):
        values["cqc_location_id"] = row.cqc_location_id
        values["cqc_provider_id"] = row.cqc_provider_id
        values["cqc_inspected_on"] = row.cqc_inspection_date
    return values


def listing_values(row: ImportedProvider | ImportedPlace, categories: dict[str, int]) -> dict[str, Any]:
    """The columns of its listing, but for its organisation and when it came. `categories` are ids by slug."""
    is_place = isinstance(row, ImportedPlace)
    slugs = [slug for slug in row.category_slugs if slug in categories]
    fallback = UNCATEGORISED_PLACE if is_place else FALLBACK_CATEGORY
    texts = import_texts(row)
    return {
        "category_id": categories[slugs[0] if slugs else fallback],
        "state": ListingState.PUBLISHED,
        "kind": ListingKind.SERVICE,
        "title": row.name,
        "summary": texts.summary,
        "description": texts.description,
        "who_for": texts.who_for,
        "availability": texts.availability,
        "opening_hours": texts.opening_hours,
        "unit": Unit.VISIT if is_place else Unit.WEEK,
        "price_pence": 0 if is_place else None,
        "vat_category": VatCategory.OUTSIDE,
        "accepts_own_money": False,
        "accepts_direct_payment": False,
        "accepts_council_managed": False,
        "accepts_isf": False,
        "is_access_point": is_place and row.kind is PlaceKind.ACCESS_POINT,  # type: ignore[union-attr]
        "area_kind": AreaKind.AT_PLACE,
        "address": row.address,
        "postcode": row.postcode,
        "latitude": row.point.lat if row.point else None,
        "longitude": row.point.lon if row.point else None,
        "council_gss": responsible_council(row.council_gss),
        "phone": row.telephone,
        "email": row.email,
        "website": row.website,
        "source": row.source,
        "source_key": row.source_key,
        "source_as_of": row.as_of,
        "attribution": _attribution(row),
        "content_digest": row.content_digest,
        "updated_at": clock.now(),
    }


def _attribution(row: ImportedProvider | ImportedPlace) -> str:
    day = row.as_of_text or (f"{row.as_of.day} {row.as_of:%B %Y}" if row.as_of else None)
    return f"{row.attribution} As of {day}." if day else row.attribution


def responsible_council(district_gss: str | None) -> str | None:
    """The code of the council that answers for care in a district; None when the district is not known."""
    council = places_data.asc_council_for(district_gss) if district_gss else None
    return council.gss if council else None
