"""An operator says what became of money that a bank sent back, when it is not given back to the card again."""

from sqlalchemy import select

from marketplace.accounts.domain import Actor, Role
from marketplace.database import db, transaction
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from payments.domain import RefundState
from payments.models import OrderHistory, Refund
from payments.queries.sent_back import dealt_with_cause
from payments.services.moves import lock_order, note_order

LONGEST_WORDS = 1000


def mark_dealt_with(actor: Actor, refund_id: int, words: str) -> None:
    """Note on the order that a refund which came back needs nobody any more, and why. Twice is once.

    Raises NotFound for who is no operator, DomainError without words, NotAllowed for a refund that did not come
    back, or of which a colleague said already what became of it.
    """
    if not actor.has(Role.OPERATOR):
        raise NotFound()
    words, order_id = words.strip(), db.session.scalar(select(Refund.order_id).where(Refund.id == refund_id))
    if order_id is None:
        raise NotFound()
    if not words:
        raise DomainError("Say what became of the money", field="words")
    if len(words) > LONGEST_WORDS:
        raise DomainError(f"Use {LONGEST_WORDS:,} characters or fewer", field="words")
    cause = dealt_with_cause(refund_id)
    with transaction():
        order = lock_order(order_id)
        if db.session.get_one(Refund, refund_id, populate_existing=True).state is not RefundState.FAILED:
            raise NotAllowed("This refund did not come back, so there is nothing to deal with.")
        said_by = db.session.scalar(select(OrderHistory.actor_user_id).where(OrderHistory.cause == cause))
        if said_by not in (None, actor.user_id):
            raise NotAllowed("A colleague has said already what became of it: read it in the story of the order.")
        if said_by is None:
            note_order(order, "refund_dealt_with", cause=cause, actor_user_id=actor.user_id, reason=words)
