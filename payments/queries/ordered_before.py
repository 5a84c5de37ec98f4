"""What was ordered before for a person: the last answers of a checkout, and what a month's limit counts."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from payments.domain import OrderState
from payments.models import Order, OrderFunding, OrderLine


@dataclass(frozen=True)
class LastOrder:
    """What was answered the last time something was ordered for a person."""

    rail: Rail
    pot_period_id: int | None
    delivery: dict[str, Any]


def find_last_order(person_id: int, user_id: int) -> LastOrder | None:
    """The buyer's newest order for a person that reached its provider."""
    row = db.session.execute(
        select(OrderFunding.rail, OrderFunding.pot_period_id, Order.delivery)
        .join(OrderFunding, (OrderFunding.order_id == Order.id) & (OrderFunding.part_no == 1))
        .where(Order.person_id == person_id, Order.buyer_user_id == user_id, Order.placed_at.is_not(None))
        .order_by(Order.created_at.desc(), Order.id.desc())
        .limit(1)
    ).one_or_none()
    return LastOrder(*row) if row else None


def own_money_this_month(mandate_id: int, on: date | None = None) -> int:
    """Pence ordered with a person's own money under a mandate in the London month, less what ended unpaid."""
    begin, end = clock.month_bounds(on or clock.today())
    rows = db.session.scalars(
        select(OrderFunding.pence)
        .join(Order, Order.id == OrderFunding.order_id)
        .where(
            Order.mandate_id == mandate_id,
            OrderFunding.rail == Rail.OWN_MONEY,
            Order.created_at >= begin,
            Order.created_at < end,
            # An ended order counts only when it ended because it was done.
            (Order.ended_at.is_(None)) | (Order.confirmed_at.is_not(None)),
        )
        .order_by(OrderFunding.id)
    )
    return sum(rows)


def find_order_since(person_id: int, listing_id: int, moment: datetime) -> int | None:
    """The first order for a person, begun since a moment, that has this listing in it and reached somebody."""
    return db.session.scalar(
        select(Order.id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(
            Order.person_id == person_id,
            OrderLine.listing_id == listing_id,
            Order.created_at >= moment,
            Order.state.in_((OrderState.AWAITING_APPROVAL, OrderState.PLACED, OrderState.ACCEPTED, OrderState.DONE)),
        )
        .order_by(Order.id)
        .limit(1)
    )


def has_ordered_since(person_id: int, since: datetime) -> bool:
    """Whether an order for a person was begun since a moment, whatever became of it."""
    found = select(Order.id).where(Order.person_id == person_id, Order.created_at >= since).limit(1)
    return db.session.scalar(found) is not None
