"""Agree to an order that somebody else prepared, or send it back with words."""

from enum import StrEnum

from sqlalchemy import select

from budgets.queries.interests import interests_of
from budgets.services.rights import may_approve, require_preparer
from budgets.words import short_name
from marketplace.accounts.domain import Actor
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed, NotFound
from payments.domain import ChargeAt, OrderAction, OrderState
from payments.models import Approval, Order
from payments.queries.standing import money_of_orders
from payments.services.approvals.asking import content_digest
from payments.services.moves import lock_order, move_order
from payments.services.orders import letters
from payments.services.orders.answers import required_reason
from payments.services.orders.booking import require_open_budget
from payments.services.orders.deadlines import payment_deadline
from payments.services.orders.endings import end_sent_back
from payments.services.orders.payment import place


class Decided(StrEnum):
    """What came of a decision."""

    PLACED = "placed"
    AWAITING_PAYMENT = "awaiting_payment"  # the buyer is called back to pay
    SENT_BACK = "sent_back"
    CHANGED = "changed"  # the case is not what was looked at: nothing was decided, and it is asked again
    DECIDED_BEFORE = "decided_before"


def approve(actor: Actor, approval_id: int, *, seen: str) -> Decided:
    """Agree to the case whose digest is `seen`: it goes to its provider, or back to the buyer for the card.

    Raises NotFound without a right to agree, NotAllowed for whoever prepared it and for a case that has ended, and
    BudgetNotOpen when its budget was paused or has ended since it was prepared. Only the person themself agrees to what
    was prepared under a mandate that has ended since.
    """
    with transaction():
        approval, order, mandate_id = _open(actor, approval_id)
        if _was_answered(approval):
            return Decided.DECIDED_BEFORE
        if _asked_again(approval, seen):
            return Decided.CHANGED
        _still_waits(order)
        _gains_nothing(actor, order)
        require_open_budget(order)
        if mandate_id is not None and order.mandate_id is not None:
            require_preparer(order.person_id, order.person_name, approval.prepared_by_user_id, order.mandate_id)
        _decide(approval, actor, approved=True, words=None)
        cause = f"approve:{approval_id}"
        if order.charge_at is not ChargeAt.ACCEPT:
            place(order, cause=cause, actor_user_id=actor.user_id, mandate_id=mandate_id)
            return Decided.PLACED
        move_order(order, OrderAction.ASK_FOR_PAYMENT, cause=cause, actor_user_id=actor.user_id, mandate_id=mandate_id)
        order.answer_by = payment_deadline(clock.now())
        letters.was_approved(order)
        return Decided.AWAITING_PAYMENT


def send_back(actor: Actor, approval_id: int, *, seen: str, words: str) -> Decided:
    """Do not agree, and say why: the order ends, and whatever was kept aside is free again. Raises as `approve`."""
    words = required_reason(words, "Say what should be different")
    with transaction():
        approval, order, mandate_id = _open(actor, approval_id)
        if _was_answered(approval):
            return Decided.DECIDED_BEFORE
        if _asked_again(approval, seen):
            return Decided.CHANGED
        _still_waits(order)
        _decide(approval, actor, approved=False, words=words)
        end_sent_back(
            order,
            cause=f"send_back:{approval_id}",
            actor_user_id=actor.user_id,
            mandate_id=mandate_id,
            reason=words,
        )
        letters.was_sent_back(order, words)
        return Decided.SENT_BACK


def _open(actor: Actor, approval_id: int) -> tuple[Approval, Order, int | None]:
    """The approval and its order, which is held and so holds both, for somebody who may decide."""
    order_id = db.session.scalar(select(Approval.order_id).where(Approval.id == approval_id))
    if order_id is None:
        raise NotFound()
    order = lock_order(order_id)
    approval = db.session.execute(
        select(Approval).where(Approval.id == approval_id).execution_options(populate_existing=True)
    ).scalar_one()
    money = money_of_orders([order_id])[order_id]
    mandate_id = may_approve(actor, order.person_id, approval.prepared_by_user_id, money)
    return approval, order, mandate_id


def _gains_nothing(actor: Actor, order: Order) -> None:
    """A second person is no second person when they gain by the same provider."""
    if order.interest is not None and interests_of(actor, (), [order.organisation_id]):
        raise NotAllowed(
            f"You have an interest in {order.provider_name} too, so somebody without one has to agree: "
            f"{short_name(order.person_name)}, or another second person."
        )


def _was_answered(approval: Approval) -> bool:
    """Whether somebody answered first; looked at under the order's lock, so that of two at once one wins."""
    return approval.decided_at is not None


def _asked_again(approval: Approval, seen: str) -> bool:
    """Whether the case differs from what was asked or from what was looked at; then it is asked anew as it is now."""
    now_is = content_digest(approval.order_id)
    if now_is == approval.content_digest == seen:
        return False
    if now_is != approval.content_digest:
        approval.content_digest = now_is
        approval.asked_at = clock.now()
    return True


def _still_waits(order: Order) -> None:
    if order.state is not OrderState.AWAITING_APPROVAL:
        raise NotAllowed("This order does not wait for anybody’s agreement any more. Look at it to see why.")
    if order.answer_by is not None and order.answer_by <= clock.now():
        raise NotAllowed("The seven days to agree are over. The order can be prepared anew.")


def _decide(approval: Approval, actor: Actor, *, approved: bool, words: str | None) -> None:
    approval.decided_by_user_id = actor.user_id
    approval.decided_at = clock.now()
    approval.approved = approved
    approval.words = words
