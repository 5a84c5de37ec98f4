"""Read complaints: those that are open, with their age, and those that have ended."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from marketplace.database import db
from payments.domain import OrderState, PaymentState
from payments.models import Order, OrderHistory


@dataclass(frozen=True)
class ComplaintRow:
    """One order that somebody complained about: what was written, and whether its provider has answered."""

    order_id: int
    reference: str
    provider_name: str
    person_name: str
    state: OrderState
    payment_state: PaymentState
    total_pence: int
    words: str
    since: datetime
    ended_at: datetime | None
    answered_at: datetime | None


def list_complaints(*, ended: bool = False, limit: int | None = 50, offset: int = 0) -> list[ComplaintRow]:
    """Open complaints, the oldest first; or those that ended, the latest first. Whoever calls has judged the reader."""
    order_by: tuple[Any, ...] = (Order.complaint_ended_at.desc(), Order.id) if ended else (Order.complaint_at, Order.id)
    answered = (
        select(func.max(OrderHistory.at))
        .where(
            OrderHistory.order_id == Order.id,
            OrderHistory.action == "answer_complaint",
            OrderHistory.at >= Order.complaint_at,
        )
        .correlate(Order)
        .scalar_subquery()
    )
    query: Any = (
        select(
            Order.id,
            Order.reference,
            Order.provider_name,
            Order.person_name,
            Order.state,
            Order.payment_state,
            Order.total_pence,
            Order.complaint,
            Order.complaint_at,
            Order.complaint_ended_at,
            answered,
        )
        .where(_which(ended))
        .order_by(*order_by)
        .limit(limit)
        .offset(offset)
    )
    return [ComplaintRow(*row) for row in db.session.execute(query)]


def count_complaints(*, ended: bool = False) -> int:
    """How many complaints are open, or have ended."""
    return db.session.scalar(select(func.count(Order.id)).where(_which(ended))) or 0


def _which(ended: bool) -> ColumnElement[bool]:
    return and_(Order.complaint_ended_at.is_not(None) if ended else Order.complaint_open)
