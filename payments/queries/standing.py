"""In which capacity somebody meets an order: as its person, under a mandate, as its provider, for the money."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from budgets.domain import MandateAction
from budgets.queries.access import find_access, get_access
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.kernel.errors import NotFound
from marketplace.kernel.rails import Rail


class Side(StrEnum):
    PERSON = "person"
    MANDATE = "mandate"
    ASSISTED = "assisted"  # an access point's worker, with the person
    PROVIDER = "provider"
    OPERATOR = "operator"
    COUNCIL = "council"  # finance and audit of the council that pays


BUYER_SIDES = frozenset({Side.PERSON, Side.MANDATE, Side.ASSISTED})
READING = (MandateAction.ORDER, MandateAction.CONFIRM, MandateAction.READ_BUDGET, MandateAction.APPROVE)


@dataclass(frozen=True)
class Standing:
    """How the actor stands to an order, and the mandate used, if any."""

    side: Side
    mandate_id: int | None = None


class OrderFacts(Protocol):
    """What has to be known of an order to say who may meet it."""

    person_id: int
    organisation_id: int
    council_id: int | None
    assisted_by_organisation_id: int | None
    placed_at: datetime | None


class Bought(Protocol):
    """What has to be known of an order to say who bought it, and by what right."""

    buyer_user_id: int
    person_id: int
    mandate_id: int | None


def buyer_standing(actor: Actor, order: OrderFacts, *actions: MandateAction) -> Standing:
    """The buyer's side of an order: its person, a live mandate with one of `actions`, or the access point that helped.

    Raises NotFound for everybody else.
    """
    for action in actions:
        try:
            access = get_access(actor, order.person_id, action)
        except NotFound:
            continue
        if access.assisted_organisation_id is not None:
            if access.assisted_organisation_id != order.assisted_by_organisation_id:
                continue
            return Standing(Side.ASSISTED)
        if access.mandate is not None:
            return Standing(Side.MANDATE, access.mandate.id)
        return Standing(Side.PERSON)
    raise NotFound()


def buyer_is_told(order: Bought) -> bool:
    """Whether whoever bought it still hears of an order: for somebody else only while they may act for them."""
    if order.mandate_id is None:
        return True
    actor = actor_of(order.buyer_user_id)
    return any(find_access(actor, order.person_id, action) for action in (MandateAction.ORDER, MandateAction.CONFIRM))


def list_reach(actor: Actor, person_id: int) -> int | None:
    """How far the actor may list a person's orders: None for all of them, else the access point whose orders they are.

    Raises NotFound for a stranger.
    """
    found = [access for action in READING if (access := find_access(actor, person_id, action)) is not None]
    if not found:
        raise NotFound()
    everything = any(access.assisted_organisation_id is None for access in found)
    return None if everything else found[0].assisted_organisation_id


def provider_standing(actor: Actor, order: OrderFacts) -> Standing:
    """A member of the provider; an order that was never placed does not exist for it. Raises NotFound."""
    if order.placed_at is None or order.organisation_id not in actor.organisation_ids(Role.PROVIDER):
        raise NotFound()
    return Standing(Side.PROVIDER)


def reader_standing(actor: Actor, order: OrderFacts, rail: Rail) -> Standing:
    """Whoever may read an order. Raises NotFound, which looks the same as an order that is not there."""
    try:
        return buyer_standing(actor, order, *READING)
    except NotFound:
        pass
    if order.placed_at is not None and order.organisation_id in actor.organisation_ids(Role.PROVIDER):
        return Standing(Side.PROVIDER)
    if actor.has(Role.OPERATOR):
        return Standing(Side.OPERATOR)
    # Finance and audit read what a budget paid for, never what somebody bought with their own money.
    paid_by_budget = rail is not Rail.OWN_MONEY
    if paid_by_budget and order.council_id in actor.council_ids(Role.COUNCIL_FINANCE, Role.AUDITOR):
        return Standing(Side.COUNCIL)
    raise NotFound()
