"""What the orders of people say about them: for caseloads, plans and access points. One query each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, or_, select

from marketplace.database import db
from marketplace.kernel.rails import Rail
from payments.domain import LineState, OrderState, PaymentState, whole_payment
from payments.models import Approval, Order, OrderFunding, OrderLine
from payments.queries.orders.lists import OrderSummary, _list, _summaries
from payments.queries.owed_again import is_owed_again
from payments.words import state_for_buyer, units

_COMING = (OrderState.PLACED, OrderState.ACCEPTED, OrderState.DONE, OrderState.CONFIRMED)
NEVER_WAS = (OrderState.DECLINED, OrderState.CANCELLED, OrderState.EXPIRED)


def last_bought_at(person_ids: Iterable[int]) -> dict[int, datetime]:
    """When something was last ordered for each person and not ended unanswered; people without are left out."""
    ids = list(person_ids)
    if not ids:
        return {}
    rows = db.session.execute(
        select(Order.person_id, func.max(Order.placed_at).label("at"))
        .where(Order.person_id.in_(ids), Order.placed_at.is_not(None), Order.state.not_in(NEVER_WAS))
        .group_by(Order.person_id)
        .order_by(Order.person_id)
    )
    return {row.person_id: row.at for row in rows}


def approvals_waiting(person_ids: Iterable[int], *, not_prepared_by: int | None) -> dict[int, int]:
    """How many orders of each person wait for the agreement of somebody other than whoever prepared them."""
    ids = list(person_ids)
    if not ids:
        return {}
    rows = db.session.execute(
        select(Order.person_id, func.count(Order.id).label("orders"))
        .join(Approval, Approval.order_id == Order.id)
        .where(
            Order.person_id.in_(ids),
            Order.state == OrderState.AWAITING_APPROVAL,
            Approval.decided_at.is_(None),
            Approval.prepared_by_user_id != not_prepared_by,
        )
        .group_by(Order.person_id)
        .order_by(Order.person_id)
    )
    return {row.person_id: row.orders for row in rows}


@dataclass(frozen=True)
class Visit:
    """One thing that is to happen, or happened, on a day."""

    order_id: int
    on: date
    title: str
    how_much: str
    provider_name: str
    state: OrderState
    words: str


def _state_words(row: Any) -> str:
    """Where the order of a line stands, in the buyer's words."""
    payment_state = whole_payment(row.payment_state, row.top_up_pence, row.left_pence)
    return state_for_buyer(row.state, payment_state, row.provider_name, owed_again=row.owed_again)


def list_visits(person_id: int, first: date, last: date) -> list[Visit]:
    """What was ordered for the days from `first` to `last`, by day, without what was declined or cancelled."""
    rows = db.session.execute(
        select(
            Order.id,
            OrderLine.wanted_on,
            OrderLine.title,
            OrderLine.unit,
            OrderLine.quantity,
            Order.provider_name,
            Order.state,
            Order.payment_state,
            is_owed_again().label("owed_again"),
            Order.top_up_pence,
            (OrderLine.amount_pence - OrderLine.refunded_pence).label("left_pence"),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            Order.person_id == person_id,
            Order.state.in_(_COMING),
            OrderLine.state != LineState.CANCELLED,
            OrderLine.wanted_on >= first,
            OrderLine.wanted_on <= last,
        )
        .order_by(OrderLine.wanted_on, Order.id, OrderLine.line_no)
    )
    return [
        Visit(
            row.id,
            row.wanted_on,
            row.title,
            units(row.unit, row.quantity),
            row.provider_name,
            row.state,
            _state_words(row),
        )
        for row in rows
    ]


@dataclass(frozen=True)
class Bought:
    """Something ordered for an outcome."""

    outcome_id: int
    order_id: int
    title: str
    provider_name: str
    words: str
    ordered_at: datetime


def list_bought_for(person_id: int, outcome_ids: Iterable[int], *, limit: int = 200) -> list[Bought]:
    """What was ordered for a person's outcomes and not declined or cancelled, newest first."""
    ids = list(outcome_ids)
    if not ids:
        return []
    rows = db.session.execute(
        select(
            OrderLine.outcome_id,
            Order.id,
            OrderLine.title,
            Order.provider_name,
            Order.state,
            Order.payment_state,
            is_owed_again().label("owed_again"),
            Order.top_up_pence,
            (OrderLine.amount_pence - OrderLine.refunded_pence).label("left_pence"),
            Order.created_at,
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            Order.person_id == person_id,
            OrderLine.outcome_id.in_(ids),
            Order.state.not_in(NEVER_WAS),
            or_(
                Order.payment_state != PaymentState.REFUNDED,
                OrderLine.amount_pence == 0,
                # The state is the card's: what the budget paid beside it may stand.
                and_(Order.top_up_pence > 0, OrderLine.refunded_pence < OrderLine.amount_pence),
            ),
        )
        .order_by(Order.created_at.desc(), Order.id.desc(), OrderLine.line_no)
        .limit(limit)
    )
    return [
        Bought(
            row.outcome_id,
            row.id,
            row.title,
            row.provider_name,
            _state_words(row),
            row.created_at,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class BoughtLine:
    """One line of an order that reached its provider, with what somebody needs to know to order it again."""

    order_id: int
    reference: str
    person_id: int
    organisation_id: int
    provider_name: str
    rail: Rail
    placed_at: datetime
    listing_id: int
    title: str
    unit: str
    quantity: int
    unit_price_pence: int
    wanted_on: date | None
    note: str | None
    outcome_id: int | None


def list_lines_placed(person_ids: Iterable[int], begin: datetime, end: datetime) -> list[BoughtLine]:
    """Lines of orders that reached their provider from `begin` to before `end` and were not declined or cancelled,
    by person, order and line. One query."""
    ids = list(person_ids)
    if not ids:
        return []
    query: Any = (
        select(
            Order.id,
            Order.reference,
            Order.person_id,
            Order.organisation_id,
            Order.provider_name,
            OrderFunding.rail,
            Order.placed_at,
            OrderLine.listing_id,
            OrderLine.title,
            OrderLine.unit,
            OrderLine.quantity,
            OrderLine.unit_price_pence,
            OrderLine.wanted_on,
            OrderLine.note,
            OrderLine.outcome_id,
        )
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(OrderFunding, and_(OrderFunding.order_id == Order.id, OrderFunding.part_no == 1))
        .where(
            Order.person_id.in_(ids),
            Order.placed_at >= begin,
            Order.placed_at < end,
            Order.state.not_in(NEVER_WAS),
            OrderLine.state != LineState.CANCELLED,
        )
        .order_by(Order.person_name, Order.person_id, Order.placed_at, Order.id, OrderLine.line_no)
    )
    return [BoughtLine(*row) for row in db.session.execute(query)]


def list_assisted(
    organisation_ids: Iterable[int], person_ids: Iterable[int], *, since: datetime, limit: int = 200
) -> list[OrderSummary]:
    """Orders made with people at some access points since a moment, newest first."""
    organisations, people = list(organisation_ids), list(person_ids)
    if not organisations or not people:
        return []
    query = _summaries().where(
        and_(
            Order.assisted_by_organisation_id.in_(organisations),
            Order.person_id.in_(people),
            Order.created_at >= since,
        )
    )
    return _list(query.order_by(Order.created_at.desc(), Order.id.desc()).limit(limit))
