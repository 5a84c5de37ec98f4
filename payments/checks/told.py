"""I3: of refunds and disputes we keep what Stripe told, as the audit record has it."""

from typing import Any

from sqlalchemy import BigInteger, and_, cast, exists, literal, or_, select

from marketplace.audit.queries import last_recorded
from marketplace.kernel.checks import Check
from payments.checks.finding import count, first_fault, pounds
from payments.disputes import ENDED
from payments.models import Dispute, Order, OrderHistory, Refund


def refunds_are_linked() -> Check:
    """Each refund has the number at Stripe under which its money left, and the one under which its levy did."""
    fault = _numbers(Refund.stripe_refund_id, "refund.link") or _numbers(
        Refund.stripe_fee_refund_id, "refund.link_levy"
    )
    return Check("I3", "refunds with their numbers at Stripe", count(Refund.id), fault)


def _numbers(number: Any, action: str) -> str | None:
    act = last_recorded("refund", action, "number").subquery()
    return first_fault(
        select(Refund.id, Order.reference, number.label("kept"), act.c.number)
        .join(Order, Order.id == Refund.order_id)
        .outerjoin(act, act.c.object_id == Refund.id)
        .order_by(Refund.id),
        (
            act.c.number.is_distinct_from(number),
            lambda row: (
                f"refund {row.id} of order {row.reference} is {row.kept or 'nothing'} at Stripe, the audit record has "
                f"{row.number or 'nothing'}"
            ),
        ),
    )


def disputes_stand() -> Check:
    """Each dispute has the sum and the state that Stripe told last, and has ended if its order's history says so."""
    act = last_recorded("dispute", "dispute.take_in", "number", "pence", "status").subquery()
    noted = exists().where(OrderHistory.cause == literal("dispute-ended:") + Dispute.stripe_id)
    ended = Dispute.status.in_(ENDED)
    fault = first_fault(
        select(
            Dispute.stripe_id,
            Dispute.pence,
            Dispute.status,
            Order.reference,
            act.c.pence.label("told_pence"),
            act.c.status.label("told_status"),
        )
        .join(Order, Order.id == Dispute.order_id)
        .outerjoin(act, act.c.object_id == Dispute.id)
        .order_by(Dispute.id),
        (
            or_(
                act.c.number.is_distinct_from(Dispute.stripe_id),
                cast(act.c.pence, BigInteger).is_distinct_from(Dispute.pence),
                act.c.status.is_distinct_from(Dispute.status),
            ),
            lambda row: (
                f"dispute {row.stripe_id} of order {row.reference} is {pounds(row.pence)} and {row.status}, Stripe "
                f"told {pounds(row.told_pence or 0)} and {row.told_status or 'nothing'}"
            ),
        ),
        (
            or_(and_(ended, ~noted), and_(~ended, noted)),
            lambda row: f"dispute {row.stripe_id} of order {row.reference} is {row.status}, its history says otherwise",
        ),
    )
    gone = first_fault(
        select(act.c.number).outerjoin(Dispute, Dispute.id == act.c.object_id),
        (Dispute.id.is_(None), lambda row: f"dispute {row.number}, of which Stripe told, is gone"),
    )
    return Check("I3", "disputes, as Stripe told them", count(Dispute.id), fault or gone)
