"""Whoever was asked to top up pays: a card on Stripe's page, and the bank asked for each order that waits for it.

The link is the right: it names one top-up, and nothing here does more than pay for it. Who they are is forgotten a
while after it is over.
"""

from sqlalchemy import exists, or_, select

from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock, keeping
from marketplace.kernel.errors import DomainError, NotFound
from payments.domain import OrderState
from payments.errors import CheckoutChanged
from payments.models import Checkout, Order, TopUp
from payments.queries.top_ups import FORGOTTEN, AskedTopUp, get_by_token
from payments.services import charging
from payments.services.cards import ENDED
from payments.services.checkout.paying import waiting_for_card
from payments.services.orders.booking import may_go_on


def start_card(token: str, *, success_url: str, cancel_url: str) -> str:
    """The address of Stripe's page on which the card is given. Raises NotFound, CheckoutChanged when nothing waits."""
    asked = get_by_token(token)
    if asked.is_replaced or not waiting_for_card(asked.checkout_id):
        raise CheckoutChanged("Nothing waits for a card any more. Nothing was taken.")
    if has_stopped(asked):
        raise _stopped(asked)
    page = charging.start_card_setup(
        asked.checkout_id, success_url=success_url, cancel_url=cancel_url, top_up_id=asked.id
    )
    return page.url


def finish_card(token: str, *, return_url: str) -> bool:
    """Back from Stripe's page: whether a card was given. What waits for it is set aside by the bank at once."""
    asked = get_by_token(token)
    if asked.is_replaced or charging.finish_card_setup(asked.checkout_id) is None:
        return False
    _pay(asked, return_url)
    return True


def pay_again(token: str, *, return_url: str) -> None:
    """Ask the bank once more for what waits, by the card that was given."""
    _pay(get_by_token(token), return_url)


def after_bank(token: str) -> None:
    """Back from the bank's own check: look how it went, whether or not Stripe has told us yet."""
    asked = get_by_token(token)
    for order_id in [] if asked.is_replaced else waiting_for_card(asked.checkout_id):
        charging.finish_action(order_id)


def has_stopped(asked: AskedTopUp) -> bool:
    """Whether what waits for the payer cannot go on, because nobody may order it any more: they need not know why."""
    waiting = [part.order_id for part in asked.to_pay if part.state is OrderState.AWAITING_PAYMENT]
    return not all(may_go_on(db.session.get_one(Order, order_id)) for order_id in waiting)


def _pay(asked: AskedTopUp, return_url: str) -> None:
    for order_id in [] if asked.is_replaced else waiting_for_card(asked.checkout_id):
        try:
            charging.pay(order_id, return_url=return_url)
        except NotFound:
            raise
        except DomainError:  # says how somebody's right or budget stands, which is not for whoever tops it up
            raise _stopped(asked) from None


def _stopped(asked: AskedTopUp) -> CheckoutChanged:
    return CheckoutChanged(f"This cannot go on just now, so nothing was taken from you. Ask {asked.asked_by}.")


def forget_payers() -> int:
    """Take name and address of whoever was asked to pay out of top-ups whose orders ended long ago; answers how many.

    The row stays, so that an order still says that its buyer did not pay it; the link then leads nowhere.
    """
    before = clock.now() - keeping.ASKED_PAYER
    open_still = exists().where(
        Order.checkout_id == TopUp.checkout_id,
        or_(Order.state.not_in(ENDED), Order.ended_at.is_(None), Order.ended_at >= before),
    )
    with transaction():
        rows = db.session.scalars(
            select(TopUp).where(TopUp.payer_email != "", ~open_still).order_by(TopUp.id).limit(500).with_for_update()
        ).all()
        for row in rows:
            row.payer_name, row.payer_email, row.service_names = FORGOTTEN, "", ""
            checkout = db.session.get_one(Checkout, row.checkout_id, with_for_update=True)
            said = checkout.answers.get("top_up") or {}
            if "payer_email" in said:
                said = {**said, "payer_name": FORGOTTEN, "payer_email": ""}
                checkout.answers = {**checkout.answers, "top_up": said}
            record("top_up.forget", "checkout", checkout.id, actor_user_id=None, person_id=checkout.person_id)
        return len(rows)
