"""Tables of categories, providers, listings, imports and places."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from catalogue.domain import AreaKind, ListingKind, ListingState, ProviderState, Unit, VatCategory
from marketplace.database import Base, Id, Pence, UtcDateTime, enum_column


class Category(Base):
    """A plain name for a kind of help. Two levels: a category with a parent has no children."""

    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    description: Mapped[str] = mapped_column(String(300))
    icon: Mapped[str] = mapped_column(String(40))
    position: Mapped[int] = mapped_column(default=0)


class Provider(Base):
    """What a provider organisation says of itself, where it is known from, and the evidence it has declared."""

    __tablename__ = "providers"
    __table_args__ = (UniqueConstraint("source", "source_key", name="uq_providers_source"),)

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    state: Mapped[ProviderState] = mapped_column(enum_column(ProviderState), index=True)
    about: Mapped[str | None] = mapped_column(Text)
    is_micro_enterprise: Mapped[bool] = mapped_column(default=False)
    vat_registered: Mapped[bool] = mapped_column(default=False)
    cqc_provider_id: Mapped[str | None] = mapped_column(String(20))
    cqc_location_id: Mapped[str | None] = mapped_column(String(20))
    cqc_rating: Mapped[str | None] = mapped_column(String(24))
    cqc_rating_on: Mapped[date | None]
    cqc_inspected_on: Mapped[date | None]
    dbs_declared_on: Mapped[date | None]
    insurance_declared_on: Mapped[date | None]
    insurance_ends_on: Mapped[date | None]
    source: Mapped[str | None] = mapped_column(String(40))
    source_key: Mapped[str | None] = mapped_column(String(120))
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decision_words: Mapped[str | None] = mapped_column(Text)


class ProviderClaim(Base):
    """Somebody says that an unclaimed provider is theirs; the operator decides."""

    __tablename__ = "provider_claims"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    position: Mapped[str] = mapped_column(String(120))
    evidence: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted: Mapped[bool | None]
    decided_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decision_words: Mapped[str | None] = mapped_column(Text)


class Listing(Base):
    """A product or a service, paid or free. `price_pence` is 0 when free and null when one has to ask."""

    __tablename__ = "listings"
    __table_args__ = (
        UniqueConstraint("source", "source_key", name="uq_listings_source"),
        CheckConstraint("price_pence IS NULL OR price_pence BETWEEN 0 AND 9999900", name="price_range"),
        CheckConstraint("min_quantity >= 1 AND max_quantity >= min_quantity", name="quantity_range"),
        CheckConstraint("rating_count >= 0", name="rating_count"),
        Index("ix_listings_state_category", "state", "category_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("providers.organisation_id"), index=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id"), index=True)
    state: Mapped[ListingState] = mapped_column(enum_column(ListingState))
    kind: Mapped[ListingKind] = mapped_column(enum_column(ListingKind))
    title: Mapped[str] = mapped_column(String(120))
    summary: Mapped[str] = mapped_column(String(300))
    description: Mapped[str] = mapped_column(Text)
    included: Mapped[str | None] = mapped_column(Text)
    who_for: Mapped[str | None] = mapped_column(Text)
    availability: Mapped[str | None] = mapped_column(Text)
    opening_hours: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    unit: Mapped[Unit] = mapped_column(enum_column(Unit))
    price_pence: Mapped[int | None] = mapped_column(Pence)
    min_quantity: Mapped[int] = mapped_column(default=1)
    max_quantity: Mapped[int] = mapped_column(default=200)
    vat_category: Mapped[VatCategory] = mapped_column(enum_column(VatCategory))
    accepts_own_money: Mapped[bool] = mapped_column(default=True)
    accepts_direct_payment: Mapped[bool] = mapped_column(default=True)
    accepts_council_managed: Mapped[bool] = mapped_column(default=False)
    accepts_isf: Mapped[bool] = mapped_column(default=False)
    is_access_point: Mapped[bool] = mapped_column(default=False)
    area_kind: Mapped[AreaKind] = mapped_column(enum_column(AreaKind))
    address: Mapped[str | None] = mapped_column(Text)
    postcode: Mapped[str | None] = mapped_column(String(8))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    council_gss: Mapped[str | None] = mapped_column(String(9))
    radius_metres: Mapped[int | None]
    phone: Mapped[str | None] = mapped_column(String(30))
    email: Mapped[str | None] = mapped_column(String(254))
    website: Mapped[str | None] = mapped_column(String(500))
    source: Mapped[str | None] = mapped_column(String(40))
    source_key: Mapped[str | None] = mapped_column(String(120))
    source_as_of: Mapped[date | None]
    attribution: Mapped[str | None] = mapped_column(Text)
    content_digest: Mapped[str | None] = mapped_column(String(64))
    rating_count: Mapped[int] = mapped_column(default=0)
    rating_total: Mapped[int] = mapped_column(default=0)
    rating_rank_millionths: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decision_words: Mapped[str | None] = mapped_column(Text)


class ListingCouncil(Base):
    """A council in which a listing is offered, when its area is named councils."""

    __tablename__ = "listing_councils"

    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"), primary_key=True)
    council_gss: Mapped[str] = mapped_column(String(9), primary_key=True)


class Postcode(Base):
    """A full postcode with its place and district, from Code-Point Open."""

    __tablename__ = "postcodes"

    postcode: Mapped[str] = mapped_column(String(8), primary_key=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    district_gss: Mapped[str | None] = mapped_column(String(9))
    council_gss: Mapped[str | None] = mapped_column(String(9))
    ward_gss: Mapped[str | None] = mapped_column(String(9))


class ImportRun(Base):
    """One reading of one file: what was taken, changed, refused."""

    __tablename__ = "import_runs"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))
    source: Mapped[str] = mapped_column(String(40), index=True)
    file_name: Mapped[str] = mapped_column(String(200))
    file_digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    gone: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)


class SearchMiss(Base):
    """Words that found nothing, by outcode and day, without who asked: what commissioners read as missing."""

    __tablename__ = "search_misses"
    __table_args__ = (UniqueConstraint("words", "outcode", "on_day", name="uq_search_misses_day"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    words: Mapped[str] = mapped_column(String(100))
    outcode: Mapped[str] = mapped_column(String(4), default="")
    on_day: Mapped[date]
    times: Mapped[int] = mapped_column(default=1)
