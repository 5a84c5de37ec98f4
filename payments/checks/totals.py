"""I8: every total that is stored beside its parts is their sum."""

from sqlalchemy import case, func, or_, select

from marketplace.kernel.checks import Check
from payments.checks.finding import count, first_fault, pounds
from payments.domain import Payer
from payments.models import Order, OrderFunding, OrderLine, SettlementLine, SettlementRun


def are_sums() -> Check:
    """An order's total is that of its lines and of what pays for it; a run's are those of its lines."""
    return Check("I8", "orders with their totals", count(Order.id), _orders() or _runs())


def _orders() -> str | None:
    lines = (
        select(OrderLine.order_id, func.sum(OrderLine.amount_pence).label("pence"))
        .group_by(OrderLine.order_id)
        .subquery()
    )
    parts = (
        select(
            OrderFunding.order_id,
            func.sum(OrderFunding.pence).label("pence"),
            func.sum(case((OrderFunding.payer == Payer.PERSON, OrderFunding.pence), else_=0)).label("by_card"),
        )
        .group_by(OrderFunding.order_id)
        .subquery()
    )
    by_line, by_part = func.coalesce(lines.c.pence, 0), func.coalesce(parts.c.pence, 0)
    by_card = func.coalesce(parts.c.by_card, 0)
    return first_fault(
        select(
            Order.reference,
            Order.total_pence,
            Order.top_up_pence,
            by_line.label("by_line"),
            by_part.label("by_part"),
            by_card.label("by_card"),
        )
        .outerjoin(lines, lines.c.order_id == Order.id)
        .outerjoin(parts, parts.c.order_id == Order.id),
        (
            Order.total_pence != by_line,
            lambda row: (
                f"order {row.reference} has a total of {pounds(row.total_pence)}, its lines come to "
                f"{pounds(row.by_line)}"
            ),
        ),
        (
            Order.total_pence != by_part,
            lambda row: (
                f"order {row.reference} has a total of {pounds(row.total_pence)}, what pays for it comes "
                f"to {pounds(row.by_part)}"
            ),
        ),
        (
            # Paid by one alone, or by a budget and a card whose part the order names.
            Order.top_up_pence != case((by_card < by_part, by_card), else_=0),
            lambda row: (
                f"order {row.reference} is topped up by {pounds(row.top_up_pence)}, its card is to pay "
                f"{pounds(row.by_card)}"
            ),
        ),
    )


def _runs() -> str | None:
    lines = (
        select(
            SettlementLine.run_id,
            func.sum(SettlementLine.gross_pence).label("gross"),
            func.sum(SettlementLine.levy_pence).label("levy"),
        )
        .group_by(SettlementLine.run_id)
        .subquery()
    )
    gross, levy = func.coalesce(lines.c.gross, 0), func.coalesce(lines.c.levy, 0)
    return first_fault(
        select(SettlementRun.reference, SettlementRun.gross_pence, gross.label("gross")).outerjoin(
            lines, lines.c.run_id == SettlementRun.id
        ),
        (
            or_(SettlementRun.gross_pence != gross, SettlementRun.levy_pence != levy),
            lambda row: (
                f"run {row.reference} says {pounds(row.gross_pence)}, its lines come to "
                f"{pounds(row.gross)}, or to another levy"
            ),
        ),
    )
