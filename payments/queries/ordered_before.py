"""What was ordered before for a person: the last answers of a checkout, and what a month's limit counts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, select, true

from budgets.domain import PersonView
from budgets.queries.access import names_user_now
from marketplace.database import db, send, table_of
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
    created_at: datetime
    person_name: str

    def delivery_to(self, person: PersonView) -> dict[str, Any]:
        """Where it went, to the person by the name that they have now; nothing when they have said since then where
        they live.
        """
        if person.details_at is not None and person.details_at >= self.created_at:
            return {}
        by_name = self.delivery.get("name") == self.person_name
        return self.delivery | {"name": person.name} if by_name else self.delivery


@dataclass(frozen=True)
class Before:
    """What is known of a buyer before they answer anything. `is_named`: a mandate that counts today names them."""

    is_named: bool
    last: LastOrder | None


_orders, _funding = table_of(Order), table_of(OrderFunding)
_LAST = (
    select(_funding.c.rail, _funding.c.pot_period_id, _orders.c.delivery, _orders.c.created_at, _orders.c.person_name)
    .join(_funding, and_(_funding.c.order_id == _orders.c.id, _funding.c.part_no == 1))
    .where(
        _orders.c.person_id == bindparam("person_id"),
        _orders.c.buyer_user_id == bindparam("user_id"),
        _orders.c.placed_at.is_not(None),
    )
    .order_by(_orders.c.created_at.desc(), _orders.c.id.desc())
    .limit(1)
)
_last = _LAST.subquery()
_named = select(names_user_now(bindparam("user_id"), bindparam("today")).label("is_named")).subquery()
_BEFORE = select(_last, _named.c.is_named).select_from(_named.outerjoin(_last, true()))


def find_last_order(person_id: int, user_id: int) -> LastOrder | None:
    """The buyer's newest order for a person that reached its provider."""
    row = send(_LAST, {"person_id": person_id, "user_id": user_id}).one_or_none()
    return LastOrder(*row) if row else None


def known_before(person_id: int, user_id: int) -> Before:
    """The last order, and whether there may be somebody else for whom the buyer acts. One query."""
    *last, is_named = send(_BEFORE, {"person_id": person_id, "user_id": user_id, "today": clock.today()}).one()
    return Before(is_named, LastOrder(*last) if last[0] is not None else None)


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


def last_ordered_at(person_ids: Collection[int]) -> dict[int, datetime]:
    """When the last order for each of these people was begun, whatever became of it. One query."""
    query = (
        select(Order.person_id, func.max(Order.created_at))
        .where(Order.person_id.in_(person_ids))
        .group_by(Order.person_id)
    )
    return {person_id: at for person_id, at in db.session.execute(query)}  # noqa: C416 - typed rows
