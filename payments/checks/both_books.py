"""I2: the budget book and the orders say the same of each order: what is kept aside for it, and what it spent."""

from sqlalchemy import and_, func, or_, select

from budgets.queries.sums import sums_by_order
from marketplace.kernel.checks import Check
from payments.checks.finding import count, first_fault, pounds
from payments.domain import AGREED, OrderState, PaymentState, RefundState
from payments.models import Order, OrderFunding, Refund

_ENDED = (OrderState.DECLINED, OrderState.CANCELLED, OrderState.EXPIRED)


def agree() -> Check:
    """Every order in the budget book is one that is paid from that pot, for as much as the book has, and no hold stays
    behind. A payment that is held for review is for the desk to put right."""
    given_back = (
        select(Refund.order_funding_id, func.sum(Refund.pence).label("pence"))
        .where(Refund.state.in_((RefundState.PENDING, RefundState.DONE)))
        .group_by(Refund.order_funding_id)
        .subquery()
    )
    parts = (
        select(
            OrderFunding.order_id,
            OrderFunding.pot_period_id,
            func.sum(OrderFunding.pence - func.coalesce(given_back.c.pence, 0)).label("pence"),
        )
        .outerjoin(given_back, given_back.c.order_funding_id == OrderFunding.id)
        .where(OrderFunding.pot_period_id.is_not(None))
        .group_by(OrderFunding.order_id, OrderFunding.pot_period_id)
        .subquery()
    )
    book = sums_by_order().subquery()
    held, spent = func.coalesce(book.c.held_pence, 0), func.coalesce(book.c.spent_pence, 0)
    without_order = (
        select(book.c.order_id, book.c.pot_period_id, book.c.held_pence, Order.reference)
        .select_from(book)
        .outerjoin(Order, Order.id == book.c.order_id)
        .outerjoin(parts, and_(parts.c.order_id == book.c.order_id, parts.c.pot_period_id == book.c.pot_period_id))
        .order_by(book.c.order_id)
    )
    fault = first_fault(
        without_order,
        (
            Order.id.is_(None),
            lambda row: (
                f"{pounds(row.held_pence)} is kept aside in pot period {row.pot_period_id} for order "
                f"{row.order_id}, which there is not"
            ),
        ),
        (
            parts.c.order_id.is_(None),
            lambda row: (
                f"order {row.reference} is in the book of pot period {row.pot_period_id}, which does not pay for it"
            ),
        ),
    )
    looked_at = Order.payment_state != PaymentState.REVIEW
    fault = fault or first_fault(
        select(Order.reference, Order.state, parts.c.pence, held.label("held"), spent.label("spent"))
        .select_from(parts)
        .join(Order, Order.id == parts.c.order_id)
        .outerjoin(book, and_(book.c.order_id == parts.c.order_id, book.c.pot_period_id == parts.c.pot_period_id))
        .order_by(Order.id),
        (
            and_(looked_at, Order.state.in_(_ENDED), or_(held != 0, spent != 0)),
            lambda row: (
                f"order {row.reference} has ended, its budget still has {pounds(row.held)} kept "
                f"aside and {pounds(row.spent)} spent on it"
            ),
        ),
        (
            and_(looked_at, Order.state.in_(AGREED), held != 0),
            lambda row: f"order {row.reference} was agreed to, {pounds(row.held)} is still kept aside",
        ),
        (
            and_(looked_at, Order.state.not_in((*AGREED, *_ENDED)), spent != 0),
            lambda row: f"order {row.reference} was not agreed to, {pounds(row.spent)} is spent on it",
        ),
        (
            and_(looked_at, Order.state.not_in(_ENDED), held + spent != parts.c.pence),
            lambda row: (
                f"order {row.reference} costs its budget {pounds(row.pence)}, the budget book has "
                f"{pounds(row.held)} kept aside and {pounds(row.spent)} spent"
            ),
        ),
    )
    return Check("I2", "orders, in both books alike", count(Order.id), fault)
