"""I5: each part's levy follows the rule, what was given back follows its refunds, and the ledger has the rest."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, select

from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.checks import Check
from payments import ledger
from payments.checks.finding import count, first_fault, pounds
from payments.checks.parts import SALE_CAUSE, given_back
from payments.domain import Payer
from payments.levy import DEFAULT_RATE_BP, half_up, percent
from payments.models import LedgerAccount, LedgerEntry, LedgerPosting, LevyRate, Order, OrderFunding


def by_their_rule() -> Check:
    return Check(
        "I5", "parts of orders with their levy", count(OrderFunding.id), _by_part() or _by_order() or _by_rate()
    )


def _by_part() -> str | None:
    back = given_back()
    part = OrderFunding
    whole = half_up(part.pence, part.levy_rate_bp)
    left = half_up(part.pence - part.refunded_pence, part.levy_rate_bp)
    return first_fault(
        select(Order.reference, part.levy_pence, part.levy_back_pence, whole.label("whole"), left.label("left"))
        .select_from(part)
        .join(Order, Order.id == part.order_id)
        .outerjoin(back, back.c.order_funding_id == part.id),
        (
            part.levy_pence != whole,
            lambda row: (
                f"order {row.reference} bears {pounds(row.levy_pence)} of levy, by the rule {pounds(row.whole)}"
            ),
        ),
        (
            part.levy_back_pence != func.coalesce(back.c.levy_pence, 0),
            lambda row: f"order {row.reference}: the levy given back is not what its refunds say",
        ),
        (
            and_(part.refunded_pence == part.pence, part.levy_back_pence != part.levy_pence),
            lambda row: f"order {row.reference} was given back in full and its levy was not",
        ),
        (
            # After a refund came back from a bank the levy already given back may be a penny ahead, until the next.
            and_(part.levy_back_pence != whole - left, func.coalesce(back.c.undone, 0) == 0),
            lambda row: (
                f"order {row.reference}: {pounds(row.levy_back_pence)} of levy given back, by the rule "
                f"{pounds(row.whole - row.left)}"
            ),
        ),
    )


def _by_order() -> str | None:
    """All that the ledger has of an order's levy is what its parts bear, less what was given back."""
    back = given_back()
    before = case((OrderFunding.payer == Payer.PERSON, 0), else_=func.coalesce(back.c.before_levy_pence, 0))
    due = OrderFunding.levy_pence - before - func.coalesce(back.c.booked_levy_pence, 0)
    wanted = (
        select(OrderFunding.order_id, func.sum(due).label("pence"))
        .join(LedgerEntry, LedgerEntry.cause == SALE_CAUSE)
        .outerjoin(back, back.c.order_funding_id == OrderFunding.id)
        .group_by(OrderFunding.order_id)
        .subquery()
    )
    earned = (
        select(LedgerEntry.order_id, (-func.sum(LedgerPosting.pence)).label("pence"))
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerAccount.code == ledger.OPERATOR_LEVY, LedgerEntry.order_id.is_not(None))
        .group_by(LedgerEntry.order_id)
        .subquery()
    )
    booked = func.coalesce(earned.c.pence, 0)
    return first_fault(
        select(Order.reference, wanted.c.pence, booked.label("booked"))
        .select_from(wanted)
        .join(Order, Order.id == wanted.c.order_id)
        .outerjoin(earned, earned.c.order_id == wanted.c.order_id),
        (
            wanted.c.pence != booked,
            lambda row: (
                f"order {row.reference} bears a levy of {pounds(row.pence)}, the ledger has {pounds(row.booked)}"
            ),
        ),
    )


def _by_rate() -> str | None:
    """Each part has the rate that its council's rule for that kind of funding had on the day on which it was bought."""
    starts: dict[Any, list[tuple[datetime, int]]] = {}
    counts = LevyRate.set_by_user_id.is_(None) | LevyRate.approved_by_user_id.is_not(None)
    for rate in db.session.execute(
        select(LevyRate.council_id, LevyRate.rail, LevyRate.starts_on, LevyRate.rate_bp)
        .where(counts)
        .order_by(LevyRate.council_id, LevyRate.rail, LevyRate.starts_on)
    ):
        starts.setdefault((rate.council_id, rate.rail), []).append((clock.start_of_day(rate.starts_on), rate.rate_bp))
    frozen = db.session.execute(
        select(
            Order.council_id,
            OrderFunding.rail,
            OrderFunding.levy_rate_bp,
            func.min(Order.created_at),
            func.max(Order.created_at),
        )
        .join(Order, Order.id == OrderFunding.order_id)
        .group_by(Order.council_id, OrderFunding.rail, OrderFunding.levy_rate_bp)
        .order_by(Order.council_id, OrderFunding.rail, OrderFunding.levy_rate_bp)
    ).all()
    for council_id, rail, rate_bp, first, last in frozen:
        for begins, ends, due_bp in _stretches(starts.get((council_id, rail), [])):
            apart = (begins is not None and last < begins) or (ends is not None and first >= ends)
            if due_bp == rate_bp or apart:
                continue
            within = [Order.created_at >= begins] if begins is not None else []
            within += [Order.created_at < ends] if ends is not None else []
            wrong = db.session.scalar(
                select(Order.reference)
                .join(OrderFunding, OrderFunding.order_id == Order.id)
                .where(
                    Order.council_id.is_not_distinct_from(council_id),
                    OrderFunding.rail == rail,
                    OrderFunding.levy_rate_bp == rate_bp,
                    *within,
                )
                .order_by(OrderFunding.id)
                .limit(1)
            )
            if wrong is not None:
                due = percent(due_bp)
                return f"order {wrong} bears a levy at {percent(rate_bp)}, on the day it was bought it was {due}"
    return None


def _stretches(starts: list[tuple[datetime, int]]) -> list[tuple[datetime | None, datetime | None, int]]:
    """From when, until when and how many basis points: the default before the first rate, then one after the other."""
    begins = [(None, DEFAULT_RATE_BP), *starts]
    ends = [*(start for start, _ in starts), None]
    return [(begin, end, rate_bp) for (begin, rate_bp), end in zip(begins, ends, strict=True)]
