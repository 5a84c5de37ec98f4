"""A provider says that it is done; the person, or who may for them, agrees."""

from budgets.domain import MandateAction
from marketplace.accounts.domain import Actor, Role
from marketplace.database import transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed
from payments.domain import LineState, OrderAction
from payments.models import Order
from payments.queries.standing import Side, Standing, buyer_standing, provider_standing
from payments.services.moves import has_happened, lock_order, move_order
from payments.services.orders import letters
from payments.services.orders.booking import go_on, spend
from payments.services.orders.lines import set_lines


def mark_done(actor: Actor, order_id: int) -> None:
    """A member of the provider says that everything ordered was delivered. Twice is once.

    Raises NotFound for strangers, NotAllowed when the order is not booked.
    """
    cause = f"done:{order_id}"
    with transaction():
        order = lock_order(order_id)
        provider_standing(actor, order)
        if has_happened(cause):
            return
        move_order(order, OrderAction.MARK_DONE, cause=cause, actor_user_id=actor.user_id)
        order.done_at = clock.now()
        set_lines(order_id, LineState.DONE)
        letters.says_it_is_done(order)


def confirm(actor: Actor, order_id: int) -> None:
    """The person, or who may for them, agrees that it was done: now a budget is spent and a direct payment charged.

    An open complaint ends with it. Twice is once. Raises NotFound for strangers, NotAllowed when the order is not done
    or when somebody who works for the provider would agree on another person's behalf.
    """
    cause = f"confirm:{order_id}"
    with transaction():
        order = lock_order(order_id)
        standing = buyer_standing(actor, order, MandateAction.CONFIRM)
        if has_happened(cause):
            return
        _not_for_ones_own_firm(actor, order, standing)
        agree(order, cause=cause, actor_user_id=actor.user_id, mandate_id=standing.mandate_id)
        letters.was_agreed(order)


def agree(
    order: Order, *, cause: str, actor_user_id: int | None, mandate_id: int | None = None, reason: str | None = None
) -> None:
    """Move a locked order to confirmed, spend and ask for the charge. For use cases that have judged the right."""
    move_order(
        order, OrderAction.CONFIRM, cause=cause, actor_user_id=actor_user_id, mandate_id=mandate_id, reason=reason
    )
    order.confirmed_at = clock.now()
    if order.complaint_open:
        order.complaint_ended_at = clock.now()
        go_on(order)
    set_lines(order.id, LineState.CONFIRMED)
    spend(order, actor_user_id=actor_user_id, mandate_id=mandate_id)


def _not_for_ones_own_firm(actor: Actor, order: Order, standing: Standing) -> None:
    if standing.side is not Side.PERSON and order.organisation_id in actor.organisation_ids(Role.PROVIDER):
        raise NotAllowed(
            f"You work for {order.provider_name}, so somebody else has to say that this was done: "
            f"{order.person_name}, or another person who may act for them."
        )
