"""Read what waits for a second person, and one case with all that belongs to it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from budgets.domain import MandateAction, MandateView, PotChoice
from budgets.queries.access import list_mandates_of, list_people
from budgets.queries.pots import get_pot_choice
from catalogue.queries.listings import offer_for
from marketplace.accounts.domain import Actor
from marketplace.accounts.queries import names_of
from marketplace.database import db
from marketplace.kernel.errors import NotFound
from marketplace.kernel.rails import Rail
from payments.domain import OrderState
from payments.models import Approval, Order
from payments.queries.orders import OrderSummary, OrderView, get_order
from payments.queries.orders.lists import find_order_before
from payments.queries.standing import money_of_orders


@dataclass(frozen=True)
class WaitingCase:
    """One row of the queue."""

    id: int
    order_id: int
    person_id: int
    person_name: str
    provider_name: str
    buyer_name: str
    total_pence: int
    why: str
    asked_at: datetime
    ends_at: datetime
    prepared_by_user_id: int


@dataclass(frozen=True)
class PaidFrom:
    """One part of what pays for a case: a pot as it is with the order kept aside in it, or money that is no pot's."""

    rail: Rail
    pence: int
    pot: PotChoice | None

    @property
    def before_pence(self) -> int | None:
        """What the pot would have without this order."""
        return None if self.pot is None else self.pot.available_pence + self.pence


@dataclass(frozen=True)
class SentBackBefore:
    """What the same provider was to do for the person when somebody sent it back, and why."""

    order_id: int
    total_pence: int
    by: str
    at: datetime
    words: str


@dataclass(frozen=True)
class Case:
    """One case on one page: the order, and the fingerprint of what is shown.

    `prices_now` are the prices, by listing, of what its provider has put up or taken off since it was prepared; None
    for what is no longer offered.
    """

    id: int
    order: OrderView
    content_digest: str
    prepared_by_user_id: int
    why: str
    ends_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    approved: bool | None
    prices_now: dict[int, int | None]
    paid_from: tuple[PaidFrom, ...]
    sent_back_before: SentBackBefore | None


def list_waiting(actor: Actor) -> list[WaitingCase]:
    """What the actor may agree to now, the one that ends first on top; never what they prepared themself."""
    person_ids = [person.id for person in list_people(actor, MandateAction.APPROVE)]
    if not person_ids:
        return []
    cases = _list(Order.person_id.in_(person_ids), Approval.prepared_by_user_id != actor.user_id)
    mandates: dict[int, list[MandateView]] = {}
    for mandate in list_mandates_of(actor) if cases else ():
        if MandateAction.APPROVE in mandate.actions:
            mandates.setdefault(mandate.person_id, []).append(mandate)
    limited = {person_id for person_id, theirs in mandates.items() if all(mandate.pot_ids for mandate in theirs)}
    money = money_of_orders(case.order_id for case in cases if case.person_id in limited)
    return [
        case
        for case in cases
        if case.person_id not in limited
        or any(all(map(mandate.covers, money[case.order_id])) for mandate in mandates[case.person_id])
    ]


def list_prepared_by(actor: Actor) -> list[WaitingCase]:
    """What the actor prepared and somebody else has to agree to."""
    return _list(Approval.prepared_by_user_id == actor.user_id)


def _list(*which: object) -> list[WaitingCase]:
    rows = db.session.execute(
        select(
            Approval.id,
            Approval.order_id,
            Order.person_id,
            Order.person_name,
            Order.provider_name,
            Order.buyer_name,
            Order.total_pence,
            Approval.why,
            Approval.asked_at,
            Approval.ends_at,
            Approval.prepared_by_user_id,
        )
        .join(Order, Order.id == Approval.order_id)
        .where(Approval.decided_at.is_(None), Order.state == OrderState.AWAITING_APPROVAL, *which)  # type: ignore[arg-type]
        .order_by(Approval.ends_at, Approval.id)
    )
    return [WaitingCase(*row) for row in rows]


def get_case(approval_id: int) -> Case:
    """One case; the caller asks `budgets.services.rights.may_approve` who may see it. Raises NotFound."""
    row = db.session.execute(
        select(
            Approval.id,
            Approval.order_id,
            Approval.content_digest,
            Approval.prepared_by_user_id,
            Approval.why,
            Approval.ends_at,
            Approval.decided_by_user_id,
            Approval.decided_at,
            Approval.approved,
        ).where(Approval.id == approval_id)
    ).one_or_none()
    if row is None:
        raise NotFound()
    order = get_order(row.order_id)
    return Case(
        row.id,
        order,
        row.content_digest,
        row.prepared_by_user_id,
        row.why,
        row.ends_at,
        names_of([row.decided_by_user_id]).get(row.decided_by_user_id) if row.decided_at else None,
        row.decided_at,
        row.approved,
        _prices_now(order),
        tuple(
            PaidFrom(part.rail, part.pence, get_pot_choice(part.pot_period_id) if part.pot_period_id else None)
            for part in order.funding
        ),
        _find_sent_back_before(order),
    )


def _prices_now(order: OrderView) -> dict[int, int | None]:
    offers = offer_for({line.listing_id for line in order.lines})
    prices = {listing_id: None if offer.why_not else offer.price_pence for listing_id, offer in offers.items()}
    return {
        line.listing_id: prices.get(line.listing_id)
        for line in order.lines
        if prices.get(line.listing_id) != line.unit_price_pence
    }


def _find_sent_back_before(order: OrderView) -> SentBackBefore | None:
    """The last case of the person and the provider before this one, if somebody sent it back."""
    row = db.session.execute(
        select(
            Order.id,
            Order.total_pence,
            Approval.decided_by_user_id,
            Approval.decided_at,
            Approval.words,
            Approval.approved,
        )
        .join(Approval, Approval.order_id == Order.id)
        .where(
            Order.person_id == order.person_id,
            Order.organisation_id == order.organisation_id,
            Order.id < order.id,
        )
        .order_by(Order.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None or row.approved is not False:
        return None
    by = names_of([row.decided_by_user_id]).get(row.decided_by_user_id, "Somebody")
    return SentBackBefore(row.id, row.total_pence, by, row.decided_at, row.words or "")


def find_last_from(order: OrderView) -> OrderSummary | None:
    """The person's order from the same provider before this one, so that a second person sees what is different."""
    return find_order_before(order.person_id, order.organisation_id, order.id)
