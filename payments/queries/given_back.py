"""Read what was given back to a council's budgets, for its finance and audit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select

from marketplace.database import db
from marketplace.kernel.rails import BUDGET_RAILS, Rail
from payments.domain import RefundState, RunState
from payments.models import Order, OrderFunding, Refund, SettlementRun

CREDITS = "credits"
SHOWS = {"all": "Everything", CREDITS: "Credits for the next run", "waiting": "For a second person"}


@dataclass(frozen=True)
class GivenBack:
    """One refund of an order that a budget pays: where the money goes, and by which run."""

    order_id: int
    reference: str
    person_name: str
    provider_name: str
    rail: Rail
    pence: int
    levy_back_pence: int
    reason_code: str
    state: RefundState
    asked_at: datetime
    run_reference: str | None
    is_credit: bool

    @property
    def becomes(self) -> str:
        """Where it stands, for whoever keeps the council's books."""
        match self.state:
            case RefundState.WAITING:
                return "Waits for a second person of the marketplace"
            case RefundState.REFUSED:
                return "Not agreed to: nothing is given back"
            case RefundState.FAILED:
                return "It did not reach the card, so the budget has not got it"
        if self.rail is Rail.DIRECT_PAYMENT:
            on_its_way = self.state is RefundState.PENDING
            return "In the budget again, and on its way to the card" if on_its_way else "In the budget and on the card"
        if self.run_reference is not None:
            return f"A credit in run {self.run_reference}"
        return "A credit in the next run" if self.is_credit else "Taken off before its run asked for it"


def list_given_back(
    council_ids: Iterable[int], *, show: str = "all", limit: int | None = 50, offset: int = 0
) -> list[GivenBack]:
    """Refunds of orders that budgets of these councils pay, newest first."""
    query: Any = (
        select(
            Order.id,
            Order.reference,
            Order.person_name,
            Order.provider_name,
            OrderFunding.rail,
            Refund.pence,
            Refund.levy_back_pence,
            Refund.reason_code,
            Refund.state,
            Refund.asked_at,
            SettlementRun.reference,
            _is_credit(),
        )
        .join(Order, Order.id == Refund.order_id)
        .join(OrderFunding, OrderFunding.id == Refund.order_funding_id)
        .outerjoin(SettlementRun, SettlementRun.id == Refund.settlement_run_id)
        .where(_which(council_ids, show))
        .order_by(Refund.asked_at.desc(), Refund.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [GivenBack(*row) for row in db.session.execute(query)]


def count_given_back(council_ids: Iterable[int], *, show: str = "all") -> int:
    """How many refunds such a list has."""
    query = (
        select(func.count(Refund.id))
        .join(Order, Order.id == Refund.order_id)
        .join(OrderFunding, OrderFunding.id == Refund.order_funding_id)
        .where(_which(council_ids, show))
    )
    return db.session.scalar(query) or 0


def credit_pence(council_ids: Iterable[int]) -> int:
    """What the next runs of these councils take off."""
    query = (
        select(func.coalesce(func.sum(Refund.pence), 0))
        .join(Order, Order.id == Refund.order_id)
        .join(OrderFunding, OrderFunding.id == Refund.order_funding_id)
        .where(_which(council_ids, CREDITS))
    )
    return int(db.session.scalar(query) or 0)


def _which(council_ids: Iterable[int], show: str) -> ColumnElement[bool]:
    theirs = and_(Order.council_id.in_(sorted(set(council_ids))), OrderFunding.rail.in_(sorted(BUDGET_RAILS)))
    if show == CREDITS:
        return and_(theirs, _is_credit(), Refund.settlement_run_id.is_(None))
    if show == "waiting":
        return and_(theirs, Refund.state == RefundState.WAITING)
    return theirs


def _is_credit() -> ColumnElement[bool]:
    """Agreed to after its order had been settled, and taken off by no run yet."""
    settled = exists().where(SettlementRun.id == OrderFunding.settlement_run_id, SettlementRun.state == RunState.SENT)
    return and_(
        OrderFunding.rail != Rail.DIRECT_PAYMENT,
        Refund.state == RefundState.PENDING,
        settled.correlate(OrderFunding),
    )
