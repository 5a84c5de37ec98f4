"""One attempt to be paid by card: what is asked of Stripe, written down before it is asked."""

from dataclasses import dataclass

from sqlalchemy import select, update

from marketplace.accounts.domain import Actor
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed
from marketplace.kernel.rails import CARD_RAILS
from payments.declines import NO_CARD, PROVIDER_NOT_READY
from payments.domain import AGREED, OWED, ChargeAt, OrderState, Payer, PaymentAction, PaymentState
from payments.models import Checkout, Order, OrderFunding, StripeAccount, StripePayment
from payments.queries.top_ups import find_payer
from payments.services.cards import find_customer
from payments.services.facts import OPEN
from payments.services.moves import has_happened, lock_order, move_payment
from payments.services.orders.booking import require_going_on
from payments.stripe import PaymentOrder

# What `StripePayment.status` holds besides Stripe's own words.
ASKING = "asking"  # asked, and no answer yet: the same key must be used again
ANSWERED_ERROR = "error"  # Stripe answered that something went wrong: it may have happened, so look first
REFUSED = "refused"  # Stripe would not do it; nothing happened

SETTLED = frozenset(
    {
        PaymentState.AUTHORISED,
        PaymentState.PAID,
        PaymentState.PART_REFUNDED,
        PaymentState.REFUNDED,
        PaymentState.DISPUTED,
    }
)


@dataclass(frozen=True)
class Attempt:
    """What to ask Stripe for. `intent_id`: the payment at Stripe to try again; `fresh`: nothing was asked yet."""

    order_id: int
    number: int
    asked: PaymentOrder
    intent_id: str | None
    fresh: bool

    @property
    def create_key(self) -> str:
        return f"authorise:{self.asked.order_reference}:{self.number}"

    @property
    def confirm_key(self) -> str:
        return f"confirm:{self.asked.order_reference}:{self.number}"


@dataclass(frozen=True)
class Stopped:
    """No attempt is made: it is paid already (`code` None), it cannot be (`code`), or somebody is looking at it."""

    code: str | None = None
    in_review: bool = False


def begin(
    order_id: int, *, on_session: bool, return_url: str | None, again: bool = True, actor: Actor | None = None
) -> Attempt | Stopped:
    """Write down the next attempt to be paid for an order, in one transaction.

    The one that is under way is taken up again as it was. After a decline a new one begins, unless `again` is false.
    Raises NotFound, NotAllowed when nothing is due by card, and before an order was placed what `require_going_on`
    raises.
    """
    with transaction():
        order = lock_order(order_id)
        if order.payment_state in SETTLED:
            return Stopped()
        if order.payment_state is PaymentState.REVIEW:
            return Stopped(in_review=True)
        _require_due(order)
        if order.state is OrderState.AWAITING_PAYMENT:
            require_going_on(order)  # whoever is asked to pay for somebody knows nothing of the right to order
        funding = _card_part(order.id)
        account_id = db.session.scalar(
            select(StripeAccount.stripe_id).where(
                StripeAccount.organisation_id == order.organisation_id, StripeAccount.charges_enabled
            )
        )
        if account_id is None:
            return Stopped(PROVIDER_NOT_READY)
        card = db.session.scalar(select(Checkout.stripe_payment_method_id).where(Checkout.id == order.checkout_id))
        customer_id = find_customer(order.person_id, order.checkout_id, order.top_up_pence)
        if card is None or customer_id is None:
            return Stopped(NO_CARD)
        payment, fresh = _payment(order, funding, card)
        if not fresh and _is_over(payment, card):
            if not again:
                return Stopped(payment.decline_code or "generic_decline")
            if payment.status == "canceled":
                payment.stripe_id = payment.charge_id = None
            payment.attempt += 1
            payment.status, payment.next_action_url, payment.decline_code = ASKING, None, None
            payment.payment_method_id = card
            payment.updated_at = clock.now()
        db.session.flush()
        _begin_move(order, payment, actor)
        asked = PaymentOrder(
            payment_id=payment.id,
            order_reference=order.reference,
            # Nothing was taken yet, so what is given back here is what the provider did not take on.
            pence=funding.pence - funding.refunded_pence,
            fee_pence=funding.levy_pence - funding.levy_back_pence,
            customer_id=customer_id,
            payment_method_id=payment.payment_method_id or card,
            destination=account_id,
            # What a bank let go of after the provider had said yes is taken at once.
            capture_later=order.charge_at is ChargeAt.ACCEPT and order.accepted_at is None,
            on_session=on_session,
            return_url=return_url,
        )
        return Attempt(order.id, payment.attempt, asked, payment.stripe_id, fresh)


def next_number(payment_id: int, number: int) -> int:
    """The number of a new attempt after one that certainly left nothing at Stripe; one of several callers makes it."""
    with transaction():
        db.session.execute(
            update(StripePayment)
            .where(StripePayment.id == payment_id, StripePayment.attempt == number)
            .values(attempt=number + 1, status=ASKING, updated_at=clock.now())
        )
        return db.session.scalars(select(StripePayment.attempt).where(StripePayment.id == payment_id)).one()


def note_status(payment_id: int, number: int, status: str) -> None:
    """Note how an attempt ended, unless something better is known by now."""
    with transaction():
        db.session.execute(
            update(StripePayment)
            .where(
                StripePayment.id == payment_id,
                StripePayment.attempt == number,
                StripePayment.status.in_((ASKING, ANSWERED_ERROR, *OPEN)),
            )
            .values(status=status, updated_at=clock.now())
        )


def _require_due(order: Order) -> None:
    if order.charge_at is ChargeAt.ACCEPT:
        due = order.state in (OrderState.AWAITING_PAYMENT, OrderState.PLACED, *OWED)
    else:
        due = order.charge_at is ChargeAt.CONFIRM and order.state in AGREED
    if not due:
        raise NotAllowed("There is nothing to pay by card for this order now. Look at the order again.")


def _card_part(order_id: int) -> OrderFunding:
    part = db.session.execute(
        select(OrderFunding)
        .where(
            OrderFunding.order_id == order_id,
            OrderFunding.payer == Payer.PERSON,
            OrderFunding.rail.in_(CARD_RAILS),
            OrderFunding.pence > 0,
        )
        .order_by(OrderFunding.part_no)
        .limit(1)
    ).scalar_one_or_none()
    if part is None:
        raise NotAllowed("There is nothing to pay by card for this order.")
    return part


def _payment(order: Order, funding: OrderFunding, card: str) -> tuple[StripePayment, bool]:
    """The payment of a locked order's funding part, and whether it was written just now."""
    payment = db.session.execute(
        select(StripePayment)
        .where(StripePayment.order_funding_id == funding.id)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if payment is not None:
        return payment, False
    payment = StripePayment(
        order_funding_id=funding.id,
        order_id=order.id,
        attempt=1,
        pence=funding.pence,
        fee_pence=funding.levy_pence,
        payment_method_id=card,
        status=ASKING,
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    db.session.add(payment)
    db.session.flush()
    return payment, True


def _is_over(payment: StripePayment, card: str) -> bool:
    """Whether the attempt has had its answer, so that the next one needs a key of its own."""
    if payment.status in ("requires_payment_method", "canceled", REFUSED):
        return True
    # The buyer gave another card while the bank's question about the first was open.
    return payment.status in OPEN and payment.payment_method_id != card


def _begin_move(order: Order, payment: StripePayment, actor: Actor | None) -> None:
    cause = f"begin:{payment.id}:{payment.attempt}"
    if order.payment_state in (PaymentState.NONE, PaymentState.FAILED) and not has_happened(cause):
        mine = not order.top_up_pence or find_payer(order.checkout_id) is None
        move_payment(
            order,
            PaymentAction.BEGIN,
            cause=cause,
            actor_user_id=actor.user_id if actor else order.buyer_user_id if mine else None,
            mandate_id=order.mandate_id if mine else None,
        )
