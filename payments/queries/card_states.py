"""Read how the card of each order of a checkout fares."""

from dataclasses import dataclass

from sqlalchemy import select

from marketplace.database import db
from payments.declines import decline_words
from payments.models import Order, StripePayment


@dataclass(frozen=True)
class CardState:
    """What the bank said: `bank_url` leads to its own check, `declined` is the sentence for a card that it refused."""

    order_id: int
    status: str | None
    bank_url: str | None
    declined: str | None


def cards_of_checkout(checkout_id: int) -> dict[int, CardState]:
    """The state of the card by order, for orders for which a bank was asked. One query."""
    rows = db.session.execute(
        select(StripePayment.order_id, StripePayment.status, StripePayment.next_action_url, StripePayment.decline_code)
        .join(Order, Order.id == StripePayment.order_id)
        .where(Order.checkout_id == checkout_id)
        .order_by(StripePayment.order_id)
    )
    return {
        row.order_id: CardState(
            row.order_id,
            row.status,
            row.next_action_url,
            decline_words(row.decline_code) if row.decline_code else None,
        )
        for row in rows
    }
