"""What a list shows of a listing, checked in the database before it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.sql.elements import ColumnElement

from catalogue.domain import AreaKind, ListingKind, ListingState, ProviderState, Unit
from catalogue.models import Category, Listing, Provider
from catalogue.queries.offers import rails_of
from catalogue.visibility import PUBLIC_PROVIDERS
from catalogue.words import UNITS, UnitWords, area_words
from marketplace.accounts.queries import ORGANISATIONS
from marketplace.database import db
from marketplace.kernel.places import InvalidPostcode, Point, outcode_of
from marketplace.kernel.rails import Rail


@dataclass(frozen=True)
class Card:
    """A listing that everybody may see, as short as a list needs it. `rating` is the mean of stars out of 5."""

    id: int
    organisation_id: int
    title: str
    summary: str
    provider_name: str
    provider_state: ProviderState
    is_micro_enterprise: bool
    category_slug: str
    category_name: str
    category_icon: str
    kind: ListingKind
    unit: Unit
    unit_words: UnitWords
    price_pence: int | None
    rails: frozenset[Rail]
    area: str
    area_kind: AreaKind
    address: str | None
    postcode: str | None
    point: Point | None
    phone: str | None
    opening_words: str | None
    cqc_rating: str | None
    cqc_rating_on: date | None
    dbs_declared_on: date | None
    insurance_declared_on: date | None
    is_access_point: bool
    rating: float | None
    rating_count: int


_COLUMNS = (
    Listing.id,
    Listing.organisation_id,
    Listing.title,
    Listing.summary,
    Listing.kind,
    Listing.unit,
    Listing.price_pence,
    Listing.accepts_own_money,
    Listing.accepts_direct_payment,
    Listing.accepts_council_managed,
    Listing.accepts_isf,
    Listing.is_access_point,
    Listing.area_kind,
    Listing.address,
    Listing.postcode,
    Listing.latitude,
    Listing.longitude,
    Listing.radius_metres,
    Listing.phone,
    Listing.availability,
    Listing.rating_count,
    Listing.rating_total,
    Category.slug.label("category_slug"),
    Category.name.label("category_name"),
    Category.icon.label("category_icon"),
    Provider.state.label("provider_state"),
    Provider.is_micro_enterprise,
    Provider.cqc_rating,
    Provider.cqc_rating_on,
    Provider.dbs_declared_on,
    Provider.insurance_declared_on,
    ORGANISATIONS.c.name.label("provider_name"),
    ORGANISATIONS.c.phone.label("provider_phone"),
)

_CARDS = (
    select(*_COLUMNS)
    .join(Category, Category.id == Listing.category_id)
    .join(Provider, Provider.organisation_id == Listing.organisation_id)
    .join(ORGANISATIONS, ORGANISATIONS.c.id == Listing.organisation_id)
    .where(Listing.state == ListingState.PUBLISHED, Provider.state.in_(PUBLIC_PROVIDERS))
    .order_by(Listing.title, Listing.id)
)


def cards_by_id(listing_ids: Sequence[int]) -> list[Card]:
    """Cards in the order of `listing_ids`; those that not everybody may see are left out. One query."""
    found = {card.id: card for card in select_cards(Listing.id.in_(set(listing_ids)))} if listing_ids else {}
    return [found[listing_id] for listing_id in listing_ids if listing_id in found]


def cards_of_provider(organisation_id: int, *, but: int | None = None, limit: int = 200) -> list[Card]:
    """What a provider offers everybody, by title."""
    conditions: list[ColumnElement[bool]] = [Listing.organisation_id == organisation_id]
    if but is not None:
        conditions.append(Listing.id != but)
    return select_cards(*conditions, limit=limit)


def select_cards(*conditions: ColumnElement[bool], limit: int | None = None) -> list[Card]:
    """Cards of listings that everybody may see and that meet the conditions, by title. One query."""
    return [_card(row) for row in db.session.execute(_CARDS.where(*conditions).limit(limit))]


def _card(row: Any) -> Card:
    has_point = row.latitude is not None and row.longitude is not None
    return Card(
        id=row.id,
        organisation_id=row.organisation_id,
        title=row.title,
        summary=row.summary,
        provider_name=row.provider_name,
        provider_state=row.provider_state,
        is_micro_enterprise=row.is_micro_enterprise,
        category_slug=row.category_slug,
        category_name=row.category_name,
        category_icon=row.category_icon,
        kind=row.kind,
        unit=row.unit,
        unit_words=UNITS[row.unit],
        price_pence=row.price_pence,
        rails=rails_of(row),
        area=area_words(row.area_kind, row.kind, row.radius_metres, place_of(row.address, row.postcode, row.area_kind)),
        area_kind=row.area_kind,
        address=row.address,
        postcode=row.postcode,
        point=Point(row.latitude, row.longitude) if has_point else None,
        phone=row.phone or row.provider_phone,
        opening_words=row.availability,
        cqc_rating=row.cqc_rating,
        cqc_rating_on=row.cqc_rating_on,
        dbs_declared_on=row.dbs_declared_on,
        insurance_declared_on=row.insurance_declared_on,
        is_access_point=row.is_access_point,
        rating=row.rating_total / row.rating_count if row.rating_count else None,
        rating_count=row.rating_count,
    )


def place_of(address: str | None, postcode: str | None, kind: AreaKind) -> str | None:
    """How to name a listing's place in a few words: its address when one goes there, else its outcode."""
    if kind is AreaKind.AT_PLACE and address:
        return " ".join(address.replace("\n", ", ").split())
    try:
        return outcode_of(postcode) if postcode else None
    except InvalidPostcode:
        return None
