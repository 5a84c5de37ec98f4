"""What must be true of money whatever happened: I1, I3, I4, I5, I6 and the ledger's part of I7.

Each check reads all rows in a few queries, and names the first row at fault. I6 asks Stripe.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import String, and_, cast, func, literal, or_, select

from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.checks import Check
from marketplace.kernel.money import format_pounds
from payments import ledger
from payments.domain import REFUNDS_THAT_COUNT, Payer, PaymentAction, PaymentState, RefundState
from payments.levy import levy, levy_given_back
from payments.models import (
    LedgerAccount,
    LedgerEntry,
    LedgerPosting,
    Order,
    OrderFunding,
    OrderHistory,
    OrderLine,
    Refund,
    StripeAccount,
    StripePayment,
)
from payments.stripe import GatewayError, gateway, is_set_up

ON_ITS_WAY = timedelta(minutes=10)
"""What moved at Stripe less long ago may not have been told yet."""
_REFUND_CAUSE = literal("refund:") + cast(Refund.id, String)
_TAKEN = (PaymentState.PAID, PaymentState.PART_REFUNDED, PaymentState.REFUNDED, PaymentState.DISPUTED)


def run() -> Iterator[Check]:
    """Every check of this package, in the order of the invariants."""
    yield _entries_balance()
    yield _charged_once()
    yield _transitions_once()
    yield _refunds_within_payments()
    yield _levy_by_its_rule()
    yield from _agrees_with_stripe()
    yield _entries_say_for_whom()


def _count(column: Any) -> int:
    return int(db.session.scalar(select(func.count(column))) or 0)


def _entries_balance() -> Check:
    """I1: the postings of every entry sum to 0, and no posting stands alone."""
    sums = (
        select(LedgerPosting.entry_id, func.sum(LedgerPosting.pence).label("pence"), func.count().label("sides"))
        .group_by(LedgerPosting.entry_id)
        .subquery()
    )
    row = db.session.execute(
        select(LedgerEntry.id, LedgerEntry.cause, sums.c.pence)
        .outerjoin(sums, sums.c.entry_id == LedgerEntry.id)
        .where(or_(sums.c.pence.is_(None), sums.c.pence != 0, sums.c.sides < 2))
        .order_by(LedgerEntry.id)
        .limit(1)
    ).one_or_none()
    fault = f"entry {row.cause} sums to {format_pounds(int(row.pence or 0))}" if row else None
    if fault is None:
        alone = db.session.scalar(
            select(LedgerPosting.entry_id)
            .outerjoin(LedgerEntry, LedgerEntry.id == LedgerPosting.entry_id)
            .where(LedgerEntry.id.is_(None))
            .limit(1)
        )
        fault = f"postings of entry {alone} stand without it" if alone is not None else None
    return Check("I1", "entries", _count(LedgerEntry.id), fault)


def _charged_once() -> Check:
    """I3: what Stripe captured is a sale in the ledger, once, and what is called paid was captured or settled."""
    sales = set(db.session.scalars(select(LedgerEntry.cause).where(LedgerEntry.kind == "sale")))
    rows = db.session.execute(
        select(
            OrderFunding.id,
            OrderFunding.pence,
            OrderFunding.refunded_pence,
            OrderFunding.payer,
            Order.reference,
            Order.payment_state,
            StripePayment.status,
            StripePayment.pence.label("charged_pence"),
        )
        .join(Order, Order.id == OrderFunding.order_id)
        .outerjoin(StripePayment, StripePayment.order_funding_id == OrderFunding.id)
        .where(OrderFunding.pence > 0)
        .order_by(OrderFunding.id)
    )
    count, fault = 0, None
    for row in rows:
        count += 1
        booked = f"sale:{row.id}" in sales
        of_card = row.payer is Payer.PERSON
        if row.charged_pence is not None and row.charged_pence != row.pence:
            asked, charged = format_pounds(row.pence), format_pounds(row.charged_pence)
            fault = f"order {row.reference} costs {asked}, its card is asked for {charged}"
        elif of_card and row.status == "succeeded" and not booked and row.payment_state is not PaymentState.REVIEW:
            fault = f"order {row.reference} was charged at Stripe and is no sale in the ledger"
        elif of_card and booked and row.status != "succeeded":
            fault = f"order {row.reference} is a sale in the ledger and was not charged at Stripe"
        elif row.payment_state in _TAKEN and not booked and (of_card or row.pence > row.refunded_pence):
            fault = f"order {row.reference} is called paid and is no sale in the ledger"
        if fault:
            break
    return Check("I3", "parts of orders, each charged or settled at most once", count, fault)


def _transitions_once() -> Check:
    """I3: one transition per cause, and no order's payment was captured twice."""
    row = db.session.execute(
        select(OrderHistory.order_id, func.count().label("times"))
        .where(OrderHistory.machine == "payment", OrderHistory.action == PaymentAction.CAPTURE)
        .group_by(OrderHistory.order_id)
        .having(func.count() > 1)
        .order_by(OrderHistory.order_id)
        .limit(1)
    ).one_or_none()
    fault = f"order {row.order_id} was captured {row.times} times" if row else None
    if fault is None:
        twice = db.session.scalar(
            select(OrderHistory.cause).group_by(OrderHistory.cause).having(func.count() > 1).limit(1)
        )
        fault = f"the cause {twice} moved something twice" if twice else None
    return Check("I3", "transitions, one per cause", _count(OrderHistory.id), fault)


def _refunds_within_payments() -> Check:
    """I4: what is given back is what its refunds say, by part and by line, and never more than was paid."""
    refunds = (
        select(Refund.order_funding_id, func.sum(Refund.pence).label("pence"))
        .where(Refund.state.in_(REFUNDS_THAT_COUNT))
        .group_by(Refund.order_funding_id)
        .subquery()
    )
    row = db.session.execute(
        select(OrderFunding.order_id, OrderFunding.pence, OrderFunding.refunded_pence, refunds.c.pence.label("summed"))
        .outerjoin(refunds, refunds.c.order_funding_id == OrderFunding.id)
        .where(
            or_(
                OrderFunding.refunded_pence != func.coalesce(refunds.c.pence, 0),
                OrderFunding.refunded_pence > OrderFunding.pence,
            )
        )
        .order_by(OrderFunding.id)
        .limit(1)
    ).one_or_none()
    fault = None
    if row is not None:
        fault = (
            f"order {row.order_id}: {format_pounds(row.refunded_pence)} of {format_pounds(row.pence)} given back, its "
            f"refunds are {format_pounds(int(row.summed or 0))}"
        )
    if fault is None:
        lines = select(OrderLine.order_id, func.sum(OrderLine.refunded_pence).label("pence")).group_by(
            OrderLine.order_id
        )
        parts = select(OrderFunding.order_id, func.sum(OrderFunding.refunded_pence).label("pence")).group_by(
            OrderFunding.order_id
        )
        by_line, by_part = lines.subquery(), parts.subquery()
        order_id = db.session.scalar(
            select(by_part.c.order_id)
            .join(by_line, by_line.c.order_id == by_part.c.order_id)
            .where(by_line.c.pence != by_part.c.pence)
            .order_by(by_part.c.order_id)
            .limit(1)
        )
        fault = f"order {order_id}: its lines and its parts were given back different amounts" if order_id else None
    return Check("I4", "refunds", _count(Refund.id), fault)


def _levy_by_its_rule() -> Check:
    """I5: each part's levy follows the rule, what was given back follows its refunds, and the ledger has the rest."""
    back: dict[int, int] = {}
    booked_back: dict[int, int] = {}
    before_settling: dict[int, int] = {}
    undone: set[int] = set()
    for refund in db.session.execute(
        select(
            Refund.id,
            Refund.order_funding_id,
            Refund.state,
            Refund.levy_back_pence,
            LedgerEntry.id.label("entry_id"),
        ).outerjoin(LedgerEntry, LedgerEntry.cause == _REFUND_CAUSE)
    ):
        funding_id = refund.order_funding_id
        if refund.state in REFUNDS_THAT_COUNT:
            back[funding_id] = back.get(funding_id, 0) + refund.levy_back_pence
            if refund.entry_id is not None:
                booked_back[funding_id] = booked_back.get(funding_id, 0) + refund.levy_back_pence
            elif refund.state is RefundState.DONE:
                before_settling[funding_id] = before_settling.get(funding_id, 0) + refund.levy_back_pence
        else:
            undone.add(funding_id)
    earned = {
        order_id: -int(pence)
        for order_id, pence in db.session.execute(
            select(LedgerEntry.order_id, func.sum(LedgerPosting.pence))
            .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
            .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
            .where(LedgerAccount.code == ledger.OPERATOR_LEVY)
            .group_by(LedgerEntry.order_id)
        )
    }
    sold = set(db.session.scalars(select(LedgerEntry.cause).where(LedgerEntry.kind == "sale")))
    wanted: dict[int, int] = {}
    count = 0
    for part in db.session.execute(select(OrderFunding).order_by(OrderFunding.id)).scalars():
        count += 1
        fault = _part_fault(part, back.get(part.id, 0), was_undone=part.id in undone)
        if fault:
            return Check("I5", "parts of orders with their levy", count, fault)
        if f"sale:{part.id}" in sold:
            # Given back before a run settled it: the sale was booked without it.
            before = before_settling.get(part.id, 0) if part.payer is not Payer.PERSON else 0
            due = part.levy_pence - before - booked_back.get(part.id, 0)
            wanted[part.order_id] = wanted.get(part.order_id, 0) + due
    for order_id, pence in sorted(wanted.items()):
        if earned.get(order_id, 0) != pence:
            fault = (
                f"order {order_id} bears a levy of {format_pounds(pence)}, the ledger has "
                f"{format_pounds(earned.get(order_id, 0))}"
            )
            return Check("I5", "parts of orders with their levy", count, fault)
    return Check("I5", "parts of orders with their levy", count)


def _part_fault(part: OrderFunding, back_pence: int, *, was_undone: bool) -> str | None:
    if part.levy_pence != levy(part.pence, part.levy_rate_bp):
        return f"order {part.order_id} bears {format_pounds(part.levy_pence)} of levy, by the rule another amount"
    if part.levy_back_pence != back_pence:
        return f"order {part.order_id}: the levy given back is not what its refunds say"
    if part.refunded_pence == part.pence and part.levy_back_pence != part.levy_pence:
        return f"order {part.order_id} was given back in full and its levy was not"
    whole = levy_given_back(part.pence, 0, part.refunded_pence, part.levy_rate_bp) if part.refunded_pence else 0
    # After a refund that came back from a bank the levy already given back may be a penny ahead, until the next one.
    if part.levy_back_pence != whole and not was_undone:
        return f"order {part.order_id}: {format_pounds(part.levy_back_pence)} of levy given back, by the rule {whole}p"
    return None


def _agrees_with_stripe() -> Iterator[Check]:
    """I6: the balance of every account at Stripe is the one that the ledger has."""
    if not is_set_up():
        yield Check("I6", "accounts at Stripe (none is set up)", 0)
        return
    accounts = db.session.execute(
        select(StripeAccount.organisation_id, StripeAccount.stripe_id).order_by(StripeAccount.organisation_id)
    ).all()
    balances = ledger.balances()
    db.session.rollback()
    count, fault = 0, None
    try:
        for organisation_id, stripe_id in [(None, None), *((row.organisation_id, row.stripe_id) for row in accounts)]:
            count += 1
            code = ledger.STRIPE_CLEARING if organisation_id is None else ledger.provider_stripe(organisation_id)
            ours, theirs = balances.get(code, 0), gateway().balance_pence(stripe_id)
            if ours != theirs - _on_its_way(stripe_id, ours, theirs):
                fault = f"{code} is {format_pounds(ours)} in the ledger and {format_pounds(theirs)} at Stripe"
                break
    except GatewayError as error:
        fault = f"Stripe could not be asked: {error}"
    yield Check("I6", "accounts at Stripe", count, fault)


def _on_its_way(account_id: str | None, ours: int, theirs: int) -> int:
    """What moved on an account within the last minutes and is not booked yet."""
    if ours == theirs:
        return 0
    since, pence = clock.now() - ON_ITS_WAY, 0
    for move in gateway().list_moves(account_id):
        if move.occurred_at < since:
            break
        if ledger.find_entry(f"stripe:{move.id}") is None and (account_id is None or move.kind.startswith("payout")):
            pence += move.pence - move.fee_pence
    db.session.rollback()
    return pence


def _entries_say_for_whom() -> Check:
    """I7: every entry about an order names its person, council and mandate, and whoever did it where somebody did."""
    row = db.session.execute(
        select(LedgerEntry.cause)
        .join(Order, Order.id == LedgerEntry.order_id)
        .where(
            or_(
                LedgerEntry.person_id.is_distinct_from(Order.person_id),
                LedgerEntry.mandate_id.is_distinct_from(Order.mandate_id),
                LedgerEntry.council_id.is_distinct_from(Order.council_id),
            )
        )
        .order_by(LedgerEntry.id)
        .limit(1)
    ).one_or_none()
    fault = f"entry {row.cause} does not say for whom" if row else None
    if fault is None:
        nobody = db.session.scalar(
            select(LedgerEntry.cause)
            .outerjoin(Refund, LedgerEntry.cause == _REFUND_CAUSE)
            .where(
                LedgerEntry.actor_user_id.is_(None),
                or_(
                    LedgerEntry.kind == "settlement",
                    and_(Refund.asked_by_user_id.is_not(None), Refund.state != RefundState.WAITING),
                ),
            )
            .order_by(LedgerEntry.id)
            .limit(1)
        )
        fault = f"entry {nobody} does not say who did it" if nobody else None
    if fault is None:
        why = db.session.scalar(
            select(LedgerEntry.cause).where(LedgerEntry.reverses_id.is_not(None), LedgerEntry.reason.is_(None)).limit(1)
        )
        fault = f"reversal {why} does not say why" if why else None
    return Check("I7", "entries that say for whom", _count(LedgerEntry.id), fault)
