"""Read refunds that a bank sent back and whose money is still ours to give, or to say what became of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import String, cast, exists, literal, select
from sqlalchemy.orm import aliased

from marketplace.database import db
from payments.domain import PaymentState, RefundReason, RefundState
from payments.given_again import Given, still_open
from payments.models import Order, OrderHistory, Refund


@dataclass(frozen=True)
class SentBackRefund:
    """A refund that did not reach its card, with its order."""

    refund_id: int
    order_id: int
    reference: str
    provider_name: str
    pence: int
    since: datetime


def dealt_with_cause(refund_id: Any) -> Any:
    """The cause of the note that somebody dealt with a refund that came back, by its id or a column of ids."""
    if isinstance(refund_id, int):
        return f"refund-dealt-with:{refund_id}"
    return literal("refund-dealt-with:") + cast(refund_id, String)


def list_sent_back_refunds(*, limit: int = 100) -> list[SentBackRefund]:
    """Those whose own pence nobody gave again and which nobody has dealt with, the oldest first. One query.

    Of an order whose money was all given back nothing is left to give.
    """
    return _open(db.session.execute(_query()).all())[:limit]


def is_still_open(refund_id: int) -> bool:
    """Whether a refund is one of those."""
    part = select(Refund.order_funding_id).where(Refund.id == refund_id).scalar_subquery()
    rows = db.session.execute(_query().where(Refund.order_funding_id == part)).all()
    return any(each.refund_id == refund_id for each in _open(rows))


def _query() -> Any:
    """All refunds of each part of an order of which one came back."""
    back = aliased(Refund)
    return (
        select(
            Refund.id,
            Refund.order_id,
            Refund.order_funding_id,
            Refund.state,
            Refund.pence,
            Refund.asked_at,
            Refund.failed_at,
            Order.reference,
            Order.provider_name,
            exists().where(OrderHistory.cause == dealt_with_cause(Refund.id)).label("dealt_with"),
        )
        .join(Order, Order.id == Refund.order_id)
        .where(
            Refund.order_funding_id.in_(
                select(back.order_funding_id).where(back.state == RefundState.FAILED).correlate(None)
            ),
            Refund.reason_code != RefundReason.NOT_ACCEPTED,
            Order.payment_state.in_((PaymentState.PAID, PaymentState.PART_REFUNDED)),
        )
        .order_by(Refund.order_funding_id, Refund.id)
    )


def _open(rows: Sequence[Any]) -> list[SentBackRefund]:
    found: list[SentBackRefund] = []
    for _, together in groupby(rows, key=lambda row: row.order_funding_id):
        found += _of_part(list(together))
    return sorted(found, key=lambda each: (each.since, each.refund_id))


def _of_part(rows: Sequence[Any]) -> Iterable[SentBackRefund]:
    by_id = {row.id: row for row in rows}
    given = (Given(row.id, row.state, row.pence, row.asked_at, row.failed_at, row.dealt_with) for row in rows)
    for refund_id in still_open(given):
        row = by_id[refund_id]
        yield SentBackRefund(
            row.id, row.order_id, row.reference, row.provider_name, row.pence, row.failed_at or row.asked_at
        )
