"""One provider or one listing in any state, for the operator who decides on it."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from catalogue.domain import AreaKind, ListingState, ProviderState
from catalogue.models import Category, Listing, ListingCouncil, Provider
from catalogue.queries.offers import rails_of
from catalogue.words import UNITS, VAT_WORDS, offered_where
from marketplace.accounts.queries import OrganisationView, get_organisation, list_councils
from marketplace.database import db
from marketplace.kernel.errors import NotFound
from marketplace.kernel.rails import Rail


@dataclass(frozen=True)
class ProviderToDecide:
    """What a provider says of itself and declares, whatever its state."""

    organisation: OrganisationView
    state: ProviderState
    about: str | None
    is_micro_enterprise: bool
    vat_registered: bool
    cqc_location_id: str | None
    cqc_rating: str | None
    cqc_rating_on: date | None
    dbs_declared_on: date | None
    insurance_ends_on: date | None
    applied_at: datetime | None
    decision_words: str | None


@dataclass(frozen=True)
class ListingToDecide:
    """A listing as its provider wrote it, whatever its state."""

    id: int
    provider: OrganisationView
    provider_state: ProviderState
    state: ListingState
    title: str
    category: str
    summary: str
    description: str
    included: str | None
    who_for: str | None
    availability: str | None
    where: str
    how_many: str
    vat: str
    price_pence: int | None
    per: str
    rails: tuple[Rail, ...]
    sent_at: datetime
    decision_words: str | None


def get_provider_to_decide(organisation_id: int) -> ProviderToDecide:
    """Raises NotFound."""
    row = db.session.get(Provider, organisation_id, populate_existing=True)
    if row is None:
        raise NotFound()
    return ProviderToDecide(
        get_organisation(organisation_id),
        row.state,
        row.about,
        row.is_micro_enterprise,
        row.vat_registered,
        row.cqc_location_id,
        row.cqc_rating,
        row.cqc_rating_on,
        row.dbs_declared_on,
        row.insurance_ends_on,
        row.applied_at,
        row.decision_words,
    )


def get_listing_to_decide(listing_id: int) -> ListingToDecide:
    """Raises NotFound, also for a draft: it is nobody's but its provider's."""
    row = db.session.execute(
        select(Listing, Category.name, Provider.state)
        .join(Category, Category.id == Listing.category_id)
        .join(Provider, Provider.organisation_id == Listing.organisation_id)
        .where(Listing.id == listing_id, Listing.state != ListingState.DRAFT)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound()
    listing = row.Listing
    accepted = rails_of(listing)
    return ListingToDecide(
        id=listing.id,
        provider=get_organisation(listing.organisation_id),
        provider_state=row.state,
        state=listing.state,
        title=listing.title,
        category=row.name,
        summary=listing.summary,
        description=listing.description,
        included=listing.included,
        who_for=listing.who_for,
        availability=listing.availability,
        where=_where(listing),
        how_many=f"{listing.min_quantity:,} to {UNITS[listing.unit].counted(listing.max_quantity)}",
        vat=VAT_WORDS[listing.vat_category],
        price_pence=listing.price_pence,
        per=UNITS[listing.unit].per,
        rails=tuple(rail for rail in Rail if rail in accepted),
        sent_at=listing.updated_at,
        decision_words=listing.decision_words,
    )


def _where(listing: Listing) -> str:
    names: list[str] = []
    if listing.area_kind is AreaKind.COUNCILS:
        codes = select(ListingCouncil.council_gss).where(ListingCouncil.listing_id == listing.id)
        chosen = set(db.session.scalars(codes))
        names = [council.short_name for council in list_councils() if council.gss_code in chosen]
    place = (listing.address, listing.postcode)
    return offered_where(listing.area_kind, listing.kind, listing.radius_metres, place, names)
