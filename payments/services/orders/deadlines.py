"""Until when an order may wait in its state before it ends by itself. Pure."""

from datetime import datetime, timedelta

from payments.domain import OrderState
from payments.models import Order

TIME_TO_ANSWER = timedelta(days=3)
TIME_TO_APPROVE = timedelta(days=7)
TIME_TO_PAY = timedelta(days=2)


def answer_deadline(placed_at: datetime) -> datetime:
    """Until when a provider may answer an order placed at that moment."""
    return placed_at + TIME_TO_ANSWER


def approval_deadline(asked_at: datetime) -> datetime:
    """Until when a second person may agree to an order prepared at that moment."""
    return asked_at + TIME_TO_APPROVE


def payment_deadline(waiting_since: datetime) -> datetime:
    """Until when the buyer may give a card that works."""
    return waiting_since + TIME_TO_PAY


def ends_at(order: Order) -> datetime | None:
    """When an order in its present state ends by itself; None when it does not.

    `answer_by` holds the deadline of whatever the order waits for: approval, card, or the provider's answer.
    """
    if order.state in (OrderState.AWAITING_APPROVAL, OrderState.AWAITING_PAYMENT, OrderState.PLACED):
        return order.answer_by
    return None
