"""An order reaches its provider, or a card stands in its way. Called inside the transaction that learnt of it."""

from marketplace.kernel import clock
from marketplace.outbox.services import enqueue
from payments.domain import OrderAction, OrderState
from payments.models import Order
from payments.services.moves import has_happened, lock_order, move_order, note_order
from payments.services.orders import letters
from payments.services.orders.booking import may_go_on
from payments.services.orders.deadlines import answer_deadline
from payments.services.orders.endings import end_without_answer


def placed_after_payment(order_id: int, *, cause: str) -> None:
    """A card was authorised: the order is placed and its provider told. Inside the caller's transaction; twice is once.

    When the order ended meanwhile, the authorisation is let go instead; and where the bank took its time and nobody
    may order it any more, it ends now.
    """
    order = lock_order(order_id)
    if has_happened(cause):
        return
    if order.state is OrderState.AWAITING_PAYMENT and not may_go_on(order):
        end_without_answer(order, cause=cause, reason="The right to order this ended before the card had paid.")
        letters.card_ended_order(order, "The right to order this ended before the card had paid.")
    elif order.state is OrderState.AWAITING_PAYMENT:
        place(order, cause=cause, actor_user_id=order.buyer_user_id, mandate_id=order.mandate_id)
    elif order.state in (OrderState.CANCELLED, OrderState.EXPIRED, OrderState.DECLINED):
        enqueue("payments.release", {"order_id": order_id}, key=f"release:{order_id}:late")


def place(
    order: Order,
    *,
    cause: str,
    actor_user_id: int | None,
    mandate_id: int | None = None,
    reason: str | None = None,
) -> None:
    """Move a locked order to placed: its provider has three days to answer, and is told."""
    move_order(order, OrderAction.PLACE, cause=cause, actor_user_id=actor_user_id, mandate_id=mandate_id, reason=reason)
    begin_waiting(order)


def begin_waiting(order: Order) -> None:
    """Note when a placed order was placed and until when its provider may answer; tell the provider and the buyer."""
    order.placed_at = clock.now()
    order.answer_by = answer_deadline(order.placed_at)
    letters.new_order(order)


def cannot_be_paid(order_id: int, *, cause: str, reason: str) -> None:
    """A card will not pay for good. Inside the caller's transaction; twice is once.

    An order that its provider has not answered ends, and whatever was kept aside is let go. A booked or delivered one
    stays as it is, because somebody has counted on it: the buyer is asked for another card, and the desk sees it.
    """
    order = lock_order(order_id)
    if has_happened(cause):
        return
    if order.state in (OrderState.AWAITING_PAYMENT, OrderState.PLACED):
        end_without_answer(order, cause=cause, reason=reason)
        letters.card_ended_order(order, reason)
    elif order.state in (OrderState.ACCEPTED, OrderState.DONE, OrderState.CONFIRMED):
        note_order(order, "cannot_be_paid", cause=cause, actor_user_id=None, reason=reason)
        letters.needs_another_card(order, reason)
