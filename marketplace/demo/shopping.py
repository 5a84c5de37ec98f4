"""Buy in the demo exactly as people buy on the pages: basket, four answers, place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from budgets.queries.outcomes import list_outcomes
from catalogue.queries.listings import Offer, offer_for
from catalogue.queries.own import list_own_listings
from marketplace.accounts.domain import Actor
from payments.queries.checkouts import OWN_MONEY, get_plan
from payments.services import baskets, checkout
from payments.services.baskets import LineWanted

DELIVERY = {"name": "", "phone": "", "address": "", "postcode": "", "notes": ""}


@dataclass(frozen=True)
class Want:
    """So many of a listing on a day, serving the outcome of its category."""

    offer: Offer
    quantity: int
    on: date
    note: str | None = None


def offers_of(providers: dict[str, int]) -> dict[tuple[str, str], Offer]:
    """Every offer of the invented providers, by the names of provider and listing."""
    ids = [listing.id for listing in list_own_listings(tuple(providers.values()))]
    return {(offer.provider_name, offer.title): offer for offer in offer_for(ids).values()}


def fill(actor: Actor, person_id: int, wants: Sequence[Want]) -> int:
    """Put things into the basket for a person and begin the checkout; answers its id."""
    owner = baskets.owner_for(actor, person_id, None)
    for want in wants:
        baskets.add(owner, LineWanted(want.offer.listing_id, want.quantity, want.on, want.note))
    return checkout.begin(actor, person_id)


def answer(actor: Actor, checkout_id: int, pot_period_id: int | None) -> None:
    """Give the four answers: for whom, paid how, for what, and where to."""
    plan = get_plan(actor, checkout_id)
    checkout.say_who(actor, checkout_id)
    way = OWN_MONEY if pot_period_id is None else f"pot:{pot_period_id}"
    checkout.choose_way(actor, checkout_id, way)
    outcomes = list_outcomes(plan.checkout.person_id)
    fitting = {outcome.category_slug: outcome.id for outcome in outcomes}
    chosen = {
        part.organisation_id: fitting.get(part.lines[0].offer.category_slug, outcomes[0].id)
        for part in plan.parts
        if outcomes and part.lines[0].offer
    }
    person = plan.access.person
    delivery = DELIVERY | {"name": person.name, "postcode": person.postcode or ""}
    checkout.say_purpose(actor, checkout_id, outcomes=chosen, delivery=delivery)


def place(actor: Actor, checkout_id: int) -> tuple[int, ...]:
    """Order what the last page of the checkout shows."""
    plan = get_plan(actor, checkout_id)
    return checkout.place(actor, checkout_id, key=plan.checkout.key, seen=plan.digest).order_ids


def buy(actor: Actor, person_id: int, wants: Sequence[Want], pot_period_id: int) -> tuple[int, ...]:
    """Order from a budget that needs no card, all in one transaction; answers the orders."""
    checkout_id = fill(actor, person_id, wants)
    answer(actor, checkout_id, pot_period_id)
    return place(actor, checkout_id)
