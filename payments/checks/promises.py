"""I3: what an order, a refund or a dispute still has to have done at Stripe is promised: a worker has it to do.

Work under a key is never forgotten, so that a row which is not there was deleted. One that is done counts: some work is
done and leaves the rest to the reconciler, such as the charge for a provider whom Stripe has stopped.
"""

from sqlalchemy import ColumnElement, String, and_, case, cast, exists, literal, or_, select

from marketplace.kernel.checks import Check
from marketplace.outbox.queries import promised, was_promised
from payments.checks.finding import count, first_fault, pounds
from payments.checks.parts import REFUND_CAUSE
from payments.disputes import OPEN
from payments.domain import AGREED, ChargeAt, OrderState, PaymentAction, PaymentState, RefundReason, RefundState
from payments.models import Dispute, DisputeEvidence, Order, OrderHistory, Refund, StripePayment

_ENDED = (OrderState.DECLINED, OrderState.CANCELLED, OrderState.EXPIRED)
_KEPT_FOR = (OrderState.PLACED, OrderState.ACCEPTED, OrderState.DONE)
_WORDS = {
    "payments.capture": "is to be taken from the card",
    "payments.charge": "is to be charged to the card",
    "payments.release": "is to be let go or given back",
    "payments.renew": "is to be set aside again",
}


def stand() -> Check:
    """Every order, refund and dispute that waits for work of ours at Stripe has a row that promises it."""
    fault = _orders() or _refunds() or _evidence()
    return Check("I3", "orders whose work is promised", count(Order.id), fault)


def _orders() -> str | None:
    at_yes, payment = Order.charge_at == ChargeAt.ACCEPT, Order.payment_state

    def noted(*which: ColumnElement[bool]) -> ColumnElement[bool]:
        return exists().where(OrderHistory.order_id == Order.id, *which).correlate(Order)

    owed = case(
        (
            and_(
                at_yes,
                payment == PaymentState.AUTHORISED,
                Order.accepted_at.is_not(None),
                Order.state.not_in(_ENDED),
                ~Order.complaint_open,
            ),
            "payments.capture",
        ),
        (
            and_(
                Order.charge_at == ChargeAt.CONFIRM,
                payment.in_((PaymentState.NONE, PaymentState.PENDING)),
                Order.state.in_(AGREED),
                ~Order.complaint_open,
            ),
            "payments.charge",
        ),
        (
            and_(
                at_yes,
                payment.in_(
                    (
                        PaymentState.PENDING,
                        PaymentState.AUTHORISED,
                        PaymentState.PAID,
                        PaymentState.PART_REFUNDED,
                    )
                ),
                Order.state.in_(_ENDED),
            ),
            "payments.release",
        ),
        (
            and_(
                at_yes,
                payment == PaymentState.NONE,
                Order.state.in_(_KEPT_FOR),
                noted(OrderHistory.action == PaymentAction.RELEASE, OrderHistory.cause.like("release:%")),
                ~noted(OrderHistory.action == "cannot_be_paid"),
            ),
            "payments.renew",
        ),
    )
    work = promised("order_id", _WORDS).subquery()
    return first_fault(
        select(Order.reference, owed.label("owed"))
        .outerjoin(work, and_(work.c.topic == owed, work.c.about_id == Order.id))
        .where(owed.is_not(None))
        .order_by(Order.id),
        (
            work.c.about_id.is_(None),
            lambda row: f"order {row.reference}: its money {_WORDS[row.owed]}, and no work is promised that does it",
        ),
    )


def _refunds() -> str | None:
    by_card = exists().where(StripePayment.order_funding_id == Refund.order_funding_id)
    return first_fault(
        select(Refund.id, Refund.pence, Order.reference)
        .join(Order, Order.id == Refund.order_id)
        .where(Refund.state == RefundState.PENDING, Refund.reason_code != RefundReason.NOT_ACCEPTED, by_card)
        .order_by(Refund.id),
        (
            ~was_promised(REFUND_CAUSE),
            lambda row: (
                f"refund {row.id} of order {row.reference}: {pounds(row.pence)} is to be given back, and no work is "
                "promised that does it"
            ),
        ),
    )


def _evidence() -> str | None:
    given = literal("evidence:") + cast(DisputeEvidence.id, String)
    sent = literal("evidence-send:") + cast(Dispute.id, String)
    return first_fault(
        select(Dispute.stripe_id, Order.reference)
        .join(Order, Order.id == Dispute.order_id)
        .join(DisputeEvidence, DisputeEvidence.dispute_id == Dispute.id)
        .where(Dispute.status.in_(OPEN), Dispute.submitted_at.is_(None))
        .order_by(Dispute.id),
        (
            or_(~was_promised(given), and_(Dispute.send_asked_at.is_not(None), ~was_promised(sent))),
            lambda row: (
                f"dispute {row.stripe_id} of order {row.reference}: what was handed in is to reach the bank, and no "
                "work is promised that does it"
            ),
        ),
    )
