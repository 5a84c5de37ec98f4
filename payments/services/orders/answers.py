"""A provider answers: yes or no."""

from marketplace.accounts.domain import Actor
from marketplace.database import transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed
from marketplace.outbox.services import enqueue
from payments.domain import ChargeAt, LineState, OrderAction, PaymentState
from payments.queries.standing import provider_standing
from payments.services.moves import has_happened, lock_order, move_order
from payments.services.orders import letters
from payments.services.orders.booking import let_go
from payments.services.orders.lines import set_lines

LONGEST_REASON = 1000


def accept(actor: Actor, order_id: int) -> None:
    """A member of the provider says yes; own money that a bank set aside is then taken. Twice is once.

    Raises NotFound for strangers, NotAllowed when the order no longer waits for an answer.
    """
    cause = f"accept:{order_id}"
    with transaction():
        order = lock_order(order_id)
        provider_standing(actor, order)
        if has_happened(cause):
            return
        if order.charge_at is ChargeAt.ACCEPT and order.payment_state is not PaymentState.AUTHORISED:
            raise NotAllowed("The payment for this order is being looked at. You can answer when that is done.")
        move_order(order, OrderAction.ACCEPT, cause=cause, actor_user_id=actor.user_id)
        order.accepted_at = clock.now()
        if order.charge_at is ChargeAt.ACCEPT:
            enqueue("payments.capture", {"order_id": order_id}, key=f"capture:{order_id}")
        letters.said_yes(order)


def decline(actor: Actor, order_id: int, reason: str) -> None:
    """A member of the provider says no and why; whatever was kept aside is let go. Twice is once.

    Raises DomainError without a reason, NotFound for strangers, NotAllowed when the order waits for no answer.
    """
    reason = required_reason(reason, "Say why you cannot do this, so that the buyer knows")
    cause = f"decline:{order_id}"
    with transaction():
        order = lock_order(order_id)
        provider_standing(actor, order)
        if has_happened(cause):
            return
        move_order(order, OrderAction.DECLINE, cause=cause, actor_user_id=actor.user_id, reason=reason)
        order.ended_at = clock.now()
        set_lines(order_id, LineState.CANCELLED)
        let_go(order, actor_user_id=actor.user_id, mandate_id=None, reason=reason)
        letters.said_no(order, reason)


def required_reason(reason: str, sentence: str) -> str:
    """The reason without blanks at its ends. Raises DomainError on the field `reason` when it is empty or too long."""
    reason = reason.strip()
    if not reason:
        raise DomainError(sentence, field="reason")
    if len(reason) > LONGEST_REASON:
        raise DomainError(f"Use {LONGEST_REASON:,} characters or fewer", field="reason")
    return reason
