"""Webhooks of Stripe: signed, of our mode, once per event, and never trusted for more than *what* to look at.

An event says that something happened; what is taken in is the object as Stripe has it when we look. So events may come
twice, late, early, in any order or never, and the end is the same.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from marketplace.database import db, transaction
from marketplace.kernel import clock
from payments.models import Checkout, StripeAccount, StripeEvent
from payments.services import cards, onboarding
from payments.services.facts import find_payment_id, take_in
from payments.services.payouts import take_in_payouts
from payments.stripe import BadSignature, EventView, GatewayRefused, gateway

log = logging.getLogger(__name__)

NOT_VISIBLE_FOR = timedelta(hours=24)
"""For so long an event of ours whose row we do not see is asked for again; after that its row is not coming."""


class Answer(StrEnum):
    """What became of a webhook."""

    DONE = "done"
    AGAIN = "again"  # heard before
    NOTHING = "nothing"  # not ours, or nothing that we follow
    LATER = "later"  # ours, but its row is not visible yet: Stripe sends it again
    FORGED = "forged"


STATUS = {Answer.DONE: 200, Answer.AGAIN: 200, Answer.NOTHING: 200, Answer.LATER: 503, Answer.FORGED: 400}
Act = Callable[[], None]


class _NotVisibleYet(Exception):
    """Ours, and our own record of it is not there yet."""


def receive(payload: bytes, signature: str | None) -> Answer:
    """Take in one webhook. Any error passes through after a rollback: it is answered with 500, and comes again."""
    stripe = gateway()
    try:
        event = stripe.read_event(payload, signature)
    except BadSignature as problem:
        log.warning("a webhook without a good signature: %s", problem)
        return Answer.FORGED
    if event.livemode != stripe.livemode:
        log.warning("event %s is of the other mode", event.id)
        return Answer.NOTHING
    if event.account_id is not None and _organisation_of(event.account_id) is None:
        log.warning("event %s is of an account that is not ours", event.id)
        return Answer.NOTHING
    if _is_known(event.id):
        return Answer.AGAIN
    try:
        act = _what_to_do(event)
    except _NotVisibleYet:
        if event.created_at < clock.now() - NOT_VISIBLE_FOR:
            return Answer.NOTHING
        return Answer.LATER
    if act is None:
        return Answer.NOTHING
    try:
        with transaction():
            if _is_known(event.id):
                return Answer.AGAIN
            _keep(event)
            act()
    except IntegrityError:
        db.session.rollback()
        if _is_known(event.id):
            return Answer.AGAIN
        raise
    return Answer.DONE


def _what_to_do(event: EventView) -> Act | None:
    """Look at Stripe, outside any transaction; answers what to take in. None when we do not follow such events."""
    family = event.type.split(".")[0]
    if event.account_id is not None:
        return _of_provider(event, family)
    if family in ("payment_intent", "charge", "refund"):
        return _of_payment(event)
    if event.type == "checkout.session.completed":
        return _of_card_page(event)
    return None


def _of_payment(event: EventView) -> Act | None:
    intent_id = event.object_id if event.object_type == "payment_intent" else event.payment_intent_id
    if intent_id is None and event.thin and event.object_id is not None:
        intent_id = gateway().intent_of(event.object_id)
    if intent_id is None:
        return None
    try:
        intent = gateway().get_payment(intent_id)
    except GatewayRefused as refusal:
        log.warning("event %s: payment %s cannot be read: %s", event.id, intent_id, refusal)
        return None
    payment_id = find_payment_id(intent.id, intent.our_payment_id, intent.order_reference)
    if payment_id is None:
        if intent.our_payment_id is not None and intent.order_reference is not None:
            raise _NotVisibleYet
        return None
    found = payment_id
    return lambda: take_in(found, intent)


def _of_card_page(event: EventView) -> Act | None:
    if event.object_id is None:
        return None
    number = _checkout_of(event)
    if number is None:
        return None
    kept = db.session.execute(select(Checkout.id, Checkout.stripe_session_id).where(Checkout.id == number)).first()
    if kept is None or kept.stripe_session_id is None:
        raise _NotVisibleYet
    if kept.stripe_session_id != event.object_id:
        return None  # the buyer has opened another card page since
    cards.finish_card_setup(kept.id)
    return lambda: None


def _checkout_of(event: EventView) -> int | None:
    if event.thin:
        try:
            return gateway().get_session(event.object_id or "").our_checkout_id
        except GatewayRefused as refusal:
            log.warning("event %s: card page %s cannot be read: %s", event.id, event.object_id, refusal)
            return None
    number = event.metadata.get("checkout", "")
    return int(number) if number.isascii() and number.isdigit() and len(number) <= 18 else None


def _of_provider(event: EventView, family: str) -> Act | None:
    account_id = event.account_id or ""
    if family in ("account", "capability"):
        account = gateway().get_account(account_id)
        return lambda: onboarding.take_in_account(account)
    if family == "payout":
        organisation_id = _organisation_of(account_id)
        moves = take_in_payouts(account_id)
        return (lambda: moves(organisation_id)) if organisation_id is not None else None
    return None


def _organisation_of(account_id: str) -> int | None:
    return db.session.scalar(select(StripeAccount.organisation_id).where(StripeAccount.stripe_id == account_id))


def _is_known(event_id: str) -> bool:
    return db.session.scalar(select(StripeEvent.id).where(StripeEvent.stripe_id == event_id)) is not None


def _keep(event: EventView) -> None:
    """The unique id is the guard. Of the event's content only ids are kept: it may name people and cards."""
    db.session.execute(
        insert(StripeEvent).values(
            stripe_id=event.id,
            type=event.type,
            object_id=event.object_id,
            payload={
                "object_type": event.object_type,
                "payment_intent": event.payment_intent_id,
                "account": event.account_id,
                "created": event.created_at.isoformat(),
            },
            received_at=clock.now(),
            outcome=Answer.DONE,
        )
    )
