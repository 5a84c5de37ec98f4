"""Take in what Stripe says of a payment: one transaction, in any order, as often as it is told.

Whoever learns something (the request that asked, a webhook, the reconciler) fetches the payment as it now stands and
hands it to `take_in`. What is taken in only ever grows, so that every order of hearing it ends in the same state.
"""

import logging

from sqlalchemy import func, select

from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.outbox.services import enqueue
from payments import ledger
from payments.declines import decline_words
from payments.domain import (
    PAYMENT_MOVES,
    REFUNDS_THAT_COUNT,
    ChargeAt,
    OrderState,
    PaymentAction,
    PaymentState,
    RefundReason,
    RefundState,
)
from payments.ledger import Subject, stories
from payments.models import Order, OrderFunding, OrderHistory, Refund, StripeAccount, StripePayment
from payments.services import money_letters
from payments.services.moves import has_happened, lock_order, move_payment
from payments.stripe import BalanceMove, IntentView

log = logging.getLogger(__name__)

ENDED_UNPAID = (OrderState.DECLINED, OrderState.CANCELLED, OrderState.EXPIRED)
KEPT_FOR = (OrderState.PLACED, OrderState.ACCEPTED, OrderState.DONE)
"""Orders for which a bank is asked again when what it had set aside has run out."""
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
_RANK = {**dict.fromkeys(OPEN, 0), "processing": 1, "requires_capture": 2, "succeeded": 3, "canceled": 3}


def find_payment_id(intent_id: str | None, payment_id: int | None, order_reference: str | None) -> int | None:
    """The id of our payment behind one at Stripe: by Stripe's id, else by ours with the order's reference."""
    if intent_id is not None:
        found: int | None = db.session.scalar(select(StripePayment.id).where(StripePayment.stripe_id == intent_id))
        if found is not None:
            return found
    if payment_id is None or order_reference is None:
        return None
    return db.session.scalar(
        select(StripePayment.id)
        .join(Order, Order.id == StripePayment.order_id)
        .where(StripePayment.id == payment_id, Order.reference == order_reference)
    )


def take_in(payment_id: int, intent: IntentView) -> None:
    """Bring the order, its payment and the ledger up to what Stripe says. Joins an open transaction."""
    from payments.services.refund_facts import take_in_refunds

    with transaction():
        order_id = db.session.scalars(select(StripePayment.order_id).where(StripePayment.id == payment_id)).one()
        order = lock_order(order_id)
        payment = db.session.get_one(StripePayment, payment_id, populate_existing=True)
        funding = db.session.get_one(OrderFunding, payment.order_funding_id, populate_existing=True)
        if payment.stripe_id not in (None, intent.id):
            _stray(order, payment, intent)
            return
        if payment.stripe_id is None and payment.attempt > 1 and intent.status == "canceled":
            return  # an earlier attempt's payment; a new one is being made
        stale = _RANK.get(intent.status, -1) < _RANK.get(payment.status or "", -1)
        if not stale:
            _note(payment, intent)
        if _mismatch(order, payment, intent):
            hold_for_review(order, f"mismatch:{intent.id}", "What Stripe has does not match this order")
        elif not stale:
            _follow(order, funding, payment, intent)
        if intent.charge is not None:
            subject = subject_of(order)
            for move in intent.charge.moves:
                book_move(move, subject, order.organisation_id)
            db.session.flush()
            if ledger.find_entry(f"sale:{funding.id}") is not None:
                take_in_refunds(order, funding, intent.charge)


def subject_of(order: Order, actor_user_id: int | None = None) -> Subject:
    """What the ledger says of whom an entry about this order is for."""
    return Subject(order.id, order.council_id, order.person_id, actor_user_id, order.mandate_id)


def book_move(move: BalanceMove, subject: Subject, organisation_id: int | None) -> None:
    """Book one balance transaction of Stripe. Twice is once; what was booked before it was explained stays so."""
    if ledger.find_entry(f"stripe:{move.id}") is not None:
        return
    ledger.book(
        stories.movement(
            move.id,
            move.kind,
            move.pence,
            move.fee_pence,
            move.occurred_at,
            subject,
            organisation_id=organisation_id,
        )
    )


def hold_for_review(order: Order, cause: str, reason: str) -> None:
    """Put a locked order's payment before the operator. Twice is once; one that is there already stays there."""
    if has_happened(cause) or order.payment_state is PaymentState.REVIEW:
        return
    log.warning("order %s is held for review: %s", order.reference, reason)
    move_payment(order, PaymentAction.HOLD_FOR_REVIEW, cause=cause, reason=reason)


def move_if_possible(order: Order, action: PaymentAction, cause: str, *, reason: str | None = None) -> bool:
    """Move a payment once per cause, and only where the table has the move. Answers whether it moved."""
    if has_happened(cause) or not PAYMENT_MOVES.allows(order.payment_state, action):
        return False
    move_payment(order, action, cause=cause, reason=reason)
    return True


def go_back_if_ended(order: Order, cause: str) -> None:
    """Money is there, or here again, for an order that has ended: promise that all of it goes back. Once per cause."""
    if order.state in ENDED_UNPAID:
        enqueue("payments.release", {"order_id": order.id}, key=f"release:{order.id}:{cause}")


def actor_of_move(order_id: int, *actions: str) -> int | None:
    """Who last carried out one of these actions on the order; None for the marketplace itself."""
    return db.session.scalar(
        select(OrderHistory.actor_user_id)
        .where(OrderHistory.order_id == order_id, OrderHistory.action.in_(actions))
        .order_by(OrderHistory.id.desc())
        .limit(1)
    )


def _note(payment: StripePayment, intent: IntentView) -> None:
    payment.stripe_id = intent.id
    payment.charge_id = intent.charge_id or payment.charge_id
    payment.status = intent.status
    payment.next_action_url = intent.next_action_url
    payment.decline_code = intent.decline_code
    payment.capture_before = intent.capture_before or payment.capture_before
    if intent.charge is not None:
        payment.processing_fee_pence = sum(m.fee_pence for m in intent.charge.moves if m.kind == "charge")
    payment.updated_at = clock.now()


def _mismatch(order: Order, payment: StripePayment, intent: IntentView) -> bool:
    destination = db.session.scalar(
        select(StripeAccount.stripe_id).where(StripeAccount.organisation_id == order.organisation_id)
    )
    wanted = ("gbp", order.reference, payment.id, destination)
    found = (intent.currency, intent.order_reference, intent.our_payment_id, intent.destination)
    left_pence, left_levy_pence = not_accepted(payment.order_funding_id)
    whole, part = (payment.pence, payment.fee_pence), (payment.pence - left_pence, payment.fee_pence - left_levy_pence)
    if intent.charge is None:
        return wanted != found or (intent.pence, intent.fee_pence) not in (whole, part)
    taken = (intent.charge.captured_pence, intent.fee_pence)
    return wanted != found or taken != part or intent.pence not in (whole[0], part[0])


def not_accepted(funding_id: int) -> tuple[int, int]:
    """Of what was set aside for a funding part: the pence that its provider did not take on, and the levy on them."""
    row = db.session.execute(
        select(func.sum(Refund.pence), func.sum(Refund.levy_back_pence)).where(
            Refund.order_funding_id == funding_id,
            Refund.reason_code == RefundReason.NOT_ACCEPTED,
            Refund.state.in_(REFUNDS_THAT_COUNT),
        )
    ).one()
    return int(row[0] or 0), int(row[1] or 0)


def _stray(order: Order, payment: StripePayment, intent: IntentView) -> None:
    """A second payment at Stripe for what is paid by another one: nothing is moved by it, and somebody looks."""
    if intent.status in ("requires_capture", "succeeded"):
        if intent.charge is not None:
            for move in intent.charge.moves:
                book_move(move, subject_of(order), order.organisation_id)
        hold_for_review(order, f"stray:{intent.id}", f"There is a second payment at Stripe: {intent.id}")


def _follow(order: Order, funding: OrderFunding, payment: StripePayment, intent: IntentView) -> None:
    match intent.status:
        case "requires_capture":
            _authorised(order, intent)
        case "succeeded":
            _captured(order, funding, intent)
        case "canceled":
            _let_go(order, intent)
        case "requires_payment_method" if intent.decline_code:
            reason = decline_words(intent.decline_code)
            move_if_possible(order, PaymentAction.FAIL, f"fail:{payment.id}:{payment.attempt}", reason=reason)


def _authorised(order: Order, intent: IntentView) -> None:
    from payments.services import orders

    if order.state in ENDED_UNPAID:
        # The bank said yes after the order had ended: what it set aside is let go again.
        go_back_if_ended(order, intent.id)
        return
    if move_if_possible(order, PaymentAction.AUTHORISE, f"authorise:{intent.id}"):
        orders.placed_after_payment(order.id, cause=f"place:{intent.id}")


def _captured(order: Order, funding: OrderFunding, intent: IntentView) -> None:
    from payments.services import orders

    cause = f"capture:{intent.id}"
    if has_happened(cause):
        return
    ledger.book(
        stories.sale(
            funding.id,
            ledger.person_card(order.person_id),
            order.organisation_id,
            funding.pence,
            funding.levy_pence,
            clock.now(),
            subject_of(order, actor_of_move(order.id, "accept", "confirm")),
        )
    )
    _book_not_accepted(order, funding)
    if not move_if_possible(order, PaymentAction.CAPTURE, cause):
        hold_for_review(order, f"captured:{intent.id}", "Money was taken when none was expected")
        return
    go_back_if_ended(order, intent.id)
    if order.state is OrderState.AWAITING_PAYMENT:
        orders.placed_after_payment(order.id, cause=f"place:{intent.id}")
    if order.charge_at is ChargeAt.CONFIRM:
        money_letters.was_charged(order, funding.pence)


def _book_not_accepted(order: Order, funding: OrderFunding) -> None:
    """What the provider did not take on was sold and is not: it was never taken, and nothing has to follow it."""
    for part in db.session.execute(
        select(Refund).where(
            Refund.order_funding_id == funding.id,
            Refund.reason_code == RefundReason.NOT_ACCEPTED,
            Refund.state == RefundState.PENDING,
        )
    ).scalars():
        payer, subject = ledger.person_card(order.person_id), subject_of(order, part.asked_by_user_id)
        what = (order.organisation_id, part.pence, part.levy_back_pence, clock.now())
        ledger.book(stories.refund(part.id, payer, *what, subject, part.reason_code))
        part.state, part.done_at = RefundState.DONE, clock.now()


def taken_over(intent_id: str) -> str:
    """The cause of the note that somebody else pays instead: when this payment is let go, the order waits for them."""
    return f"taken-over:{intent_id}"


def _let_go(order: Order, intent: IntentView) -> None:
    from payments.services import orders

    moved = move_if_possible(order, PaymentAction.RELEASE, f"release:{intent.id}")
    if moved and intent.ran_out and order.charge_at is ChargeAt.ACCEPT and order.state in KEPT_FOR:
        # Nobody ended it: the card was kept for this order, so its bank is asked again before anybody is troubled.
        enqueue("payments.renew", {"order_id": order.id}, key=f"renew:{order.id}:{intent.id}")
    elif moved and order.state not in ENDED_UNPAID and not has_happened(taken_over(intent.id)):
        orders.cannot_be_paid(
            order.id,
            cause=f"lapsed:{intent.id}",
            reason="The bank no longer keeps the money aside that this order was to be paid with.",
        )
