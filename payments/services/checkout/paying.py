"""The card of a checkout: given on Stripe's page before placing, authorised afterwards, outside any transaction."""

from sqlalchemy import and_, bindparam, or_, select

from budgets.domain import MandateAction
from budgets.queries.access import get_access_begun
from marketplace.accounts.domain import Actor
from marketplace.database import send, table_of
from payments.domain import AGREED, OWED, ChargeAt, OrderState, PaymentState
from payments.errors import CardNeeded, CheckoutChanged
from payments.models import Order
from payments.queries.checkouts import CheckoutView, get_checkout, get_plan
from payments.services import charging
from payments.services.checkout.placing import Placed, place


def start_card(actor: Actor, checkout_id: int, *, success_url: str, cancel_url: str) -> str:
    """The address of Stripe's page on which the card is given. Raises NotFound, CheckoutChanged when none is needed."""
    checkout = mine(actor, checkout_id)
    if checkout.top_up is not None and checkout.top_up.by_another:
        raise CheckoutChanged(f"{checkout.top_up.payer_name} is asked to pay this part, so no card of yours is needed.")
    if checkout.placed_at is None:
        if not get_plan(actor, checkout_id).needs_card:
            raise CheckoutChanged("No card is needed for this.")
    elif not waiting_for_card(checkout_id):
        raise CheckoutChanged("Nothing of this waits for a card any more. Look at your orders.")
    return charging.start_card_setup(checkout_id, success_url=success_url, cancel_url=cancel_url).url


def finish_card(actor: Actor, checkout_id: int, *, return_url: str) -> bool:
    """Back from Stripe's page: whether a card was given. What was placed and waits for one is paid with it at once."""
    checkout = mine(actor, checkout_id)
    if charging.finish_card_setup(checkout_id) is None:
        return False
    if checkout.placed_at is not None:
        try_payment(actor, checkout_id, return_url=return_url)
    return True


def place_and_pay(
    actor: Actor, checkout_id: int, *, key: str, seen: str, return_url: str, person_id: str | None = None
) -> Placed:
    """Place the orders, then ask the bank for those that a card pays now. Pressed again, it asks only for what waits.

    Raises what `place` raises. A card that is declined leaves its order waiting: nothing is lost.
    """
    placed = place(actor, checkout_id, key=key, seen=seen, person_id=person_id)
    if placed.asks_card:
        try_payment(actor, checkout_id, return_url=return_url)
    return placed


def try_payment(actor: Actor, checkout_id: int, *, return_url: str) -> None:
    """Ask the bank for every order of a checkout that waits for its card, while the buyer is there.

    Each by itself: one that is declined holds up no other. Nothing where somebody else was asked to pay. Raises
    CardNeeded before a card was given.
    """
    checkout = mine(actor, checkout_id)
    if checkout.top_up is not None and checkout.top_up.by_another:
        return
    waiting = waiting_for_card(checkout_id)
    if waiting and not checkout.has_card:
        raise CardNeeded()
    for order_id in waiting:
        charging.pay(order_id, return_url=return_url, actor=actor)


def after_bank(actor: Actor, checkout_id: int) -> None:
    """Back from a bank's own check: look how it went, whether or not Stripe has told us yet."""
    mine(actor, checkout_id)
    for order_id in waiting_for_card(checkout_id):
        charging.finish_action(order_id)


_orders = table_of(Order)
_WAITING_FOR_CARD = (
    select(_orders.c.id)
    .where(
        _orders.c.checkout_id == bindparam("checkout_id"),
        or_(
            _orders.c.state == OrderState.AWAITING_PAYMENT,
            and_(
                _orders.c.charge_at == ChargeAt.CONFIRM,  # a direct payment that its card did not pay
                _orders.c.state.in_(AGREED),
                _orders.c.payment_state.in_((PaymentState.FAILED, PaymentState.PENDING)),
            ),
            and_(
                _orders.c.charge_at == ChargeAt.ACCEPT,  # let go by the bank
                _orders.c.state.in_(OWED),
                _orders.c.payment_state.in_((PaymentState.NONE, PaymentState.FAILED, PaymentState.PENDING)),
            ),
        ),
    )
    .order_by(_orders.c.id)
)


def waiting_for_card(checkout_id: int) -> list[int]:
    """Orders of a checkout that a card has to pay before they go on, and booked or agreed ones that none has paid."""
    return list(send(_WAITING_FOR_CARD, {"checkout_id": checkout_id}).scalars())


def mine(actor: Actor, checkout_id: int) -> CheckoutView:
    """The actor's own checkout, while they may still order for its person."""
    checkout = get_checkout(actor, checkout_id)
    get_access_begun(actor, checkout.person, MandateAction.ORDER)
    return checkout
