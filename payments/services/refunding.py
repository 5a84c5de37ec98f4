"""Give money back at Stripe: the refund to the card, then the provider's share, then the exact levy."""

import logging
from typing import Any

from sqlalchemy import select

from marketplace.database import db, transaction
from payments.domain import RefundReason, RefundState
from payments.models import Order, Refund, StripePayment
from payments.services.facts import take_in
from payments.services.moves import lock_order
from payments.services.refund_facts import came_back, held_by_a_bank, still_to_follow
from payments.stripe import GatewayRefused, GatewayUnknown, IntentView, gateway

log = logging.getLogger(__name__)


def give_back(payload: dict[str, Any]) -> None:
    """Outbox `payments.refund`: money goes back to the card, then the provider's share and the exact levy follow.

    Each step first looks at what Stripe has, so that it can be taken up anywhere. Refunds of one order go one after
    the other, because the levy of each follows from those before it. Raises GatewayUnknown, so that it is tried again,
    when one before it is not done or nothing is known of the charge.
    """
    refund_id = int(payload["refund_id"])
    refund = db.session.get(Refund, refund_id, populate_existing=True)
    if refund is None or refund.state is not RefundState.PENDING:
        db.session.rollback()
        return
    earlier = db.session.scalar(
        select(Refund.id)
        .where(
            Refund.order_funding_id == refund.order_funding_id,  # a budget's part beside it waits for its own run
            Refund.state == RefundState.PENDING,
            Refund.id < refund_id,
        )
        .limit(1)
    )
    payment = db.session.execute(
        select(StripePayment.id, StripePayment.stripe_id, Order.reference)
        .join(Order, Order.id == StripePayment.order_id)
        .where(StripePayment.order_funding_id == refund.order_funding_id)
    ).one_or_none()
    pence, reason, funding_id, linked_to = (
        refund.pence,
        refund.reason_code,
        refund.order_funding_id,
        refund.stripe_refund_id,
    )
    db.session.rollback()
    if payment is None or reason == RefundReason.NOT_ACCEPTED:
        return  # nothing was taken of it: it is done when the rest is taken
    if earlier is not None:
        raise GatewayUnknown(f"refund {earlier} of the same order comes first")
    intent = _look(payment)
    charge = intent.charge
    if charge is None:
        raise GatewayUnknown(f"refund {refund_id}: nothing was captured yet")
    is_made = any(found.our_id == refund_id or found.id == linked_to for found in charge.refunds)
    if not is_made and reason != RefundReason.DISPUTE_LOST:
        extra = db.session.get_one(Refund, refund_id)
        reversal, _ = still_to_follow(funding_id, charge, extra)
        db.session.rollback()
        try:
            gateway().refund(
                f"refund:{payment.reference}:{refund_id}",
                charge.id,
                pence,
                refund_id,
                reverse_transfer=reversal >= pence,
            )
        except GatewayRefused as refusal:
            _was_refused(payment, refund_id, refusal)
            return
        intent = _look(payment)
        charge = intent.charge or charge
    reversal, fee = still_to_follow(funding_id, charge)
    db.session.rollback()
    if reversal and charge.transfer_id:
        gateway().reverse_transfer(f"reversal:{payment.reference}:{refund_id}", charge.transfer_id, reversal, refund_id)
    if fee and charge.fee_id:
        gateway().refund_fee(f"fee-refund:{payment.reference}:{refund_id}", charge.fee_id, fee, refund_id)
    if reversal or fee:
        _look(payment)


def _look(payment: Any) -> IntentView:
    intent = gateway().get_payment(payment.stripe_id)
    take_in(payment.id, intent)
    return intent


def _was_refused(payment: Any, refund_id: int, refusal: GatewayRefused) -> None:
    log.error("refund %s of order %s is refused by Stripe: %s", refund_id, payment.reference, refusal)
    intent = _look(payment)
    if intent.charge is not None and any(found.our_id == refund_id for found in intent.charge.refunds):
        return
    with transaction():
        refund = db.session.get_one(Refund, refund_id)
        order = lock_order(refund.order_id)
        held = held_by_a_bank(intent.charge) if intent.charge is not None else None
        came_back(order, refund, disputed_pence=held, was_sent=False)
