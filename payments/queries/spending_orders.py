"""What a file of spending says of orders."""

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import func, select

from marketplace.database import db
from payments.models import Order, OrderLine


@dataclass(frozen=True)
class SpendingOrder:
    """An order as it was sold; its price by category, in pence."""

    reference: str
    provider_name: str
    organisation_id: int
    by_category: dict[str, int] = field(default_factory=dict)


def spending_orders(order_ids: Collection[int]) -> dict[int, SpendingOrder]:
    """Orders by id, in two queries."""
    if not order_ids:
        return {}
    ids = sorted(order_ids)
    found = {
        row.id: SpendingOrder(row.reference, row.provider_name, row.organisation_id)
        for row in db.session.execute(
            select(Order.id, Order.reference, Order.provider_name, Order.organisation_id).where(Order.id.in_(ids))
        )
    }
    for order_id, slug, pence in db.session.execute(
        select(OrderLine.order_id, OrderLine.category_slug, func.sum(OrderLine.amount_pence))
        .where(OrderLine.order_id.in_(ids))
        .group_by(OrderLine.order_id, OrderLine.category_slug)
        .order_by(OrderLine.order_id, OrderLine.category_slug)
    ):
        found[order_id].by_category[slug] = int(pence)
    return found
