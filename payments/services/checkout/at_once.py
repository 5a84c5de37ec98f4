"""Order from a budget in one go what somebody looked at in a list, with every check that the pages of a checkout make.

It runs through a basket of its own, so that what lies in the buyer's open basket for the person stays there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import delete, insert, select

from budgets.domain import MandateAction, MandateView, PersonView, PotChoice
from budgets.queries.access import get_access
from budgets.queries.people import contact_of
from budgets.queries.pots import list_pot_choices
from budgets.words import day_words, possessive, short_name
from catalogue.queries.listings import Offer, offer_for
from marketplace.accounts.domain import Actor
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.money import format_pounds
from marketplace.kernel.rails import SETTLED_RAILS, Rail
from payments.errors import CheckoutChanged, NotForBasket, PaysByCard
from payments.models import Basket, BasketLine, Checkout
from payments.queries.baskets import digest_of, quantity_words, why_not
from payments.queries.checkouts import DELIVERY_FIELDS, get_checkout, plan_of
from payments.queries.ordered_before import find_last_order
from payments.services.checkout.placing import orders_placed_before, place


@dataclass(frozen=True)
class SeenLine:
    """So many of a listing, with the title and the price of one that the buyer looked at."""

    listing_id: int
    quantity: int
    title: str
    price_pence: int
    wanted_on: date | None = None
    note: str | None = None

    @property
    def amount_pence(self) -> int:
        return self.quantity * self.price_pence


@dataclass(frozen=True)
class AtOnce:
    """One order for one person, from one provider. The same `key` orders once, whatever happens in between."""

    key: str
    person_id: int
    lines: tuple[SeenLine, ...]
    outcome_id: int | None = field(default=None)

    @property
    def total_pence(self) -> int:
        return sum(line.amount_pence for line in self.lines)

    @property
    def first_day(self) -> date:
        return min((line.wanted_on for line in self.lines if line.wanted_on), default=clock.today())


@dataclass(frozen=True)
class PlacedAtOnce:
    """The checkout it went through, and its orders: one, or one for each period of the pot that its days lie in."""

    checkout_id: int
    order_ids: tuple[int, ...]


def order_at_once(actor: Actor, wanted: AtOnce) -> PlacedAtOnce:
    """Place it from the pot that can pay, in one transaction, or write nothing.

    Raises NotFound when the right to order has ended, and DomainError in words for the buyer: the listing is gone, its
    price is not the one seen, no money, no outcome, no address.
    """
    with transaction():
        known = db.session.scalar(
            select(Checkout.id).where(Checkout.key == wanted.key, Checkout.user_id == actor.user_id)
        )
        if known is not None:
            return PlacedAtOnce(known, orders_placed_before(get_checkout(actor, known)) or ())
        access = get_access(actor, wanted.person_id, MandateAction.ORDER)
        offers = offers_as_seen(wanted.lines)
        pots = list_pot_choices(wanted.person_id, wanted.first_day)
        pot = pot_for(covered(pots, access.mandate, access.person.name), offers, wanted.total_pence, access.person.name)
        delivery = _delivery(access.person, actor)
        basket_id = _basket(actor, wanted)
        checkout_id: int = db.session.execute(
            insert(Checkout)
            .values(
                key=wanted.key,
                basket_id=basket_id,
                user_id=actor.user_id,
                person_id=wanted.person_id,
                assisted_by_organisation_id=access.assisted_organisation_id,
                rail=pot.rail,
                pot_period_id=pot.pot_period_id,
                answers={
                    "who": True,
                    "delivery": delivery,
                    "outcomes": {str(offer.organisation_id): wanted.outcome_id for offer in offers},
                },
                created_at=clock.now(),
            )
            .returning(Checkout.id)
        ).scalar_one()
        plan = plan_of(actor, get_checkout(actor, checkout_id))
        outside = next((part.outside for part in plan.parts if part.lacks_reason), None)
        if outside is not None:
            raise DomainError(f"{outside} Order it by itself, where you can say why it is right all the same.")
        if not plan.purpose_is_known:
            raise DomainError(f"Choose what this is for, from the outcomes of {possessive(access.person.name)} plan.")
        placed = place(actor, checkout_id, key=wanted.key, seen=plan.digest)
        db.session.execute(delete(Basket).where(Basket.id == basket_id))
        return PlacedAtOnce(checkout_id, placed.order_ids)


def offers_as_seen(lines: Sequence[SeenLine]) -> list[Offer]:
    """Today's offers of the lines, in order, when each is still what was looked at. Raises DomainError in words."""
    known = offer_for(line.listing_id for line in lines)
    offers = []
    for line in lines:
        offer = known.get(line.listing_id)
        reason = why_not(offer)
        if offer is None or reason is not None:
            raise NotForBasket(f"{line.title}: {reason}")
        if offer.price_pence != line.price_pence:
            raise CheckoutChanged(
                f"{offer.title} costs {format_pounds(offer.price_pence or 0)} {offer.unit_words.per} now, and "
                f"{format_pounds(line.price_pence)} when you looked."
            )
        if not offer.min_quantity <= line.quantity <= offer.max_quantity:
            raise DomainError(f"{offer.title}: choose {quantity_words(offer)}.")
        if line.wanted_on is not None and line.wanted_on < clock.today():
            raise DomainError(f"{day_words(line.wanted_on)} has passed. Choose a day from today on.")
        offers.append(offer)
    return offers


def covered(pots: Iterable[PotChoice], mandate: MandateView | None, person_name: str) -> list[PotChoice]:
    """Those pots whose money may be spent under a mandate; all of them for the person themself, who has none.

    Raises DomainError in words when there is money, and all of it is left out.
    """
    known = list(pots)
    kept = [pot for pot in known if mandate is None or mandate.covers(pot.pot_id)]
    left_out = left_out_words(known, mandate)
    if left_out is not None and not kept:
        raise DomainError(f"{left_out} {short_name(person_name)} has no other budget that could pay on that day.")
    return kept


def left_out_words(pots: Iterable[PotChoice], mandate: MandateView | None) -> str | None:
    """Which pots a mandate leaves out, in a sentence for whoever is named in it; None when it leaves out none."""
    names = list(dict.fromkeys(pot.words for pot in pots if mandate is not None and not mandate.covers(pot.pot_id)))
    if not names:
        return None
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
    return f"Your authority does not cover {listed}."


def pot_for(pots: Iterable[PotChoice], offers: Sequence[Offer], total_pence: int, person_name: str) -> PotChoice:
    """The pot that pays without a card: the first with enough, else the first, whose refusal names what is left.

    Pure, so that a list of many people can be told beforehand. Raises DomainError in words when there is none; as
    PaysByCard where a card could pay, which nobody but the buyer can give.
    """
    known, name = list(pots), short_name(person_name)
    accepted: frozenset[Rail] = frozenset(Rail).intersection(*(offer.rails for offer in offers))
    fitting = [pot for pot in known if pot.rail in accepted & SETTLED_RAILS]
    held = [pot for pot in fitting if pot.rail is not Rail.ISF or pot.payer_organisation_id is not None] or fitting
    if held:
        return next((pot for pot in held if pot.available_pence >= total_pence), held[0])
    if Rail.DIRECT_PAYMENT in accepted and any(pot.rail is Rail.DIRECT_PAYMENT for pot in known):
        raise PaysByCard(f"{name} has a direct payment, which pays by card.")
    if known:
        raise DomainError(f"{offers[0].provider_name} does not take the kind of budget that {name} has.")
    if Rail.OWN_MONEY in accepted:
        words = f"{name} has no budget that could pay on that day. It would be {possessive(person_name)} own money."
        raise PaysByCard(words, is_own_money=True)
    raise DomainError(f"{name} has no budget that could pay on that day.")


def _delivery(person: PersonView, actor: Actor) -> dict[str, str]:
    """Where it goes: as the last time, else where the person lives, which they may have said since then."""
    last = find_last_order(person.id, actor.user_id or 0)
    known: dict[str, Any] = last.delivery_to(person) if last is not None else {}
    if not known.get("address"):
        contact = contact_of(person.id)
        known = {
            "name": person.name,
            "phone": contact.phone,
            "address": contact.address,
            "postcode": person.postcode,
            "notes": contact.notes_for_providers,
        }
    if not known.get("address") or not known.get("postcode"):
        raise DomainError(
            f"We do not know where {short_name(person.name)} lives. Order one thing through {possessive(person.name)} "
            "basket and give the address there: it is remembered."
        )
    return {name: str(known.get(name) or "") for name in DELIVERY_FIELDS}


def _basket(actor: Actor, wanted: AtOnce) -> int:
    """A basket that nobody else opens, which lives as long as this transaction."""
    if actor.user_id is None:
        raise NotFound
    now = clock.now()
    basket_id: int = db.session.execute(
        insert(Basket)
        .values(
            person_id=wanted.person_id, token_digest=digest_of(f"at once:{wanted.key}"), created_at=now, touched_at=now
        )
        .returning(Basket.id)
    ).scalar_one()
    db.session.execute(
        insert(BasketLine),
        [
            {
                "basket_id": basket_id,
                "listing_id": line.listing_id,
                "quantity": line.quantity,
                "wanted_on": line.wanted_on,
                "note": line.note,
                "outcome_id": wanted.outcome_id,
                "title_seen": line.title,
                "price_seen_pence": line.price_pence,
                "added_at": now,
            }
            for line in wanted.lines
        ],
    )
    return basket_id
