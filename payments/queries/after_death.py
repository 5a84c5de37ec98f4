"""What is still booked for somebody who has died, for the council's decision about each order."""

from dataclasses import dataclass

from sqlalchemy import select

from budgets.queries.sums import sums_by_order
from marketplace.database import db
from payments.models import Order
from payments.queries.orders import OrderSummary, list_by_ids


@dataclass(frozen=True)
class Booked:
    """An order with what is still kept aside for it."""

    order: OrderSummary
    held_pence: int


def list_booked(person_id: int, council_id: int | None) -> list[Booked]:
    """Orders of a person for which money of the council's budgets is kept aside, oldest first. Two queries."""
    sums = sums_by_order().subquery()
    held: dict[int, int] = {}
    for order_id, pence in db.session.execute(
        select(sums.c.order_id, sums.c.held_pence)
        .join(Order, Order.id == sums.c.order_id)
        .where(Order.person_id == person_id, Order.council_id == council_id, sums.c.held_pence > 0)
        .order_by(sums.c.order_id)
    ):
        held[order_id] = held.get(order_id, 0) + int(pence)
    return [Booked(order, held[order_id]) for order_id, order in list_by_ids(held).items()]
