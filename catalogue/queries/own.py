"""Read what a provider has of its own: its profile and its listings in every state."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from catalogue.domain import AreaKind, ListingKind, ListingState, ProviderState, Unit, VatCategory
from catalogue.models import Category, Listing, ListingCouncil, Provider
from catalogue.queries.offers import rails_of
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import OrganisationView, get_organisation
from marketplace.database import db
from marketplace.kernel.errors import NotFound
from marketplace.kernel.rails import Rail


@dataclass(frozen=True)
class OwnProvider:
    """A provider as its own people see it."""

    organisation: OrganisationView
    state: ProviderState
    about: str | None
    is_micro_enterprise: bool
    vat_registered: bool
    cqc_location_id: str | None
    dbs_declared_on: date | None
    insurance_ends_on: date | None
    decision_words: str | None


@dataclass(frozen=True)
class OwnListing:
    """A listing as its own provider edits it."""

    id: int
    organisation_id: int
    state: ListingState
    kind: ListingKind
    title: str
    category_slug: str
    category_name: str
    summary: str
    description: str
    included: str | None
    who_for: str | None
    availability: str | None
    unit: Unit
    price_pence: int | None
    min_quantity: int
    max_quantity: int
    vat_category: VatCategory
    rails: frozenset[Rail]
    area_kind: AreaKind
    postcode: str | None
    address: str | None
    radius_metres: int | None
    council_gss: tuple[str, ...]
    phone: str | None
    email: str | None
    website: str | None
    decision_words: str | None
    updated_at: datetime


def get_own_provider(actor: Actor, organisation_id: int) -> OwnProvider:
    """Raises NotFound for a stranger's."""
    if organisation_id not in actor.organisation_ids(Role.PROVIDER):
        raise NotFound()
    row = db.session.get(Provider, organisation_id)
    if row is None:
        raise NotFound()
    return OwnProvider(
        get_organisation(organisation_id),
        row.state,
        row.about,
        row.is_micro_enterprise,
        row.vat_registered,
        row.cqc_location_id,
        row.dbs_declared_on,
        row.insurance_ends_on,
        row.decision_words,
    )


def list_own_listings(organisation_ids: tuple[int, ...]) -> list[OwnListing]:
    """Listings of these providers that have not ended, newest change first. One query."""
    if not organisation_ids:
        return []
    rows = db.session.execute(
        select(Listing, Category.slug, Category.name)
        .join(Category, Category.id == Listing.category_id)
        .where(
            Listing.organisation_id.in_(organisation_ids),
            Listing.state.not_in((ListingState.WITHDRAWN, ListingState.GONE)),
        )
        .order_by(Listing.updated_at.desc(), Listing.id.desc())
    )
    return [_view(listing, slug, name, ()) for listing, slug, name in rows]


def get_own_listing(actor: Actor, listing_id: int) -> OwnListing:
    """One listing of one's own provider. Raises NotFound for a stranger's."""
    row = db.session.execute(
        select(Listing, Category.slug, Category.name)
        .join(Category, Category.id == Listing.category_id)
        .where(Listing.id == listing_id)
    ).one_or_none()
    if row is None or row.Listing.organisation_id not in actor.organisation_ids(Role.PROVIDER):
        raise NotFound()
    councils = db.session.execute(
        select(ListingCouncil.council_gss)
        .where(ListingCouncil.listing_id == listing_id)
        .order_by(ListingCouncil.council_gss)
    ).scalars()
    return _view(row.Listing, row.slug, row.name, tuple(councils))


def _view(row: Listing, slug: str, category: str, councils: tuple[str, ...]) -> OwnListing:
    return OwnListing(
        id=row.id,
        organisation_id=row.organisation_id,
        state=row.state,
        kind=row.kind,
        title=row.title,
        category_slug=slug,
        category_name=category,
        summary=row.summary,
        description=row.description,
        included=row.included,
        who_for=row.who_for,
        availability=row.availability,
        unit=row.unit,
        price_pence=row.price_pence,
        min_quantity=row.min_quantity,
        max_quantity=row.max_quantity,
        vat_category=row.vat_category,
        rails=frozenset(rails_of(row)),
        area_kind=row.area_kind,
        postcode=row.postcode,
        address=row.address,
        radius_metres=row.radius_metres,
        council_gss=councils,
        phone=row.phone,
        email=row.email,
        website=row.website,
        decision_words=row.decision_words,
        updated_at=row.updated_at,
    )
