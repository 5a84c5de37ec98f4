"""Refunds that wait for a second person: set aside under the order's lock, and not given back by anybody yet.

An order's sums count them, so that no penny is promised twice. Whoever reads what was given back takes them off again.
"""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Subquery, cast, func, select

from payments.domain import REFUNDS_THAT_COUNT, RefundReason, RefundState
from payments.models import Refund, RefundLine


def waiting_by_part() -> Subquery:
    """Pence, and the levy with them, that wait, by `order_funding_id`; parts of which nothing waits are left out."""
    return (
        select(
            Refund.order_funding_id,
            _whole(Refund.pence).label("pence"),
            _whole(Refund.levy_back_pence).label("levy_pence"),
        )
        .where(Refund.state == RefundState.WAITING)
        .group_by(Refund.order_funding_id)
        .subquery()
    )


def left_out_by_part() -> Subquery:
    """Pence that a provider did not take on, by `order_funding_id`: kept as refunds, and never taken."""
    return (
        select(Refund.order_funding_id, _whole(Refund.pence).label("pence"))
        .where(Refund.reason_code == RefundReason.NOT_ACCEPTED, Refund.state.in_(REFUNDS_THAT_COUNT))
        .group_by(Refund.order_funding_id)
        .subquery()
    )


def waiting_by_line() -> Subquery:
    """Quantity and pence that wait, by `order_line_id`; lines of which nothing waits are left out."""
    return (
        select(
            RefundLine.order_line_id,
            _whole(RefundLine.quantity).label("quantity"),
            _whole(RefundLine.pence).label("pence"),
        )
        .join(Refund, Refund.id == RefundLine.refund_id)
        .where(Refund.state == RefundState.WAITING)
        .group_by(RefundLine.order_line_id)
        .subquery()
    )


def _whole(amount: Any) -> ColumnElement[int]:
    """A sum in whole numbers: PostgreSQL sums to a decimal, which divides otherwise."""
    return cast(func.sum(amount), BigInteger)
