"""Lists of orders, by column tuples: one query however many rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, cast, func, or_, select
from sqlalchemy.orm import aliased

from budgets.domain.interests import ON_ORDERS, InterestKind
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.days import EVERY_DAY, Days
from marketplace.kernel.rails import Rail
from payments.domain import (
    OWED,
    REFUNDS_THAT_COUNT,
    ChargeAt,
    OrderState,
    PaymentState,
    RefundReason,
    RefundState,
)
from payments.models import Order, OrderFunding, OrderLine, Refund
from payments.queries.orders.told import Told
from payments.queries.owed_again import is_owed_again
from payments.queries.within import within
from payments.words import units

# A card that failed before the order was placed is for the buyer to try again, and after an end it is nobody's trouble.
_TROUBLED_PAYMENT = or_(
    Order.payment_state.in_((PaymentState.DISPUTED, PaymentState.REVIEW)),
    and_(Order.payment_state == PaymentState.FAILED, Order.state.in_(OWED)),
)


@dataclass(frozen=True)
class OrderSummary(Told):
    """An order as lists show it. `title` is its first line's, `line_count` how many it has."""

    id: int
    reference: str
    state: OrderState
    payment_state: PaymentState
    charge_at: ChargeAt
    rail: Rail
    organisation_id: int
    provider_name: str
    person_id: int
    person_name: str
    council_id: int | None
    buyer_user_id: int
    mandate_id: int | None
    total_pence: int
    given_back_pence: int
    levy_pence: int
    title: str
    unit: str
    quantity: int
    line_count: int
    created_at: datetime
    placed_at: datetime | None
    answer_by: datetime | None
    accepted_at: datetime | None
    done_at: datetime | None
    confirmed_at: datetime | None
    ended_at: datetime | None
    complaint_at: datetime | None
    complaint_ended_at: datetime | None
    owed_again: bool = False
    interest: InterestKind | None = None
    outside_plan: str | None = None  # what the buyer was asked about, and why it is right
    top_up_pence: int = 0

    @property
    def what(self) -> str:
        """`Help at home, 3 hours, and 2 more`; a fee of the buyer's own firm says so wherever it stands."""
        more = f", and {self.line_count - 1} more" if self.line_count > 1 else ""
        flag = f" ({ON_ORDERS[self.interest]})" if self.interest is InterestKind.OWN_FIRM else ""
        return f"{self.title}, {units(self.unit, self.quantity)}{more}{flag}"

    @property
    def what_beside_budget(self) -> str:
        """The same, for a page on which the pence beside it are the budget's part alone."""
        return f"{self.what}, topped up by card" if self.top_up_pence else self.what


def _summaries() -> Any:
    by_card: Any = aliased(OrderFunding)  # what tops up a budget; the part of all other orders is the first
    line_count = (
        select(func.count(OrderLine.id)).where(OrderLine.order_id == Order.id).correlate(Order).scalar_subquery()
    )
    never_taken = and_(Refund.reason_code == RefundReason.NOT_ACCEPTED, Refund.state.in_(REFUNDS_THAT_COUNT))
    not_given_back = (
        select(cast(func.coalesce(func.sum(Refund.pence), 0), BigInteger))  # PostgreSQL sums to a decimal
        .where(Refund.order_id == Order.id, or_(Refund.state == RefundState.WAITING, never_taken))
        .correlate(Order)
        .scalar_subquery()
    )
    query: Any = (
        select(
            Order.id,
            Order.reference,
            Order.state,
            Order.payment_state,
            Order.charge_at,
            OrderFunding.rail,
            Order.organisation_id,
            Order.provider_name,
            Order.person_id,
            Order.person_name,
            Order.council_id,
            Order.buyer_user_id,
            Order.mandate_id,
            Order.total_pence,
            OrderFunding.refunded_pence + func.coalesce(by_card.refunded_pence, 0) - not_given_back,
            OrderFunding.levy_pence + func.coalesce(by_card.levy_pence, 0),
            OrderLine.title,
            OrderLine.unit,
            OrderLine.quantity,
            line_count,
            Order.created_at,
            Order.placed_at,
            Order.answer_by,
            Order.accepted_at,
            Order.done_at,
            Order.confirmed_at,
            Order.ended_at,
            Order.complaint_at,
            Order.complaint_ended_at,
            is_owed_again(),
            Order.interest,
            Order.outside_plan,
            Order.top_up_pence,
        )
        .join(OrderLine, and_(OrderLine.order_id == Order.id, OrderLine.line_no == 1))
        .join(OrderFunding, and_(OrderFunding.order_id == Order.id, OrderFunding.part_no == 1))
        .outerjoin(by_card, and_(by_card.order_id == Order.id, by_card.part_no == 2))
    )
    return query


def _list(query: Any) -> list[OrderSummary]:
    return [OrderSummary(*row) for row in db.session.execute(query)]


def list_orders_for_person(
    person_id: int,
    *,
    limit: int | None = 20,
    offset: int = 0,
    states: Iterable[OrderState] | None = None,
    days: Days = EVERY_DAY,
    assisted_by: int | None = None,
) -> list[OrderSummary]:
    """Orders for one person that were begun on these days, newest first; with `assisted_by` those made at this access
    point alone. Whoever calls has asked whether the reader may see them.
    """
    query = _summaries().where(*_of_person(person_id, assisted_by, states, days))
    return _list(query.order_by(Order.created_at.desc(), Order.id.desc()).limit(limit).offset(offset))


def count_of_person(
    person_id: int,
    *,
    states: Iterable[OrderState] | None = None,
    days: Days = EVERY_DAY,
    assisted_by: int | None = None,
) -> int:
    """How many orders such a list has."""
    wanted = _of_person(person_id, assisted_by, states, days)
    return db.session.scalar(select(func.count(Order.id)).where(*wanted)) or 0


def _of_person(
    person_id: int, assisted_by: int | None, states: Iterable[OrderState] | None, days: Days
) -> list[ColumnElement[bool]]:
    wanted = [Order.person_id == person_id, *within(Order.created_at, days)]
    if assisted_by is not None:
        wanted.append(Order.assisted_by_organisation_id == assisted_by)
    if states is not None:
        wanted.append(Order.state.in_(list(states)))
    return wanted


def list_orders_for_provider(
    organisation_id: int,
    *,
    states: Iterable[OrderState] | None = None,
    days: Days = EVERY_DAY,
    limit: int | None = 20,
    offset: int = 0,
) -> list[OrderSummary]:
    """Orders that reached a provider, on these days, newest first."""
    query = _summaries().where(_of_provider([organisation_id], states), *within(Order.placed_at, days))
    return _list(query.order_by(Order.placed_at.desc(), Order.id.desc()).limit(limit).offset(offset))


def count_of_provider(
    organisation_id: int, *, states: Iterable[OrderState] | None = None, days: Days = EVERY_DAY
) -> int:
    """How many orders reached a provider on these days."""
    wanted = (_of_provider([organisation_id], states), *within(Order.placed_at, days))
    return db.session.scalar(select(func.count(Order.id)).where(*wanted)) or 0


def counts_of_provider(organisation_id: int) -> dict[OrderState, int]:
    """Orders that reached a provider, counted by state."""
    rows = db.session.execute(
        select(Order.state, func.count(Order.id).label("orders"))
        .where(_of_provider([organisation_id], None))
        .group_by(Order.state)
    )
    return {row.state: row.orders for row in rows}


def _of_provider(organisation_ids: list[int], states: Iterable[OrderState] | None) -> ColumnElement[bool]:
    wanted = and_(Order.organisation_id.in_(organisation_ids), Order.placed_at.is_not(None))
    return wanted if states is None else and_(wanted, Order.state.in_(list(states)))


def list_to_answer(organisation_ids: Iterable[int], *, limit: int = 100) -> list[OrderSummary]:
    """Orders that wait for a provider's answer, the one that ends first on top."""
    query = _summaries().where(_of_provider(list(organisation_ids), [OrderState.PLACED]))
    return _list(query.order_by(Order.answer_by, Order.id).limit(limit))


def list_to_confirm(person_ids: Iterable[int], *, limit: int = 100, offset: int = 0) -> list[OrderSummary]:
    """Orders that a provider says are done and nobody has agreed to yet, oldest first; none whose money came back."""
    ids = list(person_ids)
    if not ids:
        return []
    query = _summaries().where(*_to_confirm(ids))
    return _list(query.order_by(Order.done_at, Order.id).limit(limit).offset(offset))


def count_to_confirm(person_ids: Iterable[int]) -> int:
    """How many orders such a list has."""
    ids = list(person_ids)
    return (db.session.scalar(select(func.count(Order.id)).where(*_to_confirm(ids))) or 0) if ids else 0


def _to_confirm(person_ids: list[int]) -> tuple[ColumnElement[bool], ...]:
    return (
        Order.person_id.in_(person_ids),
        Order.state == OrderState.DONE,
        or_(Order.payment_state != PaymentState.REFUNDED, Order.top_up_pence > 0),
    )


def list_unconfirmed_older_than(
    days: int, *, person_ids: Iterable[int] | None = None, council_id: int | None = None, limit: int = 100
) -> list[OrderSummary]:
    """Orders paid from a budget that were done more than `days` days ago and are not agreed to, oldest first.

    Nothing is spent by silence: after 7 days this is a task of whoever answers for the budget.
    """
    query = _summaries().where(
        Order.state == OrderState.DONE,
        Order.done_at <= clock.now() - timedelta(days=days),
        OrderFunding.rail != Rail.OWN_MONEY,
    )
    if person_ids is not None:
        query = query.where(Order.person_id.in_(list(person_ids)))
    if council_id is not None:
        query = query.where(Order.council_id == council_id)
    return _list(query.order_by(Order.done_at, Order.id).limit(limit))


def list_in_trouble(*, limit: int = 100) -> list[OrderSummary]:
    """Orders with an open complaint or a payment that needs somebody, oldest first."""
    query = _summaries().where(or_(Order.complaint_open, _TROUBLED_PAYMENT))
    return _list(query.order_by(Order.created_at, Order.id).limit(limit))


def list_of_checkout(checkout_id: int) -> list[OrderSummary]:
    """The orders of one checkout, by provider."""
    return _list(_summaries().where(Order.checkout_id == checkout_id).order_by(Order.provider_name, Order.id))


def list_of_checkouts(checkout_ids: Iterable[int]) -> dict[int, list[OrderSummary]]:
    """The orders of several checkouts, by checkout and provider. Two queries."""
    wanted = list(checkout_ids)
    if not wanted:
        return {}
    made: Any = db.session.execute(
        select(Order.checkout_id, Order.id)
        .where(Order.checkout_id.in_(wanted))
        .order_by(Order.checkout_id, Order.provider_name, Order.id)
    ).all()
    orders = list_by_ids(order_id for _, order_id in made)
    found: dict[int, list[OrderSummary]] = {}
    for checkout_id, order_id in made:
        found.setdefault(checkout_id, []).append(orders[order_id])
    return found


def find_order_before(person_id: int, organisation_id: int, order_id: int) -> OrderSummary | None:
    """A person's newest order from a provider that reached it, before the one with this id."""
    query = _summaries().where(
        Order.person_id == person_id,
        Order.organisation_id == organisation_id,
        Order.id < order_id,
        Order.placed_at.is_not(None),
    )
    found = _list(query.order_by(Order.id.desc()).limit(1))
    return found[0] if found else None


def list_by_ids(order_ids: Iterable[int]) -> dict[int, OrderSummary]:
    """Orders by id, in one query."""
    ids = list(order_ids)
    if not ids:
        return {}
    return {order.id: order for order in _list(_summaries().where(Order.id.in_(ids)).order_by(Order.id))}


def search_orders(person_ids: Iterable[int], words: Iterable[str], *, limit: int) -> list[OrderSummary]:
    """Orders for these people that hold every word in their reference, their provider's name or a title, newest first.

    One query.
    """
    line: Any = aliased(OrderLine)  # the list itself joins the first line alone
    found = [
        or_(
            Order.reference.icontains(word, autoescape=True),
            Order.provider_name.icontains(word, autoescape=True),
            Order.id.in_(select(line.order_id).where(line.title.icontains(word, autoescape=True))),
        )
        for word in words
    ]
    query = _summaries().where(Order.person_id.in_(list(person_ids)), *found)
    return _list(query.order_by(Order.created_at.desc(), Order.id.desc()).limit(limit))


def list_with_interest(
    council_ids: Iterable[int], *, since: datetime, limit: int | None = 50, offset: int = 0
) -> list[OrderSummary]:
    """Orders for a council's money, since a moment, of a buyer who gains by the provider chosen; newest first."""
    query = _summaries().where(*_with_interest(council_ids, since))
    return _list(query.order_by(Order.created_at.desc(), Order.id.desc()).limit(limit).offset(offset))


def totals_with_interest(council_ids: Iterable[int], *, since: datetime) -> tuple[int, int]:
    """How many such orders there are, and what budgets were to pay for them in pence."""
    row = db.session.execute(
        select(func.count(Order.id), func.sum(Order.total_pence - Order.top_up_pence))
        .join(OrderFunding, and_(OrderFunding.order_id == Order.id, OrderFunding.part_no == 1))
        .where(*_with_interest(council_ids, since))
    ).one()
    return int(row[0]), int(row[1] or 0)


def _with_interest(council_ids: Iterable[int], since: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Order.council_id.in_(list(council_ids)),
        Order.interest.is_not(None),
        Order.created_at >= since,
        OrderFunding.rail != Rail.OWN_MONEY,
    )


@dataclass(frozen=True)
class OrderCounts:
    """What waits in the orders of one person."""

    to_confirm: int
    to_pay: int
    to_approve: int


def counts_of_people(person_ids: Iterable[int]) -> dict[int, OrderCounts]:
    """What waits, by person, in one query: for a caseload."""
    ids = list(person_ids)
    if not ids:
        return {}
    states = (OrderState.DONE, OrderState.AWAITING_PAYMENT, OrderState.AWAITING_APPROVAL)
    found: dict[int, dict[OrderState, int]] = {person_id: {} for person_id in ids}
    for person_id, state, count in db.session.execute(
        select(Order.person_id, Order.state, func.count(Order.id))
        .where(Order.person_id.in_(ids), Order.state.in_(states))
        .group_by(Order.person_id, Order.state)
    ):
        found[person_id][state] = count
    return {person_id: OrderCounts(*(counts.get(state, 0) for state in states)) for person_id, counts in found.items()}


def list_paid_by_budgets(order_ids: Iterable[int]) -> dict[int, str]:
    """References of those of some orders of which a budget pays at least a part. One query."""
    wanted = list(set(order_ids))
    if not wanted:
        return {}
    by_budget = select(OrderFunding.order_id).where(
        OrderFunding.order_id.in_(wanted), OrderFunding.rail != Rail.OWN_MONEY
    )
    rows = db.session.execute(select(Order.id, Order.reference).where(Order.id.in_(by_budget)).order_by(Order.id))
    return {row.id: row.reference for row in rows}
