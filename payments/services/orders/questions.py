"""Something went wrong: a complaint stops every automatic step until it is ended.

Reminders, closing by silence, a provider's deadline, the capture or charge of what is not charged yet, and settlement
runs all leave such an order alone. A bank lets go of what it set aside after some days: that is shown on the desk, and
nobody takes money meanwhile because of it.
"""

import hashlib

from budgets.domain import MandateAction
from marketplace.accounts.domain import Actor, Role
from marketplace.database import transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from payments.domain import OrderState
from payments.models import Order
from payments.queries.standing import Side, Standing, buyer_standing, provider_standing
from payments.services.moves import has_happened, lock_order, note_order
from payments.services.orders import letters
from payments.services.orders.booking import go_on

LONGEST = 2000
_OPEN_TO_QUESTIONS = (OrderState.PLACED, OrderState.ACCEPTED, OrderState.DONE, OrderState.CONFIRMED, OrderState.CLOSED)


def complain(actor: Actor, order_id: int, words: str) -> None:
    """The buyer's side says what went wrong; the provider and the operator are told, and nothing goes on by itself.

    A second complaint adds to the first. Raises DomainError without words, NotFound for strangers, NotAllowed for an
    order that was never placed or has ended.
    """
    words = _required(words, "Say what went wrong")
    with transaction():
        order = lock_order(order_id)
        standing = buyer_standing(actor, order, MandateAction.CONFIRM, MandateAction.ORDER)
        if order.state not in _OPEN_TO_QUESTIONS:
            raise NotAllowed("This order has ended, and nothing is paid for it. Call us if something is still wrong.")
        open_already = order.complaint_open
        if open_already and order.complaint is not None and order.complaint.endswith(words):
            return  # the same words sent twice
        now = clock.now()
        order.complaint = f"{order.complaint}\n\n{words}" if open_already and order.complaint else words
        order.complaint_at = order.complaint_at if open_already else now
        order.complaint_ended_at = None
        note_order(
            order,
            "complain",
            cause=f"complain:{order_id}:{now.isoformat()}",
            actor_user_id=actor.user_id,
            mandate_id=standing.mandate_id,
            reason=words,
        )
        letters.something_is_wrong(order, words)


def answer_complaint(actor: Actor, order_id: int, words: str) -> None:
    """A member of the provider answers what is said to have gone wrong; the buyer's side is told. It stays open.

    The same words sent twice are one answer. Raises DomainError without words, NotFound for strangers, NotAllowed when
    no complaint is open.
    """
    words = _required(words, "Say what you did, or will do, about it")
    with transaction():
        order = lock_order(order_id)
        provider_standing(actor, order)
        if not order.complaint_open or order.complaint_at is None:
            raise NotAllowed("This is sorted out already. Nothing has to be answered.")
        digest = hashlib.sha256(words.encode()).hexdigest()[:16]
        cause = f"answer_complaint:{order_id}:{order.complaint_at.timestamp():.0f}:{digest}"
        if has_happened(cause):
            return
        note_order(order, "answer_complaint", cause=cause, actor_user_id=actor.user_id, reason=words)
        letters.provider_answered(order, words)


def end_complaint(actor: Actor, order_id: int, words: str = "") -> None:
    """Whoever complained, or may, says that it is sorted out; so may the operator, who says how. Twice is once.

    What waited for it goes on. Raises NotFound for strangers, DomainError for an operator without words.
    """
    words = words.strip()
    if len(words) > LONGEST:
        raise DomainError(f"Use {LONGEST:,} characters or fewer", field="words")
    with transaction():
        order = lock_order(order_id)
        standing = _who_ends(actor, order)
        if not order.complaint_open:
            return
        if standing.side is Side.OPERATOR and not words:
            raise DomainError("Say what was agreed", field="words")
        now = clock.now()
        order.complaint_ended_at = now
        note_order(
            order,
            "end_complaint",
            cause=f"end_complaint:{order_id}:{now.isoformat()}",
            actor_user_id=actor.user_id,
            mandate_id=standing.mandate_id,
            reason=words or None,
        )
        go_on(order)
        letters.is_sorted_out(order, words, by_operator=standing.side is Side.OPERATOR)


def _who_ends(actor: Actor, order: Order) -> Standing:
    try:
        return buyer_standing(actor, order, MandateAction.CONFIRM, MandateAction.ORDER)
    except NotFound:
        if not actor.has(Role.OPERATOR):
            raise
        return Standing(Side.OPERATOR)


def _required(words: str, sentence: str) -> str:
    words = words.strip()
    if not words:
        raise DomainError(sentence, field="words")
    if len(words) > LONGEST:
        raise DomainError(f"Use {LONGEST:,} characters or fewer", field="words")
    return words
