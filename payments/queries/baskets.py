"""Read a basket as its page shows it: by provider, with today's offers beside what was seen when it was filled."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select

from budgets.domain import PersonView
from budgets.queries.people import PEOPLE, find_person
from catalogue.queries.offers import LISTING_ID, OFFERS, Offer, offer_in
from marketplace.database import send, table_of
from marketplace.kernel.rails import Rail
from payments.models import Basket, BasketLine, StripeAccount


@dataclass(frozen=True)
class Owner:
    """Whose basket: a buyer's for one person, or a browser's that has not signed in. `token` is the cookie's secret."""

    user_id: int | None = None
    person_id: int | None = None
    token: str | None = None


def digest_of(token: str) -> str:
    """What the database keeps of a browser's secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def why_not(offer: Offer | None) -> str | None:
    """Why a listing cannot go into a basket, with the way on; None when it can."""
    if offer is None:
        return "This is no longer on the site."
    if offer.why_not is not None:
        return offer.why_not
    if offer.price_pence == 0:
        return f"This is free, so there is nothing to order. Get in touch with {offer.provider_name} yourself."
    return None


def quantity_words(offer: Offer) -> str:
    """How many may be ordered: `1 to 40 hours`."""
    if offer.min_quantity == offer.max_quantity:
        return offer.unit_words.counted(offer.min_quantity)
    return f"{offer.min_quantity:,} to {offer.unit_words.counted(offer.max_quantity)}"


def owned_by(owner: Owner) -> tuple[ColumnElement[bool], ...]:
    """The conditions on `baskets` that find this owner's."""
    if owner.user_id is not None and owner.person_id is not None:
        return (Basket.user_id == owner.user_id, Basket.person_id == owner.person_id)
    if owner.token:
        return (Basket.token_digest == digest_of(owner.token), Basket.user_id.is_(None))
    return (Basket.id.is_(None),)


@dataclass(frozen=True)
class BasketLineView:
    """One line. `price_pence` is today's, None when it cannot be bought any more; `problem` says why not."""

    id: int
    listing_id: int
    title: str
    quantity: int
    wanted_on: date | None
    note: str | None
    price_seen_pence: int
    price_pence: int | None
    problem: str | None
    quantity_problem: str | None
    offer: Offer | None
    outcome_id: int | None = None

    @property
    def can_be_bought(self) -> bool:
        return self.problem is None

    @property
    def price_changed(self) -> bool:
        return self.can_be_bought and self.price_pence != self.price_seen_pence

    @property
    def amount_pence(self) -> int:
        """What it costs today; 0 when it cannot be bought."""
        return self.quantity * self.price_pence if self.can_be_bought and self.price_pence is not None else 0

    @property
    def how_much(self) -> str:
        return self.offer.unit_words.counted(self.quantity) if self.offer else str(self.quantity)


@dataclass(frozen=True)
class BasketPart:
    """What comes from one provider. `takes_cards` is false until the provider can be paid by card."""

    organisation_id: int
    provider_name: str
    takes_cards: bool
    lines: tuple[BasketLineView, ...]

    @property
    def total_pence(self) -> int:
        return sum(line.amount_pence for line in self.lines)

    @property
    def needs_card_but_takes_none(self) -> bool:
        """Whether every way of paying that its lines accept is a card, and no card is taken yet."""
        no_card = {Rail.COUNCIL_MANAGED, Rail.ISF}
        rails = [line.offer.rails for line in self.lines if line.offer and line.can_be_bought and line.price_pence]
        return not self.takes_cards and any(not (accepted & no_card) for accepted in rails)


@dataclass(frozen=True)
class BasketView:
    """A basket, or an empty one (`id` None)."""

    id: int | None
    person_id: int | None
    parts: tuple[BasketPart, ...] = ()

    @property
    def lines(self) -> tuple[BasketLineView, ...]:
        return tuple(line for part in self.parts for line in part.lines)

    @property
    def total_pence(self) -> int:
        return sum(part.total_pence for part in self.parts)

    @property
    def is_empty(self) -> bool:
        return not self.parts

    @property
    def has_problem(self) -> bool:
        """Whether something has to be taken out or changed before anything can be ordered."""
        return any(line.problem or line.quantity_problem for line in self.lines)

    @property
    def has_new_price(self) -> bool:
        return any(line.price_changed for line in self.lines)

    @property
    def ready(self) -> bool:
        return not (self.is_empty or self.has_problem or self.has_new_price)


def get_basket(owner: Owner) -> BasketView:
    """The basket of a buyer and person, or of a browser; an empty one when there is none. One query.

    What lies in it for a person comes with that person, whom whoever asks for the basket asks about next.
    """
    if owner.user_id is not None and owner.person_id is not None:
        rows = send(_LINES_OF_BUYER, {"user_id": owner.user_id, "person_id": owner.person_id}).all()
        if rows:
            find_person.know(PersonView(*rows[0][-len(PEOPLE.c) :]), owner.person_id)
    elif owner.token:
        rows = send(_LINES_OF_BROWSER, {"digest": digest_of(owner.token)}).all()
    else:
        rows = ()
    return BasketView(rows[0].basket_id if rows else None, owner.person_id, _parts(rows))


def parts_of(basket_id: int) -> tuple[BasketPart, ...]:
    """The parts of a basket whose owner the caller knows. One query."""
    return _parts(send(_LINES_OF_BASKET, {"basket_id": basket_id}).all())


_baskets, _lines, _accounts = table_of(Basket), table_of(BasketLine), table_of(StripeAccount)
_LINES = (
    OFFERS.add_columns(
        _lines.c.id.label("line_id"),
        _lines.c.basket_id,
        _lines.c.title_seen,
        _lines.c.quantity,
        _lines.c.wanted_on,
        _lines.c.note,
        _lines.c.price_seen_pence,
        _lines.c.outcome_id,
        _accounts.c.charges_enabled,
    )
    .join(_lines, _lines.c.listing_id == LISTING_ID)
    .outerjoin(_accounts, _accounts.c.organisation_id == OFFERS.selected_columns.organisation_id)
    .order_by(_lines.c.id)
)
_LINES_OF_BASKET = _LINES.where(_lines.c.basket_id == bindparam("basket_id"))
_LINES_WITH_OWNER = _LINES.join(_baskets, _baskets.c.id == _lines.c.basket_id)
_LINES_OF_BUYER = (
    _LINES_WITH_OWNER.join(PEOPLE, PEOPLE.c.id == _baskets.c.person_id)
    .add_columns(*(column.label(f"of_{column.key}") for column in PEOPLE.c))
    .where(_baskets.c.user_id == bindparam("user_id"), _baskets.c.person_id == bindparam("person_id"))
)
_LINES_OF_BROWSER = _LINES_WITH_OWNER.where(
    _baskets.c.token_digest == bindparam("digest"), _baskets.c.user_id.is_(None)
)
_CARD_READY = (
    select(_accounts.c.organisation_id)
    .where(_accounts.c.organisation_id.in_(bindparam("ids", expanding=True)), _accounts.c.charges_enabled)
    .order_by(_accounts.c.organisation_id)
)


def _parts(rows: Sequence[Any]) -> tuple[BasketPart, ...]:
    by_provider: dict[int, list[BasketLineView]] = {}
    for row in rows:
        offer = offer_in(row)
        # A price that fell to nothing since is no reason to lose the line: it can be ordered for £0.00.
        problem = offer.why_not
        outside = not offer.min_quantity <= row.quantity <= offer.max_quantity
        by_provider.setdefault(offer.organisation_id, []).append(
            BasketLineView(
                row.line_id,
                offer.listing_id,
                row.title_seen if problem else offer.title,
                row.quantity,
                row.wanted_on,
                row.note,
                row.price_seen_pence,
                None if problem else offer.price_pence,
                problem,
                f"Choose {quantity_words(offer)}." if outside and not problem else None,
                offer,
                row.outcome_id,
            )
        )
    ready = {row.organisation_id for row in rows if row.charges_enabled}
    parts = [
        BasketPart(organisation_id, lines[0].offer.provider_name, organisation_id in ready, tuple(lines))
        for organisation_id, lines in by_provider.items()
        if lines[0].offer is not None
    ]
    return tuple(sorted(parts, key=lambda part: (part.provider_name, part.organisation_id)))


def card_ready(organisation_ids: Iterable[int]) -> set[int]:
    """Which of these providers can be paid by card today."""
    wanted = list(organisation_ids)
    return set(send(_CARD_READY, {"ids": wanted}).scalars()) if wanted else set()
