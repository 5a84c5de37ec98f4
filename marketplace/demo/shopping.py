"""Buy in the demo exactly as people buy on the pages: basket, four answers, place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from budgets.domain.payees import Relationship
from budgets.queries.outcomes import list_outcomes
from budgets.queries.people import contact_of, get_person
from catalogue.queries.listings import Offer, offer_for
from catalogue.queries.own import list_own_listings
from marketplace.accounts.domain import Actor
from marketplace.demo.folk import home_of
from payments.queries.checkouts import OWN_MONEY, get_checkout, get_plan
from payments.services import baskets, checkout
from payments.services.baskets import LineWanted


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


REASON = "It was what helped most that week"
"""Why something outside the plan was bought: the checkout asks it, and keeps it with the order."""


def answer(actor: Actor, checkout_id: int, wants: Sequence[Want], pot_period_id: int | None) -> None:
    """Give the answers that are still wanted: for whom, paid how, for what, and where to."""
    known = get_checkout(actor, checkout_id)
    if not known.answers.get("who"):
        checkout.say_who(actor, checkout_id)
    way = OWN_MONEY if pot_period_id is None else f"pot:{pot_period_id}"
    if known.way != way:
        checkout.choose_way(actor, checkout_id, way)
    goals = {outcome.category_slug: outcome.id for outcome in list_outcomes(known.person_id)}
    elsewhere = {want.offer.organisation_id for want in wants if want.offer.category_slug not in goals}
    outcomes = {
        want.offer.organisation_id: goals.get(want.offer.category_slug) or next(iter(goals.values()))
        for want in wants
        if goals
    }
    person = get_person(known.person_id)
    contact, (phone, address) = contact_of(person.id), home_of(person.name)
    delivery = {
        "name": person.name,
        "phone": contact.phone or phone,
        "address": contact.address or address,
        "postcode": person.postcode or "",
        "notes": contact.notes_for_providers or "",
    }
    strangers = {want.offer.organisation_id: Relationship.NONE for want in wants}  # asked of a direct payment alone
    checkout.say_purpose(
        actor,
        checkout_id,
        outcomes=outcomes,
        delivery=delivery,
        reasons=dict.fromkeys(elsewhere, REASON),
        relationships=strangers,
    )


def place(actor: Actor, checkout_id: int) -> tuple[int, ...]:
    """Order what the last page of the checkout shows."""
    plan = get_plan(actor, checkout_id)
    return checkout.place(actor, checkout_id, key=plan.checkout.key, seen=plan.digest).order_ids


def buy(actor: Actor, person_id: int, wants: Sequence[Want], pot_period_id: int) -> tuple[int, ...]:
    """Order from a budget that needs no card; answers the orders, in the order of the providers."""
    checkout_id = fill(actor, person_id, wants)
    answer(actor, checkout_id, wants, pot_period_id)
    return place(actor, checkout_id)
