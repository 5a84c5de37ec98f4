"""What a council's monitoring asks of orders paid by its budgets: only those whose name stands out. One query each."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, or_, select

from budgets.queries.monitoring import never_declared
from marketplace.database import db
from marketplace.kernel.rails import Rail
from payments.domain import OrderState
from payments.models import Order, OrderFunding, OrderLine

_GONE = (OrderState.DECLINED, OrderState.CANCELLED, OrderState.EXPIRED)


@dataclass(frozen=True)
class NamedLine:
    """One line of an order whose name has one of the words asked for."""

    person_id: int
    order_id: int
    title: str
    pence: int


def lines_named(
    council_id: int, words: Collection[str], since: datetime, *, least_pence: int, person_id: int | None = None
) -> list[NamedLine]:
    """Lines paid by a council's budgets, ordered since a moment, whose title holds one of the words, oldest first.

    Of a line that a card tops up, its pence are the budget's share.
    """
    by_card = case((Order.top_up_pence > 0, OrderLine.amount_pence * Order.top_up_pence // Order.total_pence), else_=0)
    by_budget = OrderLine.amount_pence - by_card
    query = (
        select(Order.person_id, Order.id, OrderLine.title, by_budget)
        .join(Order, Order.id == OrderLine.order_id)
        .join(OrderFunding, (OrderFunding.order_id == Order.id) & (OrderFunding.part_no == 1))
        .where(
            Order.council_id == council_id,
            Order.placed_at >= since,
            Order.state.not_in(_GONE),
            OrderFunding.rail != Rail.OWN_MONEY,
            by_budget >= least_pence,
            or_(*(func.lower(OrderLine.title).contains(word, autoescape=True) for word in words)),
        )
        .order_by(OrderLine.id)
    )
    if person_id is not None:
        query = query.where(Order.person_id == person_id)
    return [NamedLine(*row) for row in db.session.execute(query)]


def orders_to_undeclared(
    council_id: int, since: datetime, *, person_id: int | None = None
) -> list[tuple[int, int, int]]:
    """Person, order and pence of what a direct payment paid since a moment to somebody of whom nothing was declared."""
    query = (
        select(Order.person_id, Order.id, OrderFunding.pence)
        .join(OrderFunding, (OrderFunding.order_id == Order.id) & (OrderFunding.part_no == 1))
        .where(
            Order.council_id == council_id,
            Order.placed_at >= since,
            Order.state.not_in(_GONE),
            OrderFunding.rail == Rail.DIRECT_PAYMENT,
            never_declared(Order.person_id, Order.organisation_id),
        )
        .order_by(Order.id)
    )
    if person_id is not None:
        query = query.where(Order.person_id == person_id)
    return [(row[0], row[1], row[2]) for row in db.session.execute(query)]


@dataclass(frozen=True)
class SaidOutside:
    """An order of which its buyer said why it is right, although it is outside the plan."""

    person_id: int
    order_id: int
    pence: int
    words: str


def orders_said_outside(council_id: int, since: datetime, *, person_id: int | None = None) -> list[SaidOutside]:
    """What a council's budgets pay since a moment although it is outside the plan, oldest first."""
    query = (
        select(Order.person_id, Order.id, Order.total_pence - Order.top_up_pence, Order.outside_plan)
        .where(
            Order.council_id == council_id,
            Order.placed_at >= since,
            Order.state.not_in(_GONE),
            Order.outside_plan.is_not(None),
        )
        .order_by(Order.id)
    )
    if person_id is not None:
        query = query.where(Order.person_id == person_id)
    return [SaidOutside(row[0], row[1], row[2], row[3] or "") for row in db.session.execute(query)]
