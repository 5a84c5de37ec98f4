"""Read what waits for the operator: providers, listings and claims, oldest first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from catalogue.domain import ListingState, ProviderState
from catalogue.models import Category, Listing, Provider, ProviderClaim
from catalogue.words import UNITS
from marketplace.accounts.queries import OrganisationView, names_of, organisations_by_id
from marketplace.database import db


@dataclass(frozen=True)
class WaitingProvider:
    organisation: OrganisationView
    about: str
    is_micro_enterprise: bool
    cqc_location_id: str | None
    applied_at: datetime | None


@dataclass(frozen=True)
class WaitingListing:
    id: int
    provider: OrganisationView
    provider_state: ProviderState
    title: str
    category: str
    summary: str
    description: str
    price_pence: int | None
    per: str
    sent_at: datetime


@dataclass(frozen=True)
class WaitingClaim:
    id: int
    provider: OrganisationView
    user_id: int
    user_name: str
    position: str
    evidence: str
    created_at: datetime


def list_waiting_providers() -> list[WaitingProvider]:
    rows = (
        db.session.execute(
            select(Provider)
            .where(Provider.state == ProviderState.APPLIED)
            .order_by(Provider.applied_at, Provider.organisation_id)
        )
        .scalars()
        .all()
    )
    organisations = organisations_by_id(row.organisation_id for row in rows)
    return [
        WaitingProvider(
            organisations[row.organisation_id],
            row.about or "",
            row.is_micro_enterprise,
            row.cqc_location_id,
            row.applied_at,
        )
        for row in rows
    ]


def list_waiting_listings() -> list[WaitingListing]:
    rows = db.session.execute(
        select(Listing, Category.name, Provider.state)
        .join(Category, Category.id == Listing.category_id)
        .join(Provider, Provider.organisation_id == Listing.organisation_id)
        .where(Listing.state == ListingState.WAITING)
        .order_by(Listing.updated_at, Listing.id)
    ).all()
    organisations = organisations_by_id(row.Listing.organisation_id for row in rows)
    return [
        WaitingListing(
            row.Listing.id,
            organisations[row.Listing.organisation_id],
            row.state,
            row.Listing.title,
            row.name,
            row.Listing.summary,
            row.Listing.description,
            row.Listing.price_pence,
            UNITS[row.Listing.unit].per,
            row.Listing.updated_at,
        )
        for row in rows
    ]


def list_waiting_claims() -> list[WaitingClaim]:
    rows = (
        db.session.execute(
            select(ProviderClaim)
            .where(ProviderClaim.decided_at.is_(None))
            .order_by(ProviderClaim.created_at, ProviderClaim.id)
        )
        .scalars()
        .all()
    )
    organisations = organisations_by_id(row.organisation_id for row in rows)
    names = names_of(row.user_id for row in rows)
    return [
        WaitingClaim(
            row.id,
            organisations[row.organisation_id],
            row.user_id,
            names.get(row.user_id, ""),
            row.position,
            row.evidence,
            row.created_at,
        )
        for row in rows
    ]
