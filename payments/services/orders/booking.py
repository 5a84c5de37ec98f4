"""What an order does in the budget book: keep aside, let go, spend. Helpers of the open transaction."""

from collections.abc import Callable

from sqlalchemy import select

from budgets.domain import ProposedLine
from budgets.errors import AuthorityEnded
from budgets.queries.people import get_person
from budgets.services import book
from budgets.services.payees import judge_payees
from budgets.services.restrictions import judge_again
from budgets.services.rights import still_acts
from budgets.services.safeguarding import is_flagged
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed
from marketplace.kernel.rails import Rail
from marketplace.outbox.services import enqueue
from payments.domain import AGREED, ChargeAt, PaymentState
from payments.models import Approval, Order, OrderFunding, OrderHistory, OrderLine

_CAN_BE_RELEASED = (
    PaymentState.PENDING,
    PaymentState.AUTHORISED,
    PaymentState.FAILED,
    PaymentState.PAID,
    PaymentState.PART_REFUNDED,
)
_NOT_CHARGED = (PaymentState.NONE, PaymentState.PENDING)


def hold_cause(order_id: int, part_no: int) -> str:
    """The cause under which a funding part of an order is kept aside."""
    return f"hold:{order_id}:{part_no}"


def require_open_budget(order: Order) -> None:
    """Raise BudgetNotOpen when a budget that is to pay for an order takes no new ones any more.

    Raises LineRefused when it is a direct payment that may not pay this provider any more, and when the council has
    set a rule since that does not allow the order.
    """
    parts = _budget_parts(order.id)
    for part in parts:
        assert part.pot_period_id is not None
        book.require_open(part.pot_period_id)
        if part.rail is Rail.DIRECT_PAYMENT:
            judge_payees(order.person_id, {order.organisation_id})
    if parts:
        judge_again(
            order.person_id,
            _proposed(order),
            order.total_pence - order.top_up_pence,
            clock.london(order.created_at).date(),
        )


def require_person_lives(order: Order) -> None:
    """Raise NotAllowed when the person of an order has died: nobody takes on anything more for them.

    Whoever answers for the provider is not told why.
    """
    if get_person(order.person_id).died_on is not None:
        raise NotAllowed(
            "This order cannot be taken on any more, and nothing will be paid for it. It ends by itself: there is "
            "nothing that you need to do."
        )


def may_go_on(order: Order) -> bool:
    """Whether an order that waits for a card may still be placed: the person lives, and whoever ordered it for them may
    still, or the person agreed to it themself."""
    person = get_person(order.person_id)
    if person.died_on is not None:
        return False
    if order.assisted_by_organisation_id is not None:
        return not is_flagged(person.id)
    if order.mandate_id is None or still_acts(order.buyer_user_id, person.id, order.mandate_id):
        return True
    by_them = select(Approval.id).where(
        Approval.order_id == order.id, Approval.approved.is_(True), Approval.decided_by_user_id == person.user_id
    )
    return db.session.scalar(by_them) is not None


def require_going_on(order: Order) -> None:
    """Raise AuthorityEnded when an order that waits for a card may not be placed any more, and what
    `require_open_budget` raises when the budget beside the card pays it no more."""
    if not may_go_on(order):
        raise AuthorityEnded(order.person_name)
    require_open_budget(order)


def _proposed(order: Order) -> list[ProposedLine]:
    """The lines of an order as rules of a budget judge them."""
    lines = db.session.execute(
        select(OrderLine.amount_pence, OrderLine.category_slug, OrderLine.wanted_on, OrderLine.outcome_id)
        .where(OrderLine.order_id == order.id)
        .order_by(OrderLine.line_no)
    )
    return [
        ProposedLine(pence, slug, wanted_on or order.period_starts_on, outcome_id, order.organisation_id)
        for pence, slug, wanted_on, outcome_id in lines
    ]


def let_go(order: Order, *, actor_user_id: int | None, mandate_id: int | None, reason: str | None) -> None:
    """Release what is kept aside for an order, and the card's authorisation. Doing so twice is harmless."""
    _each_part(order, "release", book.release, actor_user_id, mandate_id, reason)
    if order.charge_at is ChargeAt.ACCEPT and order.payment_state in _CAN_BE_RELEASED:
        enqueue("payments.release", {"order_id": order.id}, key=f"release:{order.id}")


def spend(order: Order, *, actor_user_id: int | None, mandate_id: int | None) -> None:
    """Turn what is kept aside for an order into spending; ask for the charge of a direct payment."""
    _each_part(order, "spend", book.spend, actor_user_id, mandate_id, None)
    if order.charge_at is ChargeAt.CONFIRM:
        enqueue("payments.charge", {"order_id": order.id}, key=f"charge:{order.id}")


def go_on(order: Order) -> None:
    """A complaint has ended: the card is asked again for what waited for that."""
    again = clock.now().isoformat()
    if order.charge_at is ChargeAt.ACCEPT and order.accepted_at and order.payment_state is PaymentState.AUTHORISED:
        enqueue("payments.capture", {"order_id": order.id}, key=f"capture:{order.id}:{again}")
    if order.payment_state is PaymentState.NONE and _waits_to_renew(order.id):
        enqueue("payments.renew", {"order_id": order.id}, key=f"renew:{order.id}:{again}")
    if order.charge_at is ChargeAt.CONFIRM and order.state in AGREED and order.payment_state in _NOT_CHARGED:
        enqueue("payments.charge", {"order_id": order.id}, key=f"charge:{order.id}:{again}")


def _waits_to_renew(order_id: int) -> bool:
    """Whether a bank let go of the money while nobody was to ask it again."""
    noted = select(OrderHistory.id).where(OrderHistory.order_id == order_id, OrderHistory.action == "renew_waits")
    return db.session.scalar(noted.limit(1)) is not None


def _each_part(
    order: Order,
    what: str,
    act: Callable[..., object],
    actor_user_id: int | None,
    mandate_id: int | None,
    reason: str | None,
) -> None:
    for part in _budget_parts(order.id):
        act(
            part.pot_period_id,
            part.pence,
            cause=f"{what}:{order.id}:{part.part_no}",
            order_id=order.id,
            outcome_id=_outcome_of(order.id),
            actor_user_id=actor_user_id,
            mandate_id=mandate_id,
            reason=reason,
        )


def _budget_parts(order_id: int) -> list[OrderFunding]:
    return list(
        db.session.execute(
            select(OrderFunding)
            .where(OrderFunding.order_id == order_id, OrderFunding.pot_period_id.is_not(None))
            .order_by(OrderFunding.pot_period_id, OrderFunding.part_no)
        ).scalars()
    )


def _outcome_of(order_id: int) -> int | None:
    return db.session.scalar(
        select(OrderLine.outcome_id).where(OrderLine.order_id == order_id).order_by(OrderLine.line_no).limit(1)
    )
