"""A provider answers: yes, yes to a part, or no."""

from collections.abc import Mapping

from sqlalchemy import select

from marketplace.accounts.domain import Actor
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed
from marketplace.outbox.services import enqueue
from payments.domain import ChargeAt, LineState, OrderAction, PaymentState, RefundReason, RefundState
from payments.models import OrderFunding, OrderLine
from payments.queries.standing import provider_standing
from payments.queries.ways import LEAST_BY_CARD_PENCE
from payments.services.moves import has_happened, lock_order, move_order
from payments.services.orders import letters
from payments.services.orders.booking import let_go, require_person_lives
from payments.services.orders.lines import set_lines
from payments.services.refund_rows import lines_of, lock_funding, set_aside, shares_by_quantity

LONGEST_REASON = 1000
_LOOKED_AT = "The payment for this order is being looked at. You can answer when that is done."


def accept(actor: Actor, order_id: int) -> None:
    """A member of the provider says yes; own money that a bank set aside is then taken. Twice is once.

    Raises NotFound for strangers, NotAllowed when the order no longer waits for an answer or its person has died.
    """
    cause = f"accept:{order_id}"
    with transaction():
        order = lock_order(order_id)
        provider_standing(actor, order)
        if has_happened(cause):
            return
        require_person_lives(order)
        if order.charge_at is ChargeAt.ACCEPT and order.payment_state is not PaymentState.AUTHORISED:
            raise NotAllowed(_LOOKED_AT)
        move_order(order, OrderAction.ACCEPT, cause=cause, actor_user_id=actor.user_id)
        order.accepted_at = clock.now()
        if order.charge_at is ChargeAt.ACCEPT:
            enqueue("payments.capture", {"order_id": order_id}, key=f"capture:{order_id}")
        letters.said_yes(order)


def accept_part(actor: Actor, order_id: int, quantities: Mapping[int, int], reason: str) -> None:
    """A member of the provider says yes to less than was ordered: `quantities` by line id. Twice is once.

    For what a bank has set aside and nobody has paid yet: only what is taken on is taken from the card, with the levy
    on it, and the rest is let go. The buyer reads why, and may still cancel. Raises DomainError on `reason` or `lines`,
    NotFound for strangers, NotAllowed when the order waits for no answer or is not paid by card at the provider's yes.
    """
    reason = required_reason(reason, "Say why you cannot do all of it, so that the buyer knows")
    cause = f"accept:{order_id}"
    with transaction():
        order = lock_order(order_id)
        provider_standing(actor, order)
        if has_happened(cause):
            return
        require_person_lives(order)
        if order.charge_at is not ChargeAt.ACCEPT or order.top_up_pence:
            raise NotAllowed("You can say yes or no to this order, and not to a part of it.")
        if order.payment_state is not PaymentState.AUTHORISED:
            raise NotAllowed(_LOOKED_AT)
        funding = lock_funding(
            db.session.scalars(select(OrderFunding.id).where(OrderFunding.order_id == order_id)).one()
        )
        lines = lines_of(order_id)
        left_out = {line.id: line.quantity - quantities.get(line.id, 0) for line in lines}
        _require_part(lines, left_out)
        shares = shares_by_quantity(lines, left_out)
        part = set_aside(
            order,
            funding,
            sum(pence for _, pence in shares.values()),
            shares,
            key=f"not-accepted:{order_id}",
            state=RefundState.PENDING,
            reason=RefundReason.NOT_ACCEPTED,
            words=reason,
            asked_by_user_id=actor.user_id,
        )
        if funding.pence - part.pence < LEAST_BY_CARD_PENCE or (
            funding.levy_pence and part.levy_back_pence == funding.levy_pence
        ):
            raise DomainError("That is too little to be paid by card. Take on more of it, or say no.", field="lines")
        move_order(order, OrderAction.ACCEPT, cause=cause, actor_user_id=actor.user_id, reason=reason)
        order.accepted_at = clock.now()
        enqueue("payments.capture", {"order_id": order_id}, key=f"capture:{order_id}")
        letters.said_yes_to_a_part(order, funding.pence - part.pence, part.pence, reason)


def _require_part(lines: list[OrderLine], left_out: Mapping[int, int]) -> None:
    if any(not 0 <= left_out[line.id] <= line.quantity for line in lines):
        raise DomainError("Enter what you can do of each, and not more than was ordered", field="lines")
    if not any(left_out.values()):
        raise DomainError("This is all that was ordered. Go back and say yes to it", field="lines")
    if all(left_out[line.id] == line.quantity for line in lines):
        raise DomainError("This is nothing of what was ordered. Go back and say no to it", field="lines")


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
