"""The person of an order has died: the council decides about each order that still keeps money of a budget aside."""

from budgets.queries.people import get_person
from marketplace.accounts.domain import Actor, Role
from marketplace.database import transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed, NotFound
from payments.domain import LineState, OrderAction, OrderState
from payments.models import Order
from payments.services.moves import has_happened, lock_order, move_order
from payments.services.orders import letters
from payments.services.orders.answers import required_reason
from payments.services.orders.booking import let_go
from payments.services.orders.delivery import agree
from payments.services.orders.lines import set_lines


def release(actor: Actor, order_id: int, reason: str) -> None:
    """End the order and let go what is kept aside for it. Twice is once.

    Raises NotFound unless the actor works in finance of the order's council and the person has died, DomainError
    without a reason, NotAllowed when it has ended or was paid.
    """
    reason = required_reason(reason, "Say in a few words why the money is let go")
    cause = f"cancel:{order_id}"
    with transaction():
        order = _judged(actor, order_id)
        if has_happened(cause):
            return
        move_order(order, OrderAction.CANCEL, cause=cause, actor_user_id=actor.user_id, reason=reason)
        order.ended_at = clock.now()
        set_lines(order.id, LineState.CANCELLED)
        let_go(order, actor_user_id=actor.user_id, mandate_id=None, reason=reason)
        letters.ended_after_death(order, reason)


def pay(actor: Actor, order_id: int, reason: str) -> None:
    """Agree, in the person's place, to what was done before they died: it is spent. Twice is once.

    Raises as `release`, and NotAllowed while the provider has not said that it was done.
    """
    reason = required_reason(reason, "Say in a few words how you know that it was done")
    cause = f"confirm:{order_id}"
    with transaction():
        order = _judged(actor, order_id)
        if has_happened(cause):
            return
        if order.state is not OrderState.DONE:
            raise NotAllowed(f"{order.provider_name} has not said that this was done.")
        agree(order, cause=cause, actor_user_id=actor.user_id, reason=reason)


def _judged(actor: Actor, order_id: int) -> Order:
    order = lock_order(order_id)
    if order.council_id not in actor.council_ids(Role.COUNCIL_FINANCE):
        raise NotFound()
    if get_person(order.person_id).died_on is None:
        raise NotFound()
    return order
