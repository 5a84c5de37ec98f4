"""Read what waits for a second person, and one case with all that belongs to it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from budgets.domain import MandateAction
from budgets.queries.access import list_people
from marketplace.accounts.domain import Actor
from marketplace.database import db
from marketplace.kernel.errors import NotFound
from payments.domain import OrderState
from payments.models import Approval, Order
from payments.queries.orders import OrderSummary, OrderView, get_order
from payments.queries.orders.lists import find_order_before


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
class Case:
    """One case on one page: the order, and the fingerprint of what is shown."""

    id: int
    order: OrderView
    content_digest: str
    prepared_by_user_id: int
    why: str
    ends_at: datetime


def list_waiting(actor: Actor) -> list[WaitingCase]:
    """What the actor may agree to now, the one that ends first on top; never what they prepared themself."""
    person_ids = [person.id for person in list_people(actor, MandateAction.APPROVE)]
    if not person_ids:
        return []
    return _list(Order.person_id.in_(person_ids), Approval.prepared_by_user_id != actor.user_id)


def list_prepared_by(actor: Actor) -> list[WaitingCase]:
    """What the actor prepared and somebody else has to agree to."""
    return _list(Approval.prepared_by_user_id == actor.user_id)


def count_waiting(actor: Actor) -> int:
    """How many cases the actor may agree to now."""
    return len(list_waiting(actor))


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
        ).where(Approval.id == approval_id)
    ).one_or_none()
    if row is None:
        raise NotFound()
    return Case(row.id, get_order(row.order_id), row.content_digest, row.prepared_by_user_id, row.why, row.ends_at)


def find_last_from(order: OrderView) -> OrderSummary | None:
    """The person's order from the same provider before this one, so that a second person sees what is different."""
    return find_order_before(order.person_id, order.organisation_id, order.id)
