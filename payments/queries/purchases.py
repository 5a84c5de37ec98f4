"""What was bought in a council, summed by person, month and price: the one query behind its reports.

Bought is what somebody agreed was done, less what was given back; what waits for a second person was not. Purchases
from a budget count; those with a person's own money count only while that person agrees to share them, past ones
included. The people's ids never leave the reports' own counting.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import aliased

from budgets.queries.reporting import areas_of_people, people_who_share
from marketplace.database import db
from marketplace.kernel.rails import BUDGET_RAILS, Rail
from payments.domain import OrderState
from payments.models import Order, OrderFunding, OrderLine
from payments.queries.waiting import waiting_by_line


class Bought(NamedTuple):
    """Lines of one person in one month, of one kind and price. `month` counts from 0, the first of the period."""

    person_id: int
    area: str | None
    month: int
    category: str
    rail: Rail
    organisation_id: int
    unit: str
    unit_price_pence: int
    quantity: int
    pence: int
    lines: int


def list_bought(council_id: int, bounds: Sequence[datetime]) -> Iterator[Bought]:
    """Purchases of a council agreed to from the first of `bounds` until before the last, in a stated order. One query.

    `bounds` are the moments at which months begin, and the end of the last one, so that months are London's.
    """
    areas = areas_of_people()
    months = [(Order.confirmed_at < end, number) for number, end in enumerate(bounds[1:])]
    month = case(*months, else_=len(months))
    waiting = waiting_by_line()
    left = OrderLine.amount_pence - OrderLine.refunded_pence + func.coalesce(waiting.c.pence, 0)
    count = OrderLine.quantity - OrderLine.refunded_quantity + func.coalesce(waiting.c.quantity, 0)
    other: Any = aliased(OrderFunding)  # the card's part beside a budget's, and the other way round
    mine, theirs = OrderFunding.pence - OrderFunding.refunded_pence, other.pence - other.refunded_pence
    by_card = and_(other.id.is_not(None), OrderFunding.rail == Rail.OWN_MONEY)
    both = case((mine + theirs > 0, mine + theirs), else_=1)
    # In whole pence, and the parts of a line are the line: the penny that cannot be divided is the budget's.
    part = case((other.id.is_(None), left), (by_card, left * mine // both), else_=left - left * theirs // both)
    shared = and_(OrderFunding.rail == Rail.OWN_MONEY, Order.person_id.in_(people_who_share(council_id)))
    keys = (
        Order.person_id,
        areas.c.outcode,
        month,
        OrderLine.category_slug,
        OrderFunding.rail,
        Order.organisation_id,
        OrderLine.unit,
        OrderLine.unit_price_pence,
    )
    rows = db.session.execute(
        select(
            *keys,
            # What was bought is counted once, with the budget that pays a part of it.
            func.sum(case((by_card, 0), else_=count)),
            func.sum(part),
            func.sum(case((by_card, 0), else_=1)),
        )
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(OrderFunding, OrderFunding.order_id == Order.id)
        .outerjoin(other, and_(other.order_id == Order.id, other.part_no != OrderFunding.part_no))
        .outerjoin(waiting, waiting.c.order_line_id == OrderLine.id)
        .join(areas, areas.c.person_id == Order.person_id)
        .where(
            Order.council_id == council_id,
            Order.confirmed_at >= bounds[0],
            Order.confirmed_at < bounds[-1],
            Order.state.in_((OrderState.CONFIRMED, OrderState.CLOSED)),
            OrderFunding.pence > 0,
            left > 0,
            or_(OrderFunding.rail.in_(sorted(BUDGET_RAILS)), shared),
        )
        .group_by(*keys)
        .order_by(*keys)
        .execution_options(yield_per=5_000)
    )
    for row in rows:
        yield Bought._make((*row[:8], int(row[8]), int(row[9]), int(row[10])))
