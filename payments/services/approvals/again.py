"""What a second person sent back goes into the basket again, to be changed and asked once more."""

from sqlalchemy import select

from marketplace.accounts.domain import Actor
from marketplace.database import db, transaction
from marketplace.kernel.errors import DomainError, NotFound
from payments.domain import OrderState
from payments.models import Approval, OrderLine
from payments.services import baskets
from payments.services.moves import has_happened, lock_order, note_order


def prepare_again(actor: Actor, order_id: int) -> tuple[int, tuple[str, ...]]:
    """Fill the preparer's basket with what was sent back, or not topped up in time, at today's prices. Twice is once.

    Answers whose basket it is, and the titles of what cannot be ordered any more. Raises NotFound for anybody but who
    prepared it, once they may not order for the person any more, and for an order that nobody sent back.
    """
    with transaction():
        order = lock_order(order_id)
        sent_back = db.session.scalar(
            select(Approval.id).where(Approval.order_id == order_id, Approval.approved.is_(False))
        )
        unpaid = order.top_up_pence and order.placed_at is None and order.state is OrderState.EXPIRED
        if not (sent_back or unpaid) or order.buyer_user_id != actor.user_id:
            raise NotFound()
        owner = baskets.owner_for(actor, order.person_id, None)
        cause = f"prepare_again:{order_id}"
        if has_happened(cause):
            return order.person_id, ()
        gone = []
        for line in db.session.scalars(
            select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.line_no)
        ).all():
            try:
                baskets.add(
                    owner,
                    baskets.LineWanted(line.listing_id, line.quantity, line.wanted_on, line.note, line.outcome_id),
                )
            except NotFound:
                raise
            except DomainError:  # whatever a basket refuses is refused before it is written
                gone.append(line.title)
        note_order(order, "prepare_again", cause=cause, actor_user_id=actor.user_id, mandate_id=order.mandate_id)
        return order.person_id, tuple(gone)
