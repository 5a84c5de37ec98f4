"""What a basket and a checkout need to know of listings, read anew each time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, select

from catalogue.domain import ListingKind, ListingState, ProviderState, Unit, VatCategory
from catalogue.models import Category, Listing, Provider
from catalogue.visibility import is_public, was_public, why_not_ordered
from catalogue.words import UNITS, VAT_WORDS, UnitWords
from marketplace.accounts.queries import ORGANISATIONS
from marketplace.database import read_once, send, table_of
from marketplace.kernel.rails import Rail


@dataclass(frozen=True)
class Offer:
    """A listing as it can be bought now. `why_not` says in a sentence why it cannot be ordered; None when it can.

    `is_known`: everybody may know that there is or was such a listing, which is not so before it was ever shown.
    """

    listing_id: int
    organisation_id: int
    provider_name: str
    provider_approved: bool
    title: str
    summary: str
    kind: ListingKind
    unit: Unit
    unit_words: UnitWords
    price_pence: int | None
    min_quantity: int
    max_quantity: int
    vat_category: VatCategory
    category_slug: str
    category_name: str
    category_icon: str
    rails: frozenset[Rail]
    state: ListingState
    published: bool
    is_known: bool
    why_not: str | None
    snapshot: dict[str, Any] = field(repr=False)

    @property
    def can_be_ordered(self) -> bool:
        return self.why_not is None


def rails_of(row: Any) -> frozenset[Rail]:
    """The ways of paying that a listing's row accepts."""
    accepted = {
        Rail.OWN_MONEY: row.accepts_own_money,
        Rail.DIRECT_PAYMENT: row.accepts_direct_payment,
        Rail.COUNCIL_MANAGED: row.accepts_council_managed,
        Rail.ISF: row.accepts_isf,
    }
    return frozenset(rail for rail, accepts in accepted.items() if accepts)


_listings, _categories, _providers = table_of(Listing), table_of(Category), table_of(Provider)
OFFERS = (
    select(
        _listings.c.id,
        _listings.c.organisation_id,
        _listings.c.title,
        _listings.c.summary,
        _listings.c.included,
        _listings.c.kind,
        _listings.c.unit,
        _listings.c.price_pence,
        _listings.c.min_quantity,
        _listings.c.max_quantity,
        _listings.c.vat_category,
        _listings.c.accepts_own_money,
        _listings.c.accepts_direct_payment,
        _listings.c.accepts_council_managed,
        _listings.c.accepts_isf,
        _listings.c.state,
        _listings.c.updated_at,
        _listings.c.published_at,
        _categories.c.slug.label("category_slug"),
        _categories.c.name.label("category_name"),
        _categories.c.icon.label("category_icon"),
        _providers.c.state.label("provider_state"),
        _providers.c.cqc_rating,
        _providers.c.cqc_rating_on,
        _providers.c.vat_registered,
        _providers.c.is_micro_enterprise,
        ORGANISATIONS.c.name.label("provider_name"),
    )
    .join(_categories, _categories.c.id == _listings.c.category_id)
    .join(_providers, _providers.c.organisation_id == _listings.c.organisation_id)
    .join(ORGANISATIONS, ORGANISATIONS.c.id == _listings.c.organisation_id)
)
"""Listings with all that `offer_in` makes an offer of; another package may join to LISTING_ID what it knows of them."""
LISTING_ID = _listings.c.id
_BY_ID = OFFERS.where(LISTING_ID.in_(bindparam("ids", expanding=True))).order_by(LISTING_ID)


def offer_for(listing_ids: Iterable[int]) -> dict[int, Offer]:
    """Offers by listing id, whatever their state; ids of no listing are left out. One query."""
    return _offers(tuple(sorted(set(listing_ids))))


@read_once
def _offers(wanted: tuple[int, ...]) -> dict[int, Offer]:
    return {row.id: offer_in(row) for row in send(_BY_ID, {"ids": wanted})} if wanted else {}


def offer_in(row: Any) -> Offer:
    """The offer of which a row with the columns of OFFERS tells."""
    provider_name: str = row.provider_name
    rails = rails_of(row)
    words = UNITS[row.unit]
    return Offer(
        listing_id=row.id,
        organisation_id=row.organisation_id,
        provider_name=provider_name,
        provider_approved=row.provider_state is ProviderState.APPROVED,
        title=row.title,
        summary=row.summary,
        kind=row.kind,
        unit=row.unit,
        unit_words=words,
        price_pence=row.price_pence,
        min_quantity=row.min_quantity,
        max_quantity=row.max_quantity,
        vat_category=row.vat_category,
        category_slug=row.category_slug,
        category_name=row.category_name,
        category_icon=row.category_icon,
        rails=rails,
        state=row.state,
        published=is_public(row.state, row.provider_state),
        is_known=is_public(row.state, row.provider_state)
        or was_public(row.state, row.provider_state, published_before=row.published_at is not None),
        why_not=why_not_ordered(
            row.state, row.provider_state, provider_name, price_pence=row.price_pence, is_paid_here=bool(rails)
        ),
        snapshot={
            "listing_id": row.id,
            "organisation_id": row.organisation_id,
            "provider": provider_name,
            "title": row.title,
            "summary": row.summary,
            "included": row.included,
            "kind": row.kind.value,
            "category": row.category_slug,
            "category_name": row.category_name,
            "unit": row.unit.value,
            "unit_words": words.per,
            "price_pence": row.price_pence,
            "vat_category": row.vat_category.value,
            "vat_words": VAT_WORDS[row.vat_category],
            "vat_registered": row.vat_registered,
            "cqc_rating": row.cqc_rating,
            "cqc_rating_on": row.cqc_rating_on.isoformat() if row.cqc_rating_on else None,
            "listing_updated_at": row.updated_at.isoformat(),
        },
    )
