"""An operator has looked at a payment that did not match: it goes on from where the money really is."""

from sqlalchemy import select

from marketplace.accounts.domain import Actor, Role
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from payments import ledger
from payments.domain import PaymentAction, PaymentState
from payments.models import Order, OrderFunding, OrderHistory
from payments.services import charging
from payments.services.facts import go_back_if_ended, move_if_possible
from payments.services.moves import has_happened, lock_order, move_payment
from payments.services.refund_facts import given_back, refund_action_of
from payments.stripe import GatewayError

LONGEST_WORDS = 1000
REVIEWED = "payment.reviewed"
"""What the audit record calls it, beside the move to which it led."""


def end_review(actor: Actor, order_id: int, words: str) -> PaymentState:
    """Take a payment out of review, to what Stripe and the ledger say it is; answers its state. Operators only.

    Raises NotFound, DomainError without words or when Stripe cannot be asked, and NotAllowed while Stripe still holds
    money for it that does not match: that has to be let go or given back at Stripe first.
    """
    words = words.strip()
    if not actor.has(Role.OPERATOR):
        raise NotFound()
    if not words:
        raise DomainError("Say what you found", field="words")
    try:
        intent = charging.look(order_id)
    except GatewayError:
        raise DomainError("Stripe does not answer just now. Try again in a few minutes.") from None
    with transaction():
        order = lock_order(order_id)
        if order.payment_state is not PaymentState.REVIEW:
            return order.payment_state
        number = db.session.scalars(
            select(OrderHistory.id)
            .where(OrderHistory.order_id == order_id, OrderHistory.to_state == PaymentState.REVIEW)
            .order_by(OrderHistory.id.desc())
            .limit(1)
        ).one()
        cause = f"reviewed:{number}"
        if _is_sold(order):
            action = PaymentAction.CAPTURE
        elif (
            intent is None
            or intent.status == "canceled"
            or (intent.charge is not None and intent.charge.taken_back_pence == intent.charge.captured_pence)
        ):
            action = PaymentAction.RELEASE
        elif intent.status == "requires_capture" and has_happened(f"authorise:{intent.id}"):
            action = PaymentAction.AUTHORISE
        else:
            raise NotAllowed(
                "Stripe still has this payment, and it does not match the order. Cancel it or give it back in Stripe’s "
                "dashboard, then come back here."
            )
        move_payment(order, action, cause=cause, actor_user_id=actor.user_id, reason=words[:LONGEST_WORDS])
        db.session.flush()
        if action is PaymentAction.CAPTURE and given_back(order.id):
            move_if_possible(order, refund_action_of(order), f"{cause}:refunds")
        go_back_if_ended(order, cause)
        record(
            REVIEWED,
            "order",
            order_id,
            actor_user_id=actor.user_id,
            person_id=order.person_id,
            mandate_id=order.mandate_id,
            organisation_id=order.organisation_id,
            council_id=order.council_id,
            reason=words[:LONGEST_WORDS],
            state=str(order.payment_state),
        )
        return order.payment_state


def _is_sold(order: Order) -> bool:
    parts = db.session.scalars(select(OrderFunding.id).where(OrderFunding.order_id == order.id)).all()
    return any(ledger.find_entry(f"sale:{part}") is not None for part in parts)
