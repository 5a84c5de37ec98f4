"""I7: whoever was paid from a direct payment had been asked about first, and was nobody whom regulation 3 forbids."""

from sqlalchemy import and_, func, select

from budgets.queries.payees import declared_by, forbidden_at
from marketplace.database import db
from marketplace.kernel.checks import Check
from marketplace.kernel.rails import Rail
from payments.checks.finding import first_fault
from payments.models import Order, OrderFunding


def were_asked_about() -> Check:
    """Every order that a direct payment pays for went through after it was said what its provider is to the person."""
    payee = (Order.person_id, Order.organisation_id)
    paid = and_(OrderFunding.rail == Rail.DIRECT_PAYMENT, OrderFunding.pence > 0, Order.placed_at.is_not(None))
    orders = select(Order.id).join(OrderFunding, OrderFunding.order_id == Order.id).where(paid)
    fault = first_fault(
        orders.order_by(Order.id),
        (
            ~declared_by(*payee, Order.placed_at),
            lambda row: f"order {row.id} went through and nobody had said whether its provider is family",
        ),
        (
            forbidden_at(*payee, Order.created_at),
            lambda row: f"order {row.id} pays a relative and no record said that this is necessary",
        ),
    )
    count = db.session.scalar(select(func.count()).select_from(orders.subquery())) or 0
    return Check("I7", "payees of direct payments", count, fault)
