"""I4: what is given back is what its refunds say, by part and by line, and never more than was paid."""

from sqlalchemy import and_, func, or_, select

from marketplace.kernel.checks import Check
from payments.checks.finding import count, first_fault, pounds
from payments.checks.parts import given_back
from payments.domain import REFUNDS_THAT_COUNT, RefundState
from payments.models import Order, OrderFunding, OrderLine, Refund, RefundLine


def within_payments() -> Check:
    return Check("I4", "refunds", count(Refund.id), _by_part() or _by_line() or _by_refund())


def _by_part() -> str | None:
    back = given_back()
    summed = func.coalesce(back.c.pence, 0)
    return first_fault(
        select(Order.reference, OrderFunding.pence, OrderFunding.refunded_pence, summed.label("summed"))
        .select_from(OrderFunding)
        .join(Order, Order.id == OrderFunding.order_id)
        .outerjoin(back, back.c.order_funding_id == OrderFunding.id),
        (
            or_(OrderFunding.refunded_pence != summed, OrderFunding.refunded_pence > OrderFunding.pence),
            lambda row: (
                f"order {row.reference}: {pounds(row.refunded_pence)} of {pounds(row.pence)} "
                f"given back, its refunds are {pounds(row.summed)}"
            ),
        ),
    )


def _by_line() -> str | None:
    back = (
        select(
            RefundLine.order_line_id,
            func.sum(RefundLine.pence).label("pence"),
            func.sum(RefundLine.quantity).label("quantity"),
        )
        .join(Refund, Refund.id == RefundLine.refund_id)
        .where(Refund.state.in_(REFUNDS_THAT_COUNT))
        .group_by(RefundLine.order_line_id)
        .subquery()
    )
    summed, quantity = func.coalesce(back.c.pence, 0), func.coalesce(back.c.quantity, 0)
    return first_fault(
        select(
            Order.reference,
            OrderLine.line_no,
            OrderLine.refunded_pence,
            OrderLine.refunded_quantity,
            summed.label("summed"),
            quantity.label("quantity"),
        )
        .select_from(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .outerjoin(back, back.c.order_line_id == OrderLine.id),
        (
            or_(OrderLine.refunded_pence != summed, OrderLine.refunded_pence > OrderLine.amount_pence),
            lambda row: (
                f"order {row.reference}, line {row.line_no}: {pounds(row.refunded_pence)} given back, "
                f"its refunds are {pounds(row.summed)}"
            ),
        ),
        (
            OrderLine.refunded_quantity != quantity,
            lambda row: (
                f"order {row.reference}, line {row.line_no}: {row.refunded_quantity} given back, by its refunds "
                f"{row.quantity}"
            ),
        ),
    )


def _by_refund() -> str | None:
    lines = (
        select(RefundLine.refund_id, func.sum(RefundLine.pence).label("pence"))
        .group_by(RefundLine.refund_id)
        .subquery()
    )
    summed = func.coalesce(lines.c.pence, 0)
    return first_fault(
        select(Refund.id, Order.reference, Refund.state, Refund.pence, summed.label("summed"))
        .join(Order, Order.id == Refund.order_id)
        .outerjoin(lines, lines.c.refund_id == Refund.id),
        (
            and_(Refund.state.in_((RefundState.WAITING, RefundState.PENDING)), Refund.done_at.is_not(None)),
            lambda row: f"refund {row.id} of order {row.reference} was done once, and is called {row.state}",
        ),
        (
            Refund.pence != summed,
            lambda row: (
                f"refund {row.id} of order {row.reference} is {pounds(row.pence)}, by its lines {pounds(row.summed)}"
            ),
        ),
    )
