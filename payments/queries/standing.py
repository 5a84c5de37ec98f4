"""In which capacity somebody meets an order: as its person, under a mandate, as its provider, for the money."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sqlalchemy import select

from budgets.domain import MandateAction, PersonAccess
from budgets.queries.access import find_access
from budgets.queries.pots import pots_of_periods
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db
from marketplace.kernel.errors import NotFound
from marketplace.kernel.rails import Rail
from payments.models import OrderFunding


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

    @property
    def id(self) -> int: ...

    @property
    def person_id(self) -> int: ...

    @property
    def organisation_id(self) -> int: ...

    @property
    def council_id(self) -> int | None: ...

    @property
    def assisted_by_organisation_id(self) -> int | None: ...

    @property
    def placed_at(self) -> datetime | None: ...


class Bought(Protocol):
    """What has to be known of an order to say who bought it, and by what right."""

    buyer_user_id: int
    person_id: int
    mandate_id: int | None
    assisted_by_organisation_id: int | None


def buyer_standing(actor: Actor, order: OrderFacts, *actions: MandateAction) -> Standing:
    """Who may act on an order for its buyer: its person, a live mandate with one of `actions`, the access point.

    A mandate that names pots has to cover the money of the order. Raises NotFound for everybody else.
    """
    for action in actions:
        access = find_access(actor, order.person_id, action)
        if access is not None and access.mandate is not None and access.mandate.pot_ids:
            money = money_of_orders([order.id])[order.id]
            access = find_access(actor, order.person_id, action, money=money)
        standing = _standing_by(access, order)
        if standing is not None:
            return standing
    raise NotFound()


def _standing_by(access: PersonAccess | None, order: OrderFacts) -> Standing | None:
    if access is None:
        return None
    if access.assisted_organisation_id is not None:
        helped_here = access.assisted_organisation_id == order.assisted_by_organisation_id
        return Standing(Side.ASSISTED) if helped_here else None
    return Standing(Side.MANDATE, access.mandate.id) if access.mandate is not None else Standing(Side.PERSON)


def money_of_orders(order_ids: Iterable[int]) -> dict[int, frozenset[int | None]]:
    """What pays for each order: pots, and None for money that is no pot's, such as a card's. Two queries at most."""
    wanted = set(order_ids)
    if not wanted:
        return {}
    rows = db.session.execute(
        select(OrderFunding.order_id, OrderFunding.pot_period_id).where(OrderFunding.order_id.in_(wanted))
    ).all()
    pots = pots_of_periods(row.pot_period_id for row in rows if row.pot_period_id is not None)
    found: dict[int, set[int | None]] = {}
    for row in rows:
        found.setdefault(row.order_id, set()).add(pots.get(row.pot_period_id))
    return {order_id: frozenset(found.get(order_id, {None})) for order_id in wanted}


def buyer_is_told(order: Bought) -> bool:
    """Whether whoever bought it still hears of an order: for somebody else only while they may act for them, and with
    somebody at an access point only while they work there."""
    if order.assisted_by_organisation_id is not None:
        helpers = actor_of(order.buyer_user_id).organisation_ids(Role.ACCESS_POINT_WORKER)
        return order.assisted_by_organisation_id in helpers
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
    for action in READING:
        standing = _standing_by(find_access(actor, order.person_id, action), order)
        if standing is not None:
            return standing
    if order.placed_at is not None and order.organisation_id in actor.organisation_ids(Role.PROVIDER):
        return Standing(Side.PROVIDER)
    if actor.has(Role.OPERATOR):
        return Standing(Side.OPERATOR)
    # Finance and audit read what a budget paid for, never what somebody bought with their own money.
    paid_by_budget = rail is not Rail.OWN_MONEY
    if paid_by_budget and order.council_id in actor.council_ids(Role.COUNCIL_FINANCE, Role.AUDITOR):
        return Standing(Side.COUNCIL)
    raise NotFound()
