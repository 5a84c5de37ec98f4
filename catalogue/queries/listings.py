"""Read one listing whole, what is like it, and a provider's public page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from catalogue.domain import AreaKind, ListingKind, ListingState, ProviderState, Unit, VatCategory
from catalogue.errors import ListingNotFound
from catalogue.models import Category, Listing, ListingCouncil, Provider
from catalogue.queries.cards import Card, cards_of_provider, place_of
from catalogue.queries.offers import Offer, offer_for, rails_of
from catalogue.visibility import PUBLIC_PROVIDERS, was_public, why_not_ordered, why_not_public
from catalogue.words import UNITS, UnitWords
from marketplace import places_data
from marketplace.accounts.queries import ORGANISATIONS, get_organisation
from marketplace.database import db
from marketplace.kernel.errors import NotFound
from marketplace.kernel.places import Point
from marketplace.kernel.rails import Rail

__all__ = [
    "Checks",
    "ListingView",
    "Offer",
    "ProviderPage",
    "get_listing",
    "get_provider_page",
    "known_providers",
    "offer_for",
]


@dataclass(frozen=True)
class Checks:
    """What was checked of a provider, by whom and when. "Declared" is the provider's own word for it."""

    cqc_rating: str | None
    cqc_rating_on: date | None
    cqc_inspected_on: date | None
    cqc_location_id: str | None
    dbs_declared_on: date | None
    insurance_declared_on: date | None
    insurance_ends_on: date | None
    approved_on: datetime | None


@dataclass(frozen=True)
class ListingView:
    """Everything that everybody may read of a listing. `why_not_shown` and `why_not_ordered` are sentences or None."""

    id: int
    organisation_id: int
    provider_name: str
    provider_state: ProviderState
    provider_about: str | None
    is_micro_enterprise: bool
    title: str
    summary: str
    description: str
    included: str | None
    who_for: str | None
    availability: str | None
    opening_hours: dict[str, Any] | None
    kind: ListingKind
    state: ListingState
    unit: Unit
    unit_words: UnitWords
    price_pence: int | None
    min_quantity: int
    max_quantity: int
    vat_category: VatCategory
    category_slug: str
    category_name: str
    category_icon: str
    parent_slug: str | None
    parent_name: str | None
    rails: frozenset[Rail]
    is_access_point: bool
    area_kind: AreaKind
    radius_metres: int | None
    council_names: tuple[str, ...]
    place: str | None
    address: str | None
    postcode: str | None
    point: Point | None
    phone: str | None
    email: str | None
    website: str | None
    source: str | None
    source_as_of: date | None
    attribution: str | None
    rating: float | None
    rating_count: int
    checks: Checks
    updated_at: datetime
    why_not_shown: str | None
    why_not_ordered: str | None

    @property
    def is_unclaimed(self) -> bool:
        return self.provider_state is ProviderState.UNCLAIMED


def get_listing(listing_id: int) -> ListingView:
    """The public view of a listing, also of one that is gone (`why_not_shown` then says why). At most two queries.

    Raises ListingNotFound for what was never open to everybody.
    """
    parent = aliased(Category)
    row = db.session.execute(
        select(
            Listing,
            Provider,
            Category,
            parent.slug.label("parent_slug"),
            parent.name.label("parent_name"),
            *(ORGANISATIONS.c[each].label(f"provider_{each}") for each in ("name", "phone", "email", "website")),
        )
        .join(Provider, Provider.organisation_id == Listing.organisation_id)
        .join(ORGANISATIONS, ORGANISATIONS.c.id == Listing.organisation_id)
        .join(Category, Category.id == Listing.category_id)
        .outerjoin(parent, parent.id == Category.parent_id)
        .where(Listing.id == listing_id)
    ).one_or_none()
    if row is None:
        raise ListingNotFound()
    listing, provider, category = row.Listing, row.Provider, row.Category
    shown = listing.state is ListingState.PUBLISHED and provider.state in PUBLIC_PROVIDERS
    if not shown and not was_public(listing.state, provider.state, published_before=listing.published_at is not None):
        raise ListingNotFound()
    name: str = row.provider_name
    rails = rails_of(listing)
    has_point = listing.latitude is not None and listing.longitude is not None
    return ListingView(
        id=listing.id,
        organisation_id=listing.organisation_id,
        provider_name=name,
        provider_state=provider.state,
        provider_about=provider.about,
        is_micro_enterprise=provider.is_micro_enterprise,
        title=listing.title,
        summary=listing.summary,
        description=listing.description,
        included=listing.included,
        who_for=listing.who_for,
        availability=listing.availability,
        opening_hours=listing.opening_hours,
        kind=listing.kind,
        state=listing.state,
        unit=listing.unit,
        unit_words=UNITS[listing.unit],
        price_pence=listing.price_pence,
        min_quantity=listing.min_quantity,
        max_quantity=listing.max_quantity,
        vat_category=listing.vat_category,
        category_slug=category.slug,
        category_name=category.name,
        category_icon=category.icon,
        parent_slug=row.parent_slug,
        parent_name=row.parent_name,
        rails=rails,
        is_access_point=listing.is_access_point,
        area_kind=listing.area_kind,
        radius_metres=listing.radius_metres,
        council_names=_council_names(listing_id) if listing.area_kind is AreaKind.COUNCILS else (),
        place=place_of(listing.address, listing.postcode, listing.area_kind),
        address=listing.address,
        postcode=listing.postcode,
        point=Point(listing.latitude, listing.longitude) if has_point else None,
        phone=listing.phone or row.provider_phone,
        # An address that came with open data may be somebody's own; a provider gave theirs for people to write to.
        email=listing.email or (row.provider_email if provider.state is ProviderState.APPROVED else None),
        website=listing.website or row.provider_website,
        source=listing.source,
        source_as_of=listing.source_as_of,
        attribution=listing.attribution,
        rating=listing.rating_total / listing.rating_count if listing.rating_count else None,
        rating_count=listing.rating_count,
        checks=_checks(provider),
        updated_at=listing.updated_at,
        why_not_shown=why_not_public(listing.state, provider.state, name),
        why_not_ordered=why_not_ordered(
            listing.state, provider.state, name, price_pence=listing.price_pence, is_paid_here=bool(rails)
        ),
    )


def _checks(provider: Provider) -> Checks:
    return Checks(
        cqc_rating=provider.cqc_rating,
        cqc_rating_on=provider.cqc_rating_on,
        cqc_inspected_on=provider.cqc_inspected_on,
        cqc_location_id=provider.cqc_location_id,
        dbs_declared_on=provider.dbs_declared_on,
        insurance_declared_on=provider.insurance_declared_on,
        insurance_ends_on=provider.insurance_ends_on,
        approved_on=provider.decided_at if provider.state is ProviderState.APPROVED else None,
    )


def _council_names(listing_id: int) -> tuple[str, ...]:
    codes = db.session.scalars(
        select(ListingCouncil.council_gss)
        .where(ListingCouncil.listing_id == listing_id)
        .order_by(ListingCouncil.council_gss)
    ).all()
    found = (places_data.find_council(code) for code in codes)
    return tuple(sorted(council.name for council in found if council is not None))


@dataclass(frozen=True)
class ProviderPage:
    """What everybody may read of a provider."""

    organisation_id: int
    name: str
    state: ProviderState
    about: str | None
    is_micro_enterprise: bool
    phone: str | None
    website: str | None
    address: str | None
    checks: Checks
    cards: tuple[Card, ...]
    why_not_shown: str | None

    @property
    def is_unclaimed(self) -> bool:
        return self.state is ProviderState.UNCLAIMED


def known_providers(organisation_ids: Iterable[int]) -> set[int]:
    """Which of these are providers that everybody may know: let in once, or known from open data. One query."""
    hidden = (ProviderState.APPLIED, ProviderState.REFUSED)
    return set(
        db.session.scalars(
            select(Provider.organisation_id)
            .where(Provider.organisation_id.in_(list(organisation_ids)), Provider.state.not_in(hidden))
            .order_by(Provider.organisation_id)
        )
    )


def get_provider_page(organisation_id: int) -> ProviderPage:
    """A provider with its public listings, by title. Raises NotFound for one that was never let in."""
    provider = db.session.get(Provider, organisation_id)
    if provider is None or provider.state in (ProviderState.APPLIED, ProviderState.REFUSED):
        raise NotFound()
    organisation = get_organisation(organisation_id)
    suspended = provider.state not in PUBLIC_PROVIDERS
    return ProviderPage(
        organisation_id=organisation_id,
        name=organisation.name,
        state=provider.state,
        about=provider.about,
        is_micro_enterprise=provider.is_micro_enterprise,
        phone=organisation.phone,
        website=organisation.website,
        address=organisation.address,
        checks=_checks(provider),
        cards=() if suspended else tuple(cards_of_provider(organisation_id)),
        why_not_shown=f"{organisation.name} cannot take orders through this site at the moment." if suspended else None,
    )
