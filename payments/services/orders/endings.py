"""Orders end: cancelled by somebody, run out of time, or closed when everything is settled."""

from budgets.domain import MandateAction
from marketplace.accounts.domain import Actor
from marketplace.database import transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed, NotFound
from payments.domain import LineState, OrderAction, OrderState
from payments.models import Order
from payments.queries.standing import Side, Standing, buyer_standing, provider_standing
from payments.services.moves import has_happened, lock_order, move_order
from payments.services.orders import letters
from payments.services.orders.answers import required_reason
from payments.services.orders.booking import let_go
from payments.services.orders.deadlines import ends_at
from payments.services.orders.lines import set_lines


def cancel(actor: Actor, order_id: int, reason: str) -> None:
    """The buyer's side cancels before it is done; the provider until it is agreed, with its reason. Twice is once.

    What was kept aside is let go, an authorisation is ended, and money already taken is given back in full.
    Raises DomainError without a reason, NotFound for strangers, NotAllowed when it is too late.
    """
    reason = required_reason(reason, "Say in a few words why you are cancelling")
    cause = f"cancel:{order_id}"
    with transaction():
        order = lock_order(order_id)
        standing = _who_cancels(actor, order)
        if has_happened(cause):
            return
        if order.state is OrderState.DONE and standing.side is not Side.PROVIDER:
            raise NotAllowed(
                f"{order.provider_name} says that this was done. If it was not, use “Something went wrong” "
                "and we will look at it with you. Nothing is paid meanwhile."
            )
        move_order(
            order,
            OrderAction.CANCEL,
            cause=cause,
            actor_user_id=actor.user_id,
            mandate_id=standing.mandate_id,
            reason=reason,
        )
        _end(order, actor_user_id=actor.user_id, mandate_id=standing.mandate_id, reason=reason)
        letters.was_cancelled(order, reason, by_provider=standing.side is Side.PROVIDER)


def expire(order_id: int, *, cause: str, reason: str) -> bool:
    """An order that nobody answered in time ends by itself, and what was kept aside is let go. Answers whether it did.

    For jobs: looked at again under the order's lock, so an answer that came meanwhile stands.
    """
    with transaction():
        order = lock_order(order_id)
        if has_happened(cause) or not _is_due(order) or order.complaint_open:
            return False
        move_order(order, OrderAction.EXPIRE, cause=cause, actor_user_id=None, reason=reason)
        _end(order, actor_user_id=None, mandate_id=None, reason=reason)
        letters.ran_out_of_time(order, reason)
        return True


def close(order_id: int, *, cause: str, reason: str | None = None) -> bool:
    """Close a confirmed order in which nothing is open any more. For jobs. Answers whether it did."""
    with transaction():
        order = lock_order(order_id)
        if has_happened(cause) or order.state is not OrderState.CONFIRMED:
            return False
        if order.complaint_open:
            return False
        move_order(order, OrderAction.CLOSE, cause=cause, actor_user_id=None, reason=reason)
        order.ended_at = clock.now()
        return True


def end_without_answer(order: Order, *, cause: str, reason: str) -> None:
    """Expire a locked order whatever the time. For use cases in which it cannot go on, such as a card that failed."""
    move_order(order, OrderAction.EXPIRE, cause=cause, actor_user_id=None, reason=reason)
    _end(order, actor_user_id=None, mandate_id=None, reason=reason)


def end_sent_back(order: Order, *, cause: str, actor_user_id: int | None, mandate_id: int | None, reason: str) -> None:
    """Move a locked order that a second person sent back to cancelled, and let go what was kept aside."""
    move_order(
        order, OrderAction.SEND_BACK, cause=cause, actor_user_id=actor_user_id, mandate_id=mandate_id, reason=reason
    )
    _end(order, actor_user_id=actor_user_id, mandate_id=mandate_id, reason=reason)


def _who_cancels(actor: Actor, order: Order) -> Standing:
    try:
        return buyer_standing(actor, order, MandateAction.CONFIRM, MandateAction.ORDER)
    except NotFound:
        standing = provider_standing(actor, order)
    if order.state is OrderState.PLACED:
        raise NotAllowed("You have not answered this order yet. Say no to it instead.")
    return standing


def _is_due(order: Order) -> bool:
    deadline = ends_at(order)
    return deadline is not None and deadline <= clock.now()


def _end(order: Order, *, actor_user_id: int | None, mandate_id: int | None, reason: str) -> None:
    order.ended_at = clock.now()
    set_lines(order.id, LineState.CANCELLED)
    let_go(order, actor_user_id=actor_user_id, mandate_id=mandate_id, reason=reason)
