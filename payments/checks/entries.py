"""I1: every entry sums to 0. I7: entries say for whom, who and why, and moves of orders are in the audit record."""

from sqlalchemy import and_, func, literal, or_, select, union_all

from budgets.queries.merged import kept_id
from marketplace.audit.queries import acts_on
from marketplace.database import db
from marketplace.kernel.checks import Check
from payments.checks.finding import count, first_fault, pounds
from payments.checks.parts import REFUND_CAUSE
from payments.domain import RefundState
from payments.models import LedgerEntry, LedgerPosting, Order, OrderHistory, Refund
from payments.services.reviewing import REVIEWED


def balance() -> Check:
    """The postings of every entry sum to 0, there are two or more, and none stands alone."""
    total, sides = func.sum(LedgerPosting.pence), func.count(LedgerPosting.id)
    broken = (
        select(LedgerPosting.entry_id, total.label("pence"), sides.label("sides"))
        .group_by(LedgerPosting.entry_id)
        .having(or_(total != 0, sides < 2))
        .order_by(LedgerPosting.entry_id)
        .limit(1)
    )
    row = db.session.execute(broken).first()
    fault = None
    if row is not None:
        cause = db.session.scalar(select(LedgerEntry.cause).where(LedgerEntry.id == row.entry_id))
        fault = f"entry {row.entry_id} ({cause or 'which is gone'}) sums to {pounds(row.pence)}"
    of_it = select(LedgerPosting.id).where(LedgerPosting.entry_id == LedgerEntry.id).exists()
    fault = fault or first_fault(
        select(LedgerEntry.id, LedgerEntry.cause),
        (~of_it, lambda row: f"entry {row.id} ({row.cause}) has no postings"),
    )
    its_own = select(LedgerEntry.id).where(LedgerEntry.id == LedgerPosting.entry_id).exists()
    fault = fault or first_fault(
        select(LedgerPosting.id, LedgerPosting.entry_id),
        (~its_own, lambda row: f"posting {row.id} stands without its entry {row.entry_id}"),
    )
    return Check("I1", "entries", count(LedgerEntry.id), fault)


def say_for_whom() -> Check:
    """Every entry about an order names its person, council and mandate, and whoever did it where somebody did."""
    other = or_(
        and_(
            LedgerEntry.person_id.is_distinct_from(Order.person_id),
            kept_id(LedgerEntry.person_id).is_distinct_from(Order.person_id),
        ),
        LedgerEntry.mandate_id.is_distinct_from(Order.mandate_id),
        LedgerEntry.council_id.is_distinct_from(Order.council_id),
    )
    fault = first_fault(
        select(LedgerEntry.cause).outerjoin(Order, Order.id == LedgerEntry.order_id),
        (
            and_(LedgerEntry.order_id.is_not(None), Order.id.is_(None)),
            lambda row: f"entry {row.cause} is about an order that is gone",
        ),
        (and_(Order.id.is_not(None), other), lambda row: f"entry {row.cause} does not say for whom"),
        (
            and_(LedgerEntry.kind == "settlement", LedgerEntry.actor_user_id.is_(None)),
            lambda row: f"entry {row.cause} does not say who did it",
        ),
        (
            and_(LedgerEntry.reverses_id.is_not(None), LedgerEntry.reason.is_(None)),
            lambda row: f"reversal {row.cause} does not say why",
        ),
    )
    fault = fault or first_fault(
        select(LedgerEntry.cause).select_from(Refund).join(LedgerEntry, LedgerEntry.cause == REFUND_CAUSE),
        (
            and_(
                LedgerEntry.actor_user_id.is_(None),
                Refund.asked_by_user_id.is_not(None),
                Refund.state != RefundState.WAITING,
            ),
            lambda row: f"entry {row.cause} does not say who did it",
        ),
    )
    return Check("I7", "entries that say for whom", count(LedgerEntry.id), fault or _agreed_by_a_second())


def _agreed_by_a_second() -> str | None:
    """Who let a refund go ahead stands on it if and only if the audit record has it."""
    acts = acts_on("refund").subquery()
    return first_fault(
        select(Refund.id, Order.reference)
        .join(Order, Order.id == Refund.order_id)
        .outerjoin(acts, and_(acts.c.object_id == Refund.id, acts.c.action == "refund.approve"))
        .order_by(Refund.id),
        (
            Refund.approved_by_user_id.is_(None) != acts.c.times.is_(None),
            lambda row: f"refund {row.id} of order {row.reference}: who agreed to it is not what the audit record says",
        ),
    )


def moves_are_in_the_record() -> Check:
    """Every move of an order is in the audit record as well, as often as in its history: there no more and no less."""
    action = OrderHistory.machine + literal(".") + OrderHistory.action
    acts = acts_on("order").subquery()
    moves = union_all(
        select(
            OrderHistory.order_id, action.label("action"), literal(1).label("happened"), literal(0).label("recorded")
        ),
        select(acts.c.object_id, acts.c.action, literal(0), acts.c.times).where(
            or_(acts.c.action.like("order.%"), acts.c.action.like("payment.%")), acts.c.action != REVIEWED
        ),
    ).subquery()
    happened, recorded = func.sum(moves.c.happened), func.sum(moves.c.recorded)
    differs = (
        select(moves.c.order_id, moves.c.action, happened.label("happened"), recorded.label("recorded"))
        .group_by(moves.c.order_id, moves.c.action)
        .having(happened != recorded)
        .subquery()
    )
    fault = first_fault(
        select(differs).order_by(differs.c.order_id, differs.c.action),
        (
            literal(True),
            lambda row: (
                f"order {row.order_id}: {row.action} happened {row.happened} times, the audit record has {row.recorded}"
            ),
        ),
    )
    return Check("I7", "moves of orders, each in the audit record", count(OrderHistory.id), fault)
