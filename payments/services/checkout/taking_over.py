"""Whoever was asked to pay the card's part does not, so the buyer pays it, or asks somebody else.

Two never pay one part: what their bank was asked is let go first, and while it may still answer nobody takes over. The
orders' locks decide between somebody who is just paying and somebody who takes over.
"""

import logging
from collections.abc import Sequence

from sqlalchemy import insert, select

from marketplace.accounts.domain import Actor
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError
from marketplace.kernel.ids import new_token
from payments.domain import OrderState, PaymentState
from payments.errors import CheckoutChanged
from payments.models import Checkout, Order, StripePayment, TopUp
from payments.queries.top_ups import get_of_checkout
from payments.services import charging, top_up_letters
from payments.services.attempts import REFUSED
from payments.services.cards import no_longer_theirs
from payments.services.checkout.paying import mine, waiting_for_card
from payments.services.checkout.topping_up import payer_said
from payments.services.facts import OPEN, take_in, taken_over
from payments.services.moves import has_happened, lock_order, note_order
from payments.services.orders.deadlines import payment_deadline
from payments.stripe import GatewayError, gateway

log = logging.getLogger(__name__)


def pay_it_myself(actor: Actor, checkout_id: int) -> None:
    """The buyer pays what another was asked for; a card is asked for next. The other's link asks for nothing any more.

    Raises NotFound where nobody was asked, CheckoutChanged when nothing waits, DomainError while their bank is at it.
    """
    _replace(actor, checkout_id, {})


def ask_another(
    actor: Actor, checkout_id: int, *, payer_name: str | None, payer_email: str | None, is_agreed: bool
) -> None:
    """Ask somebody else instead, who has two days from now. Raises as `pay_it_myself`, and on the fields."""
    _replace(actor, checkout_id, payer_said(payer_name, payer_email, is_agreed=is_agreed))


def _replace(actor: Actor, checkout_id: int, payer: dict[str, str]) -> None:
    checkout = mine(actor, checkout_id)
    before = get_of_checkout(checkout_id)
    waiting = waiting_for_card(checkout_id)
    try:
        for order_id in waiting:
            _let_go_at_bank(actor, order_id)
    except GatewayError as error:
        log.warning("checkout %s cannot be taken over: %s", checkout_id, error)
        raise DomainError("We cannot reach the bank just now. Nothing was changed. Try again in a minute.") from None
    with transaction():
        row = db.session.get_one(Checkout, checkout_id, with_for_update=True, populate_existing=True)
        orders = [lock_order(order_id) for order_id in waiting_for_card(checkout_id)]
        asked = _live(checkout_id)
        if not orders:
            raise CheckoutChanged(f"Nothing waits for {before.payer_name} any more. Look at your orders.")
        if asked is None or asked.id != before.id:
            raise CheckoutChanged("Somebody was asked in their place already. Open the page again.")
        if any(_may_still_be_paid(order.id, order.payment_state) for order in orders):
            raise DomainError(f"{before.payer_name} is paying just now. Look again in a minute.")
        asked.replaced_at = clock.now()
        no_longer_theirs(row, key=f"forget-payer:{asked.id}")
        row.answers = {
            **row.answers,
            "top_up": {"budget_pence": (row.answers.get("top_up") or {}).get("budget_pence"), **payer},
        }
        db.session.flush()
        top_up_letters.no_longer_asked(before)
        record(
            "top_up.take_over" if not payer else "top_up.ask_another",
            "checkout",
            checkout_id,
            actor_user_id=actor.user_id,
            person_id=checkout.person_id,
            pence=sum(order.top_up_pence for order in orders),
        )
        if payer:
            _ask(actor, asked, orders, payer)


def _ask(actor: Actor, before: TopUp, orders: Sequence[Order], payer: dict[str, str]) -> None:
    now = clock.now()
    db.session.execute(
        insert(TopUp).values(
            checkout_id=before.checkout_id,
            key=new_token(),
            service_names=before.service_names,
            asked_by_user_id=actor.user_id,
            asked_at=now,
            **payer,
        )
    )
    for order in orders:
        if order.state is OrderState.AWAITING_PAYMENT:
            order.answer_by = payment_deadline(now)
    db.session.flush()
    top_up_letters.asks_to_pay(before.checkout_id)


def _live(checkout_id: int) -> TopUp | None:
    """Whoever is asked now, under the lock of the checkout."""
    query = select(TopUp).where(TopUp.checkout_id == checkout_id, TopUp.replaced_at.is_(None))
    return db.session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()


def _let_go_at_bank(actor: Actor, order_id: int) -> None:
    """What their bank was asked and has not set aside is asked no more. What it has set aside meanwhile is paid."""
    intent = charging.look(order_id)
    payment_id = db.session.scalar(select(StripePayment.id).where(StripePayment.order_id == order_id))
    db.session.rollback()
    if intent is None or payment_id is None or intent.status not in OPEN:
        return
    with transaction():
        order, cause = lock_order(order_id), taken_over(intent.id)
        if not has_happened(cause):
            note_order(order, "ask_no_more", cause=cause, actor_user_id=actor.user_id, mandate_id=order.mandate_id)
    key = f"take-over:{intent.id}:{clock.now():%Y-%m-%dT%H}"
    take_in(payment_id, gateway().cancel_payment(key, intent.id))


def _may_still_be_paid(order_id: int, payment_state: PaymentState) -> bool:
    """Whether their bank was asked and may still say yes: then nobody else is asked beside it."""
    status = db.session.scalar(select(StripePayment.status).where(StripePayment.order_id == order_id))
    return payment_state is PaymentState.PENDING or status not in (None, "canceled", REFUSED)
