"""Purchases from budgets of a council, with what makes one worth a look."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from marketplace.database import db
from marketplace.kernel.rails import BUDGET_RAILS
from payments.models import Approval, Order, OrderFunding, OrderLine


class Sampled(NamedTuple):
    """An order that its provider was asked for, and everybody who prepared it or agreed to it."""

    order_id: int
    person_id: int
    total_pence: int
    ordered_at: datetime
    confirmed_at: datetime | None
    is_linked: bool
    is_outside: bool
    is_first: bool
    pot_period_id: int | None
    buyer_user_id: int
    approver_user_id: int | None
    mandate_id: int | None


def list_purchases(council_id: int, begin: datetime, end: datetime) -> list[Sampled]:
    """Orders that a council's budgets pay, placed from `begin` until before `end`, oldest first. One query."""
    earlier = aliased(Order)
    is_first = ~exists().where(
        earlier.person_id == Order.person_id,
        earlier.organisation_id == Order.organisation_id,
        earlier.placed_at.is_not(None),
        earlier.placed_at < Order.placed_at,
    )
    no_outcome = exists().where(OrderLine.order_id == Order.id, OrderLine.outcome_id.is_(None))
    pays = (
        select(func.min(OrderFunding.pot_period_id))
        .where(OrderFunding.order_id == Order.id, OrderFunding.rail.in_(sorted(BUDGET_RAILS)))
        .scalar_subquery()
    )
    agreed_by = (
        select(func.max(Approval.decided_by_user_id))
        .where(Approval.order_id == Order.id, Approval.approved.is_(True))
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(
            Order.id,
            Order.person_id,
            Order.total_pence - Order.top_up_pence,
            Order.placed_at,
            Order.confirmed_at,
            Order.interest.is_not(None),
            Order.outside_plan.is_not(None) | no_outcome,
            is_first,
            pays,
            Order.buyer_user_id,
            agreed_by,
            Order.mandate_id,
        )
        .where(
            Order.council_id == council_id,
            Order.placed_at >= begin,
            Order.placed_at < end,
            exists().where(OrderFunding.order_id == Order.id, OrderFunding.rail.in_(sorted(BUDGET_RAILS))),
        )
        .order_by(Order.placed_at, Order.id)
    )
    return [Sampled(*row) for row in rows]
