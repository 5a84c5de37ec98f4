"""What happens by itself with time: orders nobody answered end, people are reminded, finished orders close.

Each step looks at its order again under lock, carries a cause of its own, and leaves an order with an open complaint
alone. Nothing of a budget is ever spent here: only what was paid with own money is taken as agreed, after 14 days and
two reminders.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial

from sqlalchemy import ColumnElement, and_, exists, or_, select

from budgets.queries.people import died_people
from marketplace.database import db, transaction
from marketplace.kernel import clock
from payments.domain import ChargeAt, OrderState, Payer, PaymentState
from payments.models import Order, OrderFunding, OrderHistory
from payments.services.moves import has_happened, lock_order, note_order
from payments.services.orders import letters
from payments.services.orders.delivery import agree
from payments.services.orders.endings import close, expire

REMIND_AFTER = (timedelta(days=2), timedelta(days=5))
CLOSE_OWN_MONEY_AFTER = timedelta(days=14)
AT_LEAST_AFTER_LAST_REMINDER = timedelta(days=3)
CLOSE_CONFIRMED_AFTER = timedelta(days=14)
AT_ONCE = 200  # orders in one run of a job; the next run takes the rest

_ALL_BY_CARD = Order.top_up_pence == 0  # beside a budget, the payment's state tells of the card's part alone
_IS_GIVEN_BACK = and_(Order.payment_state == PaymentState.REFUNDED, _ALL_BY_CARD)
_WAITING = (OrderState.AWAITING_APPROVAL, OrderState.AWAITING_PAYMENT, OrderState.PLACED)
_SETTLED = (PaymentState.PAID, PaymentState.PART_REFUNDED, PaymentState.REFUNDED)
_NO_BUDGET = and_(Order.charge_at.in_((ChargeAt.ACCEPT, ChargeAt.NEVER)), _ALL_BY_CARD)  # own money, or free
_WAITS_FOR_RUN = exists().where(
    OrderFunding.order_id == Order.id,
    OrderFunding.payer != Payer.PERSON,
    OrderFunding.settlement_run_id.is_(None),
    OrderFunding.refunded_pence < OrderFunding.pence,
)
_SILENCE = "Nobody answered two reminders within 14 days. Own money only."
_GIVEN_BACK = "All its money was given back, and 14 days went by."
_WHY_ENDED = {
    OrderState.AWAITING_APPROVAL: "Nobody agreed to this order within seven days.",
    OrderState.AWAITING_PAYMENT: "No card paid for this order within two days.",
    OrderState.PLACED: "The provider did not answer within three days.",
}


def expire_unanswered() -> int:
    """End every order whose time to be agreed to, paid or answered is over. Answers how many."""
    due = db.session.execute(
        select(Order.id, Order.state)
        .where(Order.state.in_(_WAITING), Order.answer_by <= clock.now(), ~Order.complaint_open)
        .order_by(Order.answer_by, Order.id)
        .limit(AT_ONCE)
    ).all()
    return sum(
        expire(order_id, cause=f"expire:{order_id}:{state}", reason=_WHY_ENDED[state]) for order_id, state in due
    )


def remind() -> int:
    """Remind, once after 2 and once after 5 days, those who have not agreed to what is done. Answers how many.

    Whoever got all their money back has nothing more to tell, and nobody is reminded of what somebody who died ordered.
    """
    reminded = 0
    for number, after in enumerate(REMIND_AFTER, start=1):
        due = _done_since(after) & ~_has_note(f"remind_{number}") & ~_IS_GIVEN_BACK
        due &= Order.person_id.not_in(died_people())
        reminded += _each(due, partial(_remind, number))
    return reminded


def close_silent_own_money() -> int:
    """Close own-money orders 14 days after they were done: agreed to by silence after two reminders, or given back."""
    due = _done_since(CLOSE_OWN_MONEY_AFTER) & _NO_BUDGET
    return _each(due & or_(_has_note("remind_2"), _IS_GIVEN_BACK), _close_silent)


def close_finished() -> int:
    """Close orders agreed to 14 days ago in which no money is on its way any more. Answers how many."""
    settled = and_(
        or_(Order.payment_state.in_(_SETTLED), Order.charge_at == ChargeAt.NEVER), or_(_ALL_BY_CARD, ~_WAITS_FOR_RUN)
    )
    old = and_(Order.state == OrderState.CONFIRMED, Order.confirmed_at <= clock.now() - CLOSE_CONFIRMED_AFTER)
    return _each(and_(old, settled), lambda order_id: close(order_id, cause=f"close:{order_id}"))


def _done_since(after: timedelta) -> ColumnElement[bool]:
    return and_(Order.state == OrderState.DONE, Order.done_at <= clock.now() - after)


def _has_note(action: str) -> ColumnElement[bool]:
    return exists().where(OrderHistory.order_id == Order.id, OrderHistory.action == action)


def _each(which: ColumnElement[bool], act: Callable[[int], bool]) -> int:
    order_ids: Iterable[int] = db.session.scalars(
        select(Order.id).where(which, ~Order.complaint_open).order_by(Order.id).limit(AT_ONCE)
    ).all()
    return sum(act(order_id) for order_id in order_ids)


def _still_silent(order: Order) -> bool:
    """Whether nobody has agreed or complained meanwhile; looked at under the order's lock."""
    return order.state is OrderState.DONE and not order.complaint_open


def _remind(number: int, order_id: int) -> bool:
    cause = f"remind:{order_id}:{number}"
    with transaction():
        order = lock_order(order_id)
        if has_happened(cause) or not _still_silent(order):
            return False
        note_order(order, f"remind_{number}", cause=cause, actor_user_id=None)
        letters.reminder(order, number)
        return True


def _close_silent(order_id: int) -> bool:
    with transaction():
        order = lock_order(order_id)
        if has_happened(f"confirm:{order_id}") or not _still_silent(order):
            return False
        given_back = order.payment_state is PaymentState.REFUNDED
        if not given_back and not _had_time_to_answer(order_id):
            return False
        agree(
            order,
            cause=f"confirm:{order_id}",
            actor_user_id=None,
            reason=_GIVEN_BACK if given_back else _SILENCE,
        )
        close(order_id, cause=f"close:{order_id}")
        if not given_back:
            letters.closed_by_itself(order)
        return True


def _had_time_to_answer(order_id: int) -> bool:
    """Whether the last reminder is old enough: a worker that slept for weeks must not remind and close at once."""
    reminded = db.session.scalar(
        select(OrderHistory.at).where(OrderHistory.order_id == order_id, OrderHistory.action == "remind_2")
    )
    return reminded is not None and clock.now() - reminded >= AT_LEAST_AFTER_LAST_REMINDER
