"""What was given back of each funding part, as its refunds say."""

from typing import Any

from sqlalchemy import String, Subquery, and_, case, cast, func, literal, select

from payments.domain import REFUNDS_THAT_COUNT, RefundState
from payments.models import LedgerEntry, OrderFunding, Refund

SALE_CAUSE = literal("sale:") + cast(OrderFunding.id, String)
REFUND_CAUSE = literal("refund:") + cast(Refund.id, String)
"""Under which cause the sale of a part and a refund are booked."""


def given_back() -> Subquery:
    """By funding part: `pence` and `levy_pence` of refunds that count; of these, what was done `before_` its sale was
    booked (and so has no entry), and the levy that is `booked_`; `undone` counts refunds that did not come to pass."""
    counts = Refund.state.in_(REFUNDS_THAT_COUNT)
    before = and_(Refund.state == RefundState.DONE, LedgerEntry.id.is_(None))
    booked = and_(counts, LedgerEntry.id.is_not(None))

    def total(condition: Any, column: Any) -> Any:
        return func.sum(case((condition, column), else_=0))

    return (
        select(
            Refund.order_funding_id,
            total(counts, Refund.pence).label("pence"),
            total(counts, Refund.levy_back_pence).label("levy_pence"),
            total(before, Refund.pence).label("before_pence"),
            total(before, Refund.levy_back_pence).label("before_levy_pence"),
            total(booked, Refund.levy_back_pence).label("booked_levy_pence"),
            total(~counts, 1).label("undone"),
        )
        .outerjoin(LedgerEntry, LedgerEntry.cause == REFUND_CAUSE)
        .group_by(Refund.order_funding_id)
        .subquery()
    )
