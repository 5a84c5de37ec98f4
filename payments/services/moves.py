"""Move an order or its payment by the visible tables, with a history row and an audit row in the same transaction."""

from sqlalchemy import insert, select

from marketplace.audit.services import record
from marketplace.database import db, table_of, write
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from payments.domain import ORDER_MOVES, PAYMENT_MOVES, OrderAction, OrderState, PaymentAction, PaymentState
from payments.models import Order, OrderHistory

_WRITE = insert(table_of(OrderHistory))


def lock_order(order_id: int) -> Order:
    """The order's row, re-read under lock in the open transaction. Raises NotFound."""
    order = db.session.execute(
        select(Order).where(Order.id == order_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if order is None:
        raise NotFound()
    return order


def has_happened(cause: str) -> bool:
    """Whether a move with this cause is in the history already: the same cause never moves anything twice."""
    return db.session.scalar(select(OrderHistory.id).where(OrderHistory.cause == cause)) is not None


def move_order(
    order: Order,
    action: OrderAction,
    *,
    cause: str,
    actor_user_id: int | None,
    mandate_id: int | None = None,
    reason: str | None = None,
) -> OrderState:
    """Carry out `action` on a locked order. Raises NotAllowed when the table has no such move."""
    before = order.state
    order.state = ORDER_MOVES.move(before, action)
    _write(order, "order", before, order.state, action, cause, actor_user_id, mandate_id, reason)
    return order.state


def move_payment(
    order: Order,
    action: PaymentAction,
    *,
    cause: str,
    actor_user_id: int | None = None,
    mandate_id: int | None = None,
    reason: str | None = None,
) -> PaymentState:
    """Carry out `action` on the payment of a locked order. Raises NotAllowed when the table has no such move."""
    before = order.payment_state
    order.payment_state = PAYMENT_MOVES.move(before, action)
    _write(order, "payment", before, order.payment_state, action, cause, actor_user_id, mandate_id, reason)
    return order.payment_state


def begin_history(order: Order, *, actor_user_id: int | None, reason: str | None = None) -> None:
    """The first history row of a new order: from nothing to its first state."""
    _write(order, "order", None, order.state, "create", f"create:{order.id}", actor_user_id, order.mandate_id, reason)


def _write(
    order: Order,
    machine: str,
    before: str | None,
    after: str,
    action: str,
    cause: str,
    actor_user_id: int | None,
    mandate_id: int | None,
    reason: str | None,
) -> None:
    write(
        _WRITE,
        {
            "order_id": order.id,
            "machine": machine,
            "from_state": before,
            "to_state": after,
            "action": action,
            "cause": cause,
            "actor_user_id": actor_user_id,
            "mandate_id": mandate_id,
            "reason": reason,
            "at": clock.now(),
        },
    )
    record(
        f"{machine}.{action}",
        "order",
        order.id,
        actor_user_id=actor_user_id,
        person_id=order.person_id,
        mandate_id=mandate_id,
        organisation_id=order.organisation_id,
        council_id=order.council_id,
        reason=reason,
        total_pence=order.total_pence,
        state=str(after),
    )


def note_order(
    order: Order,
    action: str,
    *,
    cause: str,
    actor_user_id: int | None,
    mandate_id: int | None = None,
    reason: str | None = None,
) -> None:
    """A history row that moves nothing, such as a reminder or a complaint; its cause keeps it from happening twice."""
    _write(order, "order", order.state, order.state, action, cause, actor_user_id, mandate_id, reason)
