"""Providers write, send in, change, pause and withdraw listings; the operator looks at each before it is shown."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, insert, select

from catalogue.domain import LISTING_MOVES, AreaKind, ListingAction, ListingKind, ListingState, Unit, VatCategory
from catalogue.models import Category, Listing, ListingCouncil
from catalogue.services.places import locate
from catalogue.services.providers import INDEX_TOPIC, check_member, tell_members
from marketplace.accounts.domain import SYSTEM, Actor, Role
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.rails import Rail
from marketplace.outbox.services import enqueue

LEAST_PRICE_PENCE = 10
MOST_PRICE_PENCE = 99_999_00


@dataclass(frozen=True)
class What:
    """The first question of the editor: what is it."""

    title: str
    category_slug: str
    kind: ListingKind = ListingKind.SERVICE


@dataclass(frozen=True)
class Words:
    summary: str
    description: str
    included: str | None = None
    who_for: str | None = None


@dataclass(frozen=True)
class Price:
    """`price_pence` is 0 when it is free and None when one has to ask."""

    unit: Unit
    price_pence: int | None
    min_quantity: int = 1
    max_quantity: int = 200
    vat_category: VatCategory = VatCategory.OUTSIDE


@dataclass(frozen=True)
class Area:
    """Where it is offered: `radius_metres` with RADIUS, `council_gss` codes with COUNCILS."""

    kind: AreaKind
    postcode: str | None = None
    radius_metres: int | None = None
    council_gss: tuple[str, ...] = field(default_factory=tuple)
    address: str | None = None


@dataclass(frozen=True)
class Terms:
    """When, how it may be paid for, and how to get in touch."""

    availability: str | None
    rails: frozenset[Rail]
    phone: str | None = None
    email: str | None = None
    website: str | None = None


Part = What | Words | Price | Area | Terms


def begin(actor: Actor, organisation_id: int, what: What) -> int:
    """A new draft; answers its id. Everything else has a default that the provider changes step by step."""
    check_member(actor, organisation_id)
    now = clock.now()
    with transaction():
        listing_id: int = db.session.execute(
            insert(Listing)
            .values(
                organisation_id=organisation_id,
                state=ListingState.DRAFT,
                summary="",
                description="",
                unit=Unit.HOUR if what.kind is ListingKind.SERVICE else Unit.ITEM,
                price_pence=None,
                vat_category=VatCategory.OUTSIDE,
                area_kind=AreaKind.RADIUS,
                created_at=now,
                updated_at=now,
                **_what_values(what),
            )
            .returning(Listing.id)
        ).scalar_one()
        _audit("listing.begun", listing_id, organisation_id, actor)
    return listing_id


def change(actor: Actor, listing_id: int, part: Part) -> None:
    """Save one step. A listing that is shown stays shown with the new words; the change is on the record."""
    values = _values(part)
    with transaction():
        listing = _own(actor, listing_id)
        if listing.state in (ListingState.WITHDRAWN, ListingState.GONE):
            raise DomainError("This listing has ended. Begin a new one instead.")
        for name, value in values.items():
            setattr(listing, name, value)
        listing.updated_at = clock.now()
        if isinstance(part, Area):
            _set_councils(listing_id, part)
        _audit("listing.changed", listing_id, listing.organisation_id, actor, part=type(part).__name__.lower())
        _promise(listing)


def act(actor: Actor, listing_id: int, action: ListingAction) -> None:
    """The provider sends in, pauses, resumes or withdraws its own listing."""
    if action not in (ListingAction.SEND_IN, ListingAction.PAUSE, ListingAction.RESUME, ListingAction.WITHDRAW):
        raise NotFound()
    with transaction():
        listing = _own(actor, listing_id)
        if action is ListingAction.SEND_IN:
            _check_complete(listing)
        _move(listing, action, actor)


def decide(actor: Actor, listing_id: int, action: ListingAction, words: str | None = None) -> None:
    """The operator approves a listing, or refuses it (also later, when it is shown) and says why."""
    if actor != SYSTEM and not actor.has(Role.OPERATOR):
        raise NotFound()
    if action not in (ListingAction.APPROVE, ListingAction.REFUSE):
        raise NotFound()
    if action is ListingAction.REFUSE and not (words or "").strip():
        raise DomainError("Say why, in words that the provider will read", field="words")
    with transaction():
        listing = _locked(listing_id)
        listing.decision_words = (words or "").strip() or None
        _move(listing, action, actor, listing.decision_words)
        if action is ListingAction.APPROVE:
            listing.published_at = listing.published_at or clock.now()
            tell_members(
                listing.organisation_id, "Your listing is shown", f"“{listing.title}” can now be found and ordered."
            )
        else:
            tell_members(
                listing.organisation_id,
                "Your listing needs a change",
                f"“{listing.title}” is not shown.\n\nThe reason: {listing.decision_words}\n\n"
                "Change it and send it in again.",
            )


def _own(actor: Actor, listing_id: int) -> Listing:
    listing = _locked(listing_id)
    check_member(actor, listing.organisation_id)
    return listing


def _locked(listing_id: int) -> Listing:
    listing = db.session.execute(select(Listing).where(Listing.id == listing_id).with_for_update()).scalar_one_or_none()
    if listing is None:
        raise NotFound()
    return listing


def _move(listing: Listing, action: ListingAction, actor: Actor, reason: str | None = None) -> None:
    listing.state = LISTING_MOVES.move(listing.state, action)
    listing.updated_at = clock.now()
    if listing.state is ListingState.WITHDRAWN:
        listing.ended_at = clock.now()
    _audit(f"listing.{action}", listing.id, listing.organisation_id, actor, reason=reason)
    _promise(listing)


def _promise(listing: Listing) -> None:
    if listing.state not in (ListingState.DRAFT, ListingState.WAITING):
        enqueue(INDEX_TOPIC, {"listing_id": listing.id})


def _audit(
    action: str, listing_id: int, organisation_id: int, actor: Actor, reason: str | None = None, **details: Any
) -> None:
    record(
        action,
        "listing",
        listing_id,
        actor_user_id=actor.user_id,
        organisation_id=organisation_id,
        reason=reason,
        **details,
    )


def _check_complete(listing: Listing) -> None:
    if not listing.summary or not listing.description:
        raise DomainError("Say what it is in a few words before you send it in", field="summary")
    if listing.area_kind in (AreaKind.RADIUS, AreaKind.AT_PLACE) and listing.postcode is None:
        raise DomainError("Say where you offer it before you send it in", field="postcode")
    paid = bool(listing.price_pence)
    if paid and not any(
        (
            listing.accepts_own_money,
            listing.accepts_direct_payment,
            listing.accepts_council_managed,
            listing.accepts_isf,
        )
    ):
        raise DomainError("Choose at least one way in which people may pay", field="rails")


def _values(part: Part) -> dict[str, Any]:
    match part:
        case What():
            return _what_values(part)
        case Words():
            return _words_values(part)
        case Price():
            return _price_values(part)
        case Area():
            return _area_values(part)
        case Terms():
            return {
                "availability": part.availability,
                "phone": part.phone,
                "email": part.email,
                "website": part.website,
                "accepts_own_money": Rail.OWN_MONEY in part.rails,
                "accepts_direct_payment": Rail.DIRECT_PAYMENT in part.rails,
                "accepts_council_managed": Rail.COUNCIL_MANAGED in part.rails,
                "accepts_isf": Rail.ISF in part.rails,
            }


def _what_values(what: What) -> dict[str, Any]:
    title = " ".join(what.title.split())
    if not title:
        raise DomainError("Give it a short name, like “Gardening by the hour”", field="title")
    category_id = db.session.scalar(
        select(Category.id).where(Category.slug == what.category_slug, Category.parent_id.is_not(None))
    )
    if category_id is None:
        raise DomainError("Choose the kind of help that fits best", field="category")
    return {"title": title[:120], "category_id": category_id, "kind": what.kind}


def _words_values(words: Words) -> dict[str, Any]:
    if not words.summary.strip():
        raise DomainError("Say what it is in one sentence", field="summary")
    if not words.description.strip():
        raise DomainError("Say more about what people get", field="description")
    return {
        "summary": words.summary.strip()[:300],
        "description": words.description.strip(),
        "included": (words.included or "").strip() or None,
        "who_for": (words.who_for or "").strip() or None,
    }


def _price_values(price: Price) -> dict[str, Any]:
    pence = price.price_pence
    if pence is not None and pence != 0 and not LEAST_PRICE_PENCE <= pence <= MOST_PRICE_PENCE:
        raise DomainError("Enter a price from £0.10 to £99,999.00, or choose “free”", field="price")
    if not 1 <= price.min_quantity <= price.max_quantity <= 10_000:
        raise DomainError(
            "The least that people may order is 1 or more, and no more than the most", field="min_quantity"
        )
    return {
        "unit": price.unit,
        "price_pence": pence,
        "min_quantity": price.min_quantity,
        "max_quantity": price.max_quantity,
        "vat_category": price.vat_category,
    }


def _area_values(area: Area) -> dict[str, Any]:
    values: dict[str, Any] = {
        "area_kind": area.kind,
        "postcode": area.postcode,
        "address": area.address,
        "radius_metres": None,
        "latitude": None,
        "longitude": None,
        "council_gss": None,
    }
    if area.kind in (AreaKind.RADIUS, AreaKind.AT_PLACE) and not area.postcode:
        raise DomainError("Enter the postcode that you start from, like DL3 7TX", field="postcode")
    if area.kind is AreaKind.RADIUS:
        if not area.radius_metres or area.radius_metres <= 0:
            raise DomainError("Say how many miles you travel", field="miles")
        values["radius_metres"] = area.radius_metres
    if area.kind is AreaKind.COUNCILS and not area.council_gss:
        raise DomainError("Choose at least one council", field="councils")
    if area.postcode:
        place = locate(area.postcode)
        values |= {
            "latitude": place.point.lat,
            "longitude": place.point.lon,
            "council_gss": place.council_gss,
        }
    return values


def _set_councils(listing_id: int, area: Area) -> None:
    db.session.execute(delete(ListingCouncil).where(ListingCouncil.listing_id == listing_id))
    if area.kind is AreaKind.COUNCILS:
        rows = [{"listing_id": listing_id, "council_gss": gss} for gss in dict.fromkeys(area.council_gss)]
        db.session.execute(insert(ListingCouncil), rows)
