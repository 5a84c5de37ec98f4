"""The card of a checkout: given on Stripe's page before placing, authorised afterwards, outside any transaction."""

from sqlalchemy import select

from budgets.domain import MandateAction
from budgets.queries.access import get_access
from marketplace.accounts.domain import Actor
from marketplace.database import db, transaction
from marketplace.outbox.services import enqueue
from payments.domain import ChargeAt, OrderState, PaymentState
from payments.errors import CardNeeded, CheckoutChanged
from payments.models import Checkout, Order
from payments.queries.checkouts import CheckoutView, get_checkout, get_plan
from payments.services import charging
from payments.services.checkout.placing import Placed, place


def start_card(actor: Actor, checkout_id: int, *, success_url: str, cancel_url: str) -> str:
    """The address of Stripe's page on which the card is given. Raises NotFound, CheckoutChanged when none is needed."""
    checkout = _mine(actor, checkout_id)
    if checkout.placed_at is None:
        if not get_plan(actor, checkout_id).needs_card:
            raise CheckoutChanged("No card is needed for this.")
    elif not waiting_for_card(checkout_id):
        raise CheckoutChanged("Nothing of this waits for a card any more. Look at your orders.")
    return charging.start_card_setup(checkout_id, success_url=success_url, cancel_url=cancel_url).url


def finish_card(actor: Actor, checkout_id: int, *, return_url: str) -> bool:
    """Back from Stripe's page: whether a card was given. What was placed and waits for one is paid with it at once."""
    checkout = _mine(actor, checkout_id)
    if charging.finish_card_setup(checkout_id) is None:
        return False
    if checkout.placed_at is not None:
        try_payment(actor, checkout_id, return_url=return_url)
    return True


def place_and_pay(actor: Actor, checkout_id: int, *, key: str, seen: str, return_url: str) -> Placed:
    """Place the orders, then ask the bank for those paid with own money. Pressed again, it asks only for what waits.

    Raises what `place` raises. A card that is declined leaves its order waiting: nothing is lost.
    """
    placed = place(actor, checkout_id, key=key, seen=seen)
    try_payment(actor, checkout_id, return_url=return_url)
    return placed


def try_payment(actor: Actor, checkout_id: int, *, return_url: str) -> None:
    """Ask the bank for every order of a checkout that waits for its card."""
    checkout = _mine(actor, checkout_id)
    waiting = waiting_for_card(checkout_id)
    if not waiting:
        return
    if not checkout.has_card and not get_checkout(actor, checkout_id).has_card:
        raise CardNeeded()
    to_authorise = [order.id for order in waiting if order.state is OrderState.AWAITING_PAYMENT]
    if to_authorise:
        charging.authorise(to_authorise, return_url=return_url)
    _charge_again([order.id for order in waiting if order.state is OrderState.CONFIRMED], checkout_id)


def waiting_for_card(checkout_id: int) -> list[Order]:
    """Orders of a checkout that a card has to pay before they go on, and agreed ones whose card was declined."""
    rows = db.session.execute(select(Order).where(Order.checkout_id == checkout_id).order_by(Order.id)).scalars()
    return [
        order
        for order in rows
        if order.state is OrderState.AWAITING_PAYMENT
        or (
            order.state is OrderState.CONFIRMED
            and order.charge_at is ChargeAt.CONFIRM
            and order.payment_state is PaymentState.FAILED
        )
    ]


def _charge_again(order_ids: list[int], checkout_id: int) -> None:
    """A direct payment whose charge was declined is charged anew with the card that was given since."""
    if not order_ids:
        return
    with transaction():
        card = db.session.scalar(select(Checkout.stripe_payment_method_id).where(Checkout.id == checkout_id))
        for order_id in order_ids:
            enqueue("payments.charge", {"order_id": order_id}, key=f"charge:{order_id}:{card}")


def _mine(actor: Actor, checkout_id: int) -> CheckoutView:
    """The actor's own checkout, while they may still order for its person."""
    checkout = get_checkout(actor, checkout_id)
    get_access(actor, checkout.person_id, MandateAction.ORDER)
    return checkout
