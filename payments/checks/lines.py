"""I3: the lines of an order are as far as the order: done when it was done, agreed to when it was agreed to."""

from sqlalchemy import and_, case, or_, select

from marketplace.kernel.checks import Check
from payments.checks.finding import count, first_fault
from payments.domain import AGREED, LineState, OrderState
from payments.models import Order, OrderLine

_ENDED = (OrderState.DECLINED, OrderState.CANCELLED, OrderState.EXPIRED)


def as_far_as_their_orders() -> Check:
    """All of a line was done when its order was, and all of that agreed to when its order was; nothing before."""
    # A provider may cancel what it has called done.
    was_done = or_(
        Order.state.in_((OrderState.DONE, *AGREED)),
        and_(Order.state == OrderState.CANCELLED, Order.done_at.is_not(None)),
    )
    agreed = Order.state.in_(AGREED)
    done = case((was_done, OrderLine.quantity), else_=0)
    confirmed = case((agreed, OrderLine.quantity), else_=0)
    stands = case(
        (agreed, LineState.CONFIRMED.value),
        (Order.state == OrderState.DONE, LineState.DONE.value),
        (Order.state.in_(_ENDED), LineState.CANCELLED.value),
        else_=LineState.ORDERED.value,
    )
    fault = first_fault(
        select(
            Order.reference,
            Order.state,
            OrderLine.line_no,
            OrderLine.state.label("line_state"),
            OrderLine.quantity,
            OrderLine.done_quantity,
            OrderLine.confirmed_quantity,
        )
        .join(Order, Order.id == OrderLine.order_id)
        .order_by(Order.id, OrderLine.line_no),
        (
            or_(OrderLine.done_quantity != done, OrderLine.confirmed_quantity != confirmed),
            lambda row: (
                f"order {row.reference}, line {row.line_no}: {row.done_quantity} of {row.quantity} done and "
                f"{row.confirmed_quantity} agreed to, its order is {row.state}"
            ),
        ),
        (
            OrderLine.state != stands,
            lambda row: f"order {row.reference}, line {row.line_no} is {row.line_state}, its order is {row.state}",
        ),
    )
    return Check("I3", "lines, as far as their orders", count(OrderLine.id), fault)
