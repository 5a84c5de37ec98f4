"""Something went wrong: a complaint stops every automatic step until it is ended."""

from budgets.domain import MandateAction
from marketplace.accounts.domain import Actor, Role
from marketplace.database import transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from payments.domain import OrderState
from payments.models import Order
from payments.queries.standing import buyer_standing
from payments.services.moves import lock_order, note_order
from payments.services.orders import letters

LONGEST = 2000
_OPEN_TO_QUESTIONS = (OrderState.PLACED, OrderState.ACCEPTED, OrderState.DONE, OrderState.CONFIRMED, OrderState.CLOSED)


def complain(actor: Actor, order_id: int, words: str) -> None:
    """The buyer's side says what went wrong; the provider and the operator are told, and nothing goes on by itself.

    A second complaint adds to the first. Raises DomainError without words, NotFound for strangers, NotAllowed for an
    order that was never placed or has ended.
    """
    words = words.strip()
    if not words:
        raise DomainError("Say what went wrong", field="words")
    if len(words) > LONGEST:
        raise DomainError(f"Use {LONGEST:,} characters or fewer", field="words")
    with transaction():
        order = lock_order(order_id)
        standing = buyer_standing(actor, order, MandateAction.CONFIRM, MandateAction.ORDER)
        if order.state not in _OPEN_TO_QUESTIONS:
            raise NotAllowed("This order has ended, and nothing is paid for it. Call us if something is still wrong.")
        open_already = order.complaint_at is not None and order.complaint_ended_at is None
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


def end_complaint(actor: Actor, order_id: int, words: str = "") -> None:
    """Whoever complained, or may, says that it is sorted out; so may the operator. Twice is once."""
    with transaction():
        order = lock_order(order_id)
        mandate_id = _who_ends(actor, order)
        if order.complaint_at is None or order.complaint_ended_at is not None:
            return
        now = clock.now()
        order.complaint_ended_at = now
        note_order(
            order,
            "end_complaint",
            cause=f"end_complaint:{order_id}:{now.isoformat()}",
            actor_user_id=actor.user_id,
            mandate_id=mandate_id,
            reason=words.strip() or None,
        )
        letters.is_sorted_out(order, words.strip())


def _who_ends(actor: Actor, order: Order) -> int | None:
    try:
        return buyer_standing(actor, order, MandateAction.CONFIRM, MandateAction.ORDER).mandate_id
    except NotFound:
        if not actor.has(Role.OPERATOR):
            raise
        return None
