"""Cards: a Stripe customer for each person who is paid for, a visit to Stripe's card page, and forgetting the card."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, exists, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from marketplace.audit.services import record
from marketplace.database import db, rows_changed, transaction
from marketplace.kernel import clock, keeping
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.outbox.services import enqueue
from payments.domain import OrderState, PaymentState
from payments.errors import CheckoutChanged
from payments.models import Checkout, Order, StripeCustomer, TopUp
from payments.queries.top_ups import find_top_up_id
from payments.stripe import GatewayError, gateway, is_set_up

log = logging.getLogger(__name__)

ENDED = (OrderState.CLOSED, OrderState.DECLINED, OrderState.CANCELLED, OrderState.EXPIRED)


@dataclass(frozen=True)
class CardSetup:
    """A visit to Stripe's card page: its id, and the address to lead the buyer to."""

    session_id: str
    url: str


def customer_for(person_id: int) -> str:
    """The Stripe customer of the person who is paid for, made when first needed. Never one for the buyer."""
    known = db.session.scalar(select(StripeCustomer.stripe_id).where(StripeCustomer.person_id == person_id))
    if known is not None:
        return known
    # The hour is part of the key: Stripe answers one key alike for a day, also when its answer was that it failed.
    made = gateway().create_customer(f"customer:{person_id}:{clock.now():%Y-%m-%dT%H}", person_id)
    try:
        with transaction():
            db.session.execute(
                insert(StripeCustomer).values(person_id=person_id, stripe_id=made, created_at=clock.now())
            )
            record("customer.create", "person", person_id, actor_user_id=None, person_id=person_id)
    except IntegrityError:
        # Somebody else was quicker, and theirs is the person's; Stripe gave both the same one for the same key.
        pass
    return db.session.scalars(select(StripeCustomer.stripe_id).where(StripeCustomer.person_id == person_id)).one()


def find_customer(person_id: int, checkout_id: int | None, top_up_pence: int) -> str | None:
    """The Stripe customer that pays for an order: whoever is asked to top it up, else the person's own.

    Where the person's record was merged since, that is the customer of the record for which the card was given. None
    where no card was ever given.
    """
    if top_up_pence:
        asked = db.session.execute(
            select(TopUp.stripe_customer_id).where(TopUp.checkout_id == checkout_id, TopUp.replaced_at.is_(None))
        ).first()
        if asked is not None:
            return asked.stripe_customer_id
    of_checkout = select(Checkout.person_id).where(Checkout.id == checkout_id).scalar_subquery()
    return db.session.scalar(
        select(StripeCustomer.stripe_id)
        .where(or_(StripeCustomer.person_id == of_checkout, StripeCustomer.person_id == person_id))
        .order_by((StripeCustomer.person_id == of_checkout).desc())
        .limit(1)
    )


def _customer_of(checkout: Checkout, top_up_id: int | None) -> str:
    """The same, made when first needed: whoever was asked to pay is a customer apart."""
    if top_up_id is None:
        return customer_for(checkout.person_id)
    top_up = db.session.execute(
        select(TopUp.id, TopUp.key, TopUp.stripe_customer_id).where(TopUp.id == top_up_id)
    ).one()
    if top_up.stripe_customer_id is not None:
        return top_up.stripe_customer_id
    made = gateway().create_customer(f"customer:{top_up.key}:{clock.now():%Y-%m-%dT%H}", checkout.person_id)
    with transaction():
        unset = and_(TopUp.id == top_up.id, TopUp.stripe_customer_id.is_(None))
        db.session.execute(update(TopUp).where(unset).values(stripe_customer_id=made))
    return db.session.scalars(select(TopUp.stripe_customer_id).where(TopUp.id == top_up.id)).one() or made


def start_card_setup(checkout_id: int, *, success_url: str, cancel_url: str, top_up_id: int | None = None) -> CardSetup:
    """Where the buyer of a checkout, or who is asked by a top-up, gives a card: the page that is open already, else a
    new one.

    Called again after a card was kept, it opens a page for another card. Raises NotFound, CheckoutChanged when somebody
    else pays now, DomainError when Stripe cannot be reached.
    """
    checkout = _checkout(checkout_id)
    _require_payer(checkout_id, top_up_id)
    try:
        before = gateway().get_session(checkout.stripe_session_id) if checkout.stripe_session_id else None
        if before is not None and before.status == "open" and before.url:
            return CardSetup(before.id, before.url)
        customer = _customer_of(checkout, top_up_id)
        made = gateway().create_card_setup(
            # A finished page before this one is part of the key: a new page is wanted then, and only then. So is the
            # minute: Stripe repeats an error under its key for a day, and a page more charges nothing.
            f"card-setup:{checkout.key}:{customer}:{before.id if before else 'first'}:{clock.now():%Y-%m-%dT%H:%M}",
            customer,
            checkout_id,
            success_url,
            cancel_url,
        )
    except GatewayError as error:
        log.warning("no card page for checkout %s: %s", checkout_id, error)
        raise DomainError("The card page does not open just now. Try again in a few minutes.") from None
    with transaction():
        db.session.get_one(Checkout, checkout_id, with_for_update=True, populate_existing=True)
        _require_payer(checkout_id, top_up_id)
        db.session.execute(update(Checkout).where(Checkout.id == checkout_id).values(stripe_session_id=made.id))
    if made.url is None:
        raise DomainError("The card page does not open just now. Try again in a few minutes.")
    return CardSetup(made.id, made.url)


def _require_payer(checkout_id: int, top_up_id: int | None) -> None:
    """Whether this is still who pays by card. Raises CheckoutChanged when somebody took over meanwhile."""
    if find_top_up_id(checkout_id) != top_up_id:
        raise CheckoutChanged("Somebody else pays this now. Nothing was taken from you.")


def finish_card_setup(checkout_id: int) -> str | None:
    """Keep the card that was given on the card page with the checkout; answers its id.

    None when the page was not finished, or somebody else pays now; a card kept before stays then. One that this card
    replaces is forgotten at Stripe. Twice is once. Raises NotFound, DomainError.
    """
    checkout = _checkout(checkout_id)
    if checkout.stripe_session_id is None:
        return checkout.stripe_payment_method_id
    try:
        session = gateway().get_session(checkout.stripe_session_id)
    except GatewayError as error:
        log.warning("the card page of checkout %s cannot be read: %s", checkout_id, error)
        raise DomainError("We cannot see the card yet. Open this page again in a few minutes.") from None
    card = session.payment_method_id
    if card is None or card == checkout.stripe_payment_method_id:
        return checkout.stripe_payment_method_id
    with transaction():
        page_is_theirs = and_(Checkout.id == checkout_id, Checkout.stripe_session_id == checkout.stripe_session_id)
        if not rows_changed(update(Checkout).where(page_is_theirs).values(stripe_payment_method_id=card)):
            return None  # taken over meanwhile: a card of theirs would be asked for what somebody else pays
        if checkout.stripe_payment_method_id is not None:
            _forget_replaced(checkout)
        record(
            "card.keep",
            "checkout",
            checkout_id,
            actor_user_id=checkout.user_id,
            person_id=checkout.person_id,
            mandate_id=checkout.mandate_id,
        )
    return card


def _forget_replaced(checkout: Checkout) -> None:
    """Promise to forget the card that another one replaces: a day later where an order may have asked its bank."""
    before = checkout.stripe_payment_method_id
    enqueue(
        "payments.forget_payer",
        {"session_id": None, "card": before},
        key=f"replaced:{checkout.id}:{before}",
        not_before=None if checkout.placed_at is None else clock.now() + timedelta(days=1),
    )


def no_longer_theirs(checkout: Checkout, *, key: str) -> None:
    """The card page and the card of a locked checkout belong to somebody who does not pay now: the checkout keeps
    neither, and the worker closes the one and forgets the other at Stripe. In the open transaction.
    """
    kept = {"session_id": checkout.stripe_session_id, "card": checkout.stripe_payment_method_id}
    if any(kept.values()):
        enqueue("payments.forget_payer", kept, key=key)
    checkout.stripe_session_id = checkout.stripe_payment_method_id = None
    db.session.flush()


def forget_payer(payload: dict[str, Any]) -> None:
    """Outbox `payments.forget_payer`: somebody else pays in their place, or they by another card, so the card page is
    closed and the card forgotten."""
    cards = {payload["card"]} - {None}
    if payload["session_id"] is not None:
        session = gateway().get_session(payload["session_id"])
        if session.status == "open":
            gateway().expire_session(session.id)
        cards |= {session.payment_method_id} - {None}
    for card in sorted(cards):
        gateway().forget_card(card)


def keep_card(checkout_id: int) -> None:
    """Note that the buyer asked to keep the card when the checkout's orders are closed. Raises NotFound."""
    with transaction():
        checkout = db.session.execute(
            select(Checkout).where(Checkout.id == checkout_id).with_for_update()
        ).scalar_one_or_none()
        if checkout is None:
            raise NotFound()
        checkout.answers = {**checkout.answers, "keep_card": True}


def forget_cards() -> int:
    """Detach the cards of checkouts whose orders are all closed, unless keeping them was asked for, and of those that
    nobody placed in time. For a daily job.
    """
    if not is_set_up():
        return 0
    still_open = exists().where(
        Order.checkout_id == Checkout.id,
        Order.state.not_in(ENDED) | Order.payment_state.in_((PaymentState.PENDING, PaymentState.AUTHORISED)),
    )
    rows = db.session.execute(
        select(Checkout.id, Checkout.person_id, Checkout.stripe_payment_method_id, Checkout.answers)
        .where(
            Checkout.stripe_payment_method_id.is_not(None),
            or_(
                and_(Checkout.placed_at.is_not(None), ~still_open),
                and_(Checkout.placed_at.is_(None), Checkout.created_at < clock.now() - keeping.UNFINISHED),
            ),
        )
        .order_by(Checkout.id)
        .limit(500)
    ).all()
    forgotten = 0
    for row in rows:
        if row.answers.get("keep_card"):
            continue
        try:
            gateway().forget_card(row.stripe_payment_method_id)
        except GatewayError as error:
            log.warning("the card of checkout %s stays for now: %s", row.id, error)
            continue
        with transaction():
            db.session.execute(update(Checkout).where(Checkout.id == row.id).values(stripe_payment_method_id=None))
            record("card.forget", "checkout", row.id, actor_user_id=None, person_id=row.person_id)
        forgotten += 1
    return forgotten


def _checkout(checkout_id: int) -> Checkout:
    row = db.session.get(Checkout, checkout_id, populate_existing=True)
    if row is None:
        raise NotFound()
    db.session.expunge(row)
    return row
