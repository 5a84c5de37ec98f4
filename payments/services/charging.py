"""Be paid by card: set money aside when an order is placed, take it when it is due, let it go when it is not.

Every act asks Stripe outside any transaction, under a key of operation and our own reference, and hands what Stripe
then has to `facts.take_in`. An answer that was lost is unknown, not failed: before anything is tried again, Stripe is
asked what it has.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select

from marketplace.accounts.domain import Actor
from marketplace.database import db, transaction
from marketplace.kernel import clock
from payments.declines import BANK_ASKS, IN_REVIEW, NOTHING_TAKEN, PROVIDER_NOT_READY, UNKNOWN, decline_words
from payments.declines import REFUSED as REFUSED_CODE
from payments.domain import OrderState, PaymentAction, PaymentState
from payments.models import Order, OrderFunding, StripePayment
from payments.services import money_letters, onboarding
from payments.services.attempts import (
    ANSWERED_ERROR,
    ASKING,
    REFUSED,
    SETTLED,
    Attempt,
    Stopped,
    begin,
    next_number,
    note_status,
)
from payments.services.cards import (
    CardSetup,
    find_customer,
    finish_card_setup,
    forget_cards,
    keep_card,
    start_card_setup,
)
from payments.services.facts import ENDED_UNPAID, KEPT_FOR, OPEN, hold_for_review, move_if_possible, take_in
from payments.services.moves import has_happened, lock_order, note_order
from payments.stripe import CardDeclined, GatewayError, GatewayRefused, GatewayUnknown, IntentView, gateway

__all__ = [
    "Authorisation",
    "CardSetup",
    "authorise",
    "capture",
    "charge",
    "finish_action",
    "finish_card_setup",
    "forget_cards",
    "keep_card",
    "look",
    "pay",
    "release",
    "renew",
    "start_card_setup",
]

log = logging.getLogger(__name__)
_LAPSED = (
    "The bank no longer keeps the money aside that this order was to be paid with, and did not set it aside again."
)
Outcome = Literal["authorised", "needs_action", "declined", "unknown"]


@dataclass(frozen=True)
class Authorisation:
    """How paying for one order went. `url`: the bank's page, for `needs_action`; `message`: words for the buyer."""

    order_id: int
    outcome: Outcome
    url: str | None = None
    message: str | None = None


def authorise(order_ids: Iterable[int], *, return_url: str) -> list[Authorisation]:
    """Set the money for own-money orders aside on the checkout's card, each order by itself, one after the other.

    Called again it takes up what is under way, or tries the card anew after a decline. Never raises for one order's
    sake: the others are tried all the same.
    """
    return [pay(order_id, return_url=return_url) for order_id in order_ids]


def pay(order_id: int, *, return_url: str, actor: Actor | None = None) -> Authorisation:
    """Pay for one order while the buyer is there: by the checkout's card as it is now, with the bank's page if asked.

    Raises NotFound, and NotAllowed when nothing is due by card.
    """
    return _try(begin(order_id, on_session=True, return_url=return_url, actor=actor), order_id)


def finish_action(order_id: int) -> Authorisation:
    """The buyer is back from the bank: look at Stripe and say how it went. Twice is once."""
    try:
        look(order_id)
    except GatewayError as error:
        log.warning("order %s cannot be looked at: %s", order_id, error)
        return Authorisation(order_id, "unknown", message=UNKNOWN)
    return _outcome(order_id)


def look(order_id: int) -> IntentView | None:
    """Take in what Stripe has for an order; answers None when it has nothing. Raises GatewayError."""
    row = db.session.execute(
        select(
            StripePayment.id,
            StripePayment.stripe_id,
            Order.reference,
            Order.person_id,
            Order.checkout_id,
            Order.top_up_pence,
        )
        .join(Order, Order.id == StripePayment.order_id)
        .where(StripePayment.order_id == order_id)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    if row.stripe_id is not None:
        intent: IntentView | None = gateway().get_payment(row.stripe_id)
    else:
        customer_id = find_customer(row.person_id, row.checkout_id, row.top_up_pence)
        if customer_id is None:
            return None
        intent = gateway().find_payment(customer_id, row.id, row.reference)
    if intent is not None:
        take_in(row.id, intent)
    return intent


def capture(payload: dict[str, Any]) -> None:
    """Outbox `payments.capture`: the provider said yes, so the money set aside is taken. Looks before it acts.

    Nothing is taken while the buyer's side says that something went wrong: the end of the complaint asks again.
    """
    order_id = int(payload["order_id"])
    order, payment = _standing(order_id)
    if payment is None or order.state in ENDED_UNPAID or order.payment_state is PaymentState.REVIEW:
        return
    if order.complaint_open:
        return
    intent = look(order_id)
    if intent is None or intent.status in OPEN:
        with transaction():
            locked = lock_order(order_id)
            hold_for_review(locked, f"uncaptured:{payment.id}", "The provider said yes, and no money is set aside")
        return
    if intent.status != "requires_capture":
        return
    order, payment = _standing(order_id)
    if payment is None or order.payment_state is not PaymentState.AUTHORISED:
        return
    try:
        taken = gateway().capture_payment(_hourly_key("capture", order.reference), intent.id, _part(order_id))
    except GatewayRefused as refusal:
        log.warning("order %s cannot be captured: %s", order.reference, refusal)
        taken = gateway().get_payment(intent.id)
        if taken.status == "requires_capture":
            if not _provider_is_stopped(order_id, intent.capture_before):
                raise
            return  # the provider has been told, and the reconciler tries again every hour
    take_in(payment.id, taken)


def _part(order_id: int) -> tuple[int, int] | None:
    """Pence to take and the levy on them, when the provider took on less than was ordered."""
    funding = db.session.execute(
        select(OrderFunding.pence, OrderFunding.levy_pence, OrderFunding.refunded_pence, OrderFunding.levy_back_pence)
        .join(StripePayment, StripePayment.order_funding_id == OrderFunding.id)
        .where(OrderFunding.order_id == order_id)
    ).one()
    db.session.rollback()
    if not funding.refunded_pence:
        return None
    return funding.pence - funding.refunded_pence, funding.levy_pence - funding.levy_back_pence


def _provider_is_stopped(order_id: int, until: datetime | None = None) -> bool:
    """Whether Stripe has stopped the provider's account; if so, the provider is told what to do, once per order."""
    organisation_id = db.session.scalars(select(Order.organisation_id).where(Order.id == order_id)).one()
    db.session.rollback()
    if onboarding.refresh(organisation_id).ready:
        return False
    with transaction():
        _note_stopped_provider(lock_order(order_id), until)
    return True


def _note_stopped_provider(order: Order, until: datetime | None) -> None:
    cause = f"provider-stopped:{order.id}"
    if not has_happened(cause):
        note_order(order, "provider_stopped", cause=cause, actor_user_id=None)
        money_letters.provider_is_stopped(order, until)


def renew(payload: dict[str, Any]) -> None:
    """Outbox `payments.renew`: what a bank had set aside ran out, so it is asked again, by the card kept for the order.

    Booked work is paid for at once. When the bank says no, the buyer is told: an order that nobody has answered ends,
    booked work needs another card. What is set aside while nobody is there is kept for less than five days. While
    something is said to have gone wrong no bank is asked: the end of the complaint asks. Raises GatewayUnknown
    when it cannot be known yet what became of it: it is tried again.
    """
    from payments.services import orders

    order_id = int(payload["order_id"])
    order, payment = _standing(order_id)
    if payment is None or order.payment_state in (*SETTLED, PaymentState.REVIEW) or order.state not in KEPT_FOR:
        return
    if order.complaint_open:
        with transaction():
            cause = f"renew-waits:{payment.id}:{payment.attempt}"
            if not has_happened(cause):
                note_order(lock_order(order_id), "renew_waits", cause=cause, actor_user_id=None)
        return
    stopped = begin(order_id, on_session=False, return_url=None)
    result = _try(stopped, order_id)
    if result.outcome == "unknown":
        raise GatewayUnknown(f"order {order_id}: nobody knows yet whether it was set aside again")
    if result.outcome in ("needs_action", "declined"):
        number = payment.attempt if isinstance(stopped, Stopped) else stopped.number
        with transaction():
            orders.cannot_be_paid(order_id, cause=f"lapsed:{payment.id}:{number}", reason=_LAPSED)


def release(payload: dict[str, Any]) -> None:
    """Outbox `payments.release`: the order ended, so what was set aside is let go and what was taken is given back."""
    from payments.services.refunds import give_all_back

    order_id = int(payload["order_id"])
    order, payment = _standing(order_id)
    if payment is None or order.state not in ENDED_UNPAID:
        return
    intent = look(order_id)
    if intent is None:
        with transaction():
            locked = lock_order(order_id)
            move_if_possible(locked, PaymentAction.RELEASE, f"release:{payment.id}:none")
        return
    if intent.status in (*OPEN, "requires_capture"):
        intent = gateway().cancel_payment(_hourly_key("cancel", order.reference), intent.id)
        take_in(payment.id, intent)
    if intent.status == "succeeded":
        give_all_back(order_id)


def charge(payload: dict[str, Any]) -> None:
    """Outbox `payments.charge`: a direct payment was confirmed, so the card kept for it is charged.

    When the bank asks for the person, they are led to it by e-mail; when it says no, they are asked for another card.
    A card that was declined is not tried again by itself, and none is charged while something is said to have gone
    wrong: the end of the complaint asks again. Raises GatewayUnknown when it cannot be known yet
    what became of it: it is tried again.
    """
    order_id = int(payload["order_id"])
    order, payment = _standing(order_id)
    if order.complaint_open:
        return
    if order.state not in (OrderState.CONFIRMED, OrderState.CLOSED) or order.payment_state in SETTLED:
        return
    if payment is not None and payment.status == "canceled":
        return  # let go at Stripe: the buyer has been asked for another card
    if payment is not None:
        look(order_id)
    stopped = begin(order_id, on_session=False, return_url=None, again=False)
    result = _try(stopped, order_id)
    if result.outcome == "unknown":
        if isinstance(stopped, Stopped):
            return
        raise GatewayUnknown(f"order {order_id}: nobody knows yet whether it was charged")
    if result.outcome in ("needs_action", "declined"):
        _tell(order_id, stopped.code if isinstance(stopped, Stopped) else None)


def _hourly_key(operation: str, reference: str) -> str:
    """Stripe repeats an error under its key for a day. What it does only once anyway is asked anew after an hour."""
    return f"{operation}:{reference}:{clock.now():%Y-%m-%dT%H}"


def _tell(order_id: int, code: str | None) -> None:
    """Tell the person what stands in the way of a charge, once per attempt."""
    from payments.services import orders

    with transaction():
        order = lock_order(order_id)
        payment = db.session.execute(
            select(StripePayment).where(StripePayment.order_id == order_id).limit(1)
        ).scalar_one_or_none()
        code = (payment.decline_code if payment else None) or code
        number = f"{payment.id}:{payment.attempt}" if payment else f"{order.id}:0"
        if code == PROVIDER_NOT_READY:
            _note_stopped_provider(order, None)
            return
        if payment is not None and (code == BANK_ASKS or payment.next_action_url):
            cause = f"bank-asks:{number}"
            if not has_happened(cause):
                note_order(order, "bank_asks", cause=cause, actor_user_id=None)
                money_letters.bank_asks(order, payment.pence)
            return
        orders.cannot_be_paid(order_id, cause=f"declined:{number}", reason=f"{decline_words(code)} {NOTHING_TAKEN}")


def _try(attempt: Attempt | Stopped, order_id: int) -> Authorisation:
    if isinstance(attempt, Stopped):
        return _outcome(order_id, attempt)
    try:
        take_in(attempt.asked.payment_id, _ask(attempt))
    except GatewayUnknown as unknown:
        log.warning("order %s: no answer about attempt %s: %s", order_id, attempt.number, unknown)
        if unknown.answered:
            note_status(attempt.asked.payment_id, attempt.number, ANSWERED_ERROR)
        return Authorisation(order_id, "unknown", message=UNKNOWN)
    except GatewayRefused as refusal:
        log.error("order %s: Stripe refused attempt %s: %s", order_id, attempt.number, refusal)
        note_status(attempt.asked.payment_id, attempt.number, REFUSED)
        with transaction():
            move_if_possible(
                lock_order(order_id),
                PaymentAction.FAIL,
                f"fail:{attempt.asked.payment_id}:{attempt.number}",
                reason=decline_words(REFUSED_CODE),
            )
    return _outcome(order_id)


def _ask(attempt: Attempt) -> IntentView:
    """Ask Stripe to be paid, having looked first at what it has. Raises GatewayUnknown, GatewayRefused."""
    stripe, asked, number = gateway(), attempt.asked, attempt.number
    standing: IntentView | None = None
    if attempt.intent_id is not None:
        standing = stripe.get_payment(attempt.intent_id)
    elif not attempt.fresh:
        standing = stripe.find_payment(asked.customer_id, asked.payment_id, asked.order_reference)
        if standing is not None and standing.status == "canceled":
            standing = None
        if standing is None and _status(asked.payment_id) == ANSWERED_ERROR:
            number = next_number(asked.payment_id, number)
    try:
        if standing is None:
            return stripe.create_payment(Attempt(attempt.order_id, number, asked, None, True).create_key, asked)
        waits_for_bank = standing.status == "requires_action" and standing.payment_method_id == asked.payment_method_id
        if standing.status not in OPEN or (waits_for_bank and asked.on_session and standing.next_action_url):
            return standing
        return stripe.confirm_payment(attempt.confirm_key, standing.id, asked)
    except CardDeclined as declined:
        if declined.intent_id is None:
            raise GatewayRefused(str(declined), declined.code) from None
        return stripe.get_payment(declined.intent_id)


def _status(payment_id: int) -> str | None:
    return db.session.scalar(select(StripePayment.status).where(StripePayment.id == payment_id))


def _standing(order_id: int) -> tuple[Any, Any]:
    """The order and its payment as they are now, as plain rows; the payment is None before the first attempt."""
    order = db.session.execute(
        select(
            Order.id, Order.reference, Order.state, Order.payment_state, Order.complaint_open.label("complaint_open")
        ).where(Order.id == order_id)
    ).one()
    payment = db.session.execute(
        select(StripePayment.id, StripePayment.attempt, StripePayment.status)
        .where(StripePayment.order_id == order_id)
        .limit(1)
    ).one_or_none()
    db.session.rollback()
    return order, payment


def _outcome(order_id: int, stopped: Stopped | None = None) -> Authorisation:
    """What the rows say now, in words for the buyer."""
    state = db.session.scalars(select(Order.payment_state).where(Order.id == order_id)).one()
    row = db.session.execute(
        select(StripePayment.status, StripePayment.next_action_url, StripePayment.decline_code)
        .where(StripePayment.order_id == order_id)
        .limit(1)
    ).one_or_none()
    if state in SETTLED:
        return Authorisation(order_id, "authorised")
    if state is PaymentState.REVIEW or (stopped and stopped.in_review):
        return Authorisation(order_id, "unknown", message=IN_REVIEW)
    if stopped is not None and stopped.code is not None:
        return Authorisation(order_id, "declined", message=f"{decline_words(stopped.code)} {NOTHING_TAKEN}")
    if row is not None and row.status == "requires_action" and row.next_action_url:
        return Authorisation(order_id, "needs_action", url=row.next_action_url)
    if row is not None and row.status in (ASKING, ANSWERED_ERROR, "processing"):
        return Authorisation(order_id, "unknown", message=UNKNOWN)
    code = REFUSED_CODE if row is not None and row.status == REFUSED else row.decline_code if row else None
    return Authorisation(order_id, "declined", message=f"{decline_words(code)} {NOTHING_TAKEN}")
