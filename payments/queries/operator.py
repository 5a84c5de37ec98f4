"""What the operator's desk reads of payments: orders that wait, refunds for a second person, and the levy by month."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, case, cast, func, select
from sqlalchemy.orm import aliased

from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from payments.domain import OWED, ChargeAt, OrderState, Payer, PaymentState, RefundState
from payments.ledger import (
    OPERATOR_DISPUTE_FEES,
    OPERATOR_LEVY,
    OPERATOR_PROCESSING_FEES,
)
from payments.models import (
    LedgerAccount,
    LedgerEntry,
    LedgerPosting,
    Order,
    OrderFunding,
    OrderHistory,
    Refund,
)
from payments.parts import asked_key
from payments.queries.part_states import pence_by_card


@dataclass(frozen=True)
class WaitingOrder:
    """An order that its provider has not answered."""

    id: int
    reference: str
    provider_name: str
    placed_at: datetime
    answer_by: datetime | None


def list_unanswered(within: timedelta = timedelta(days=1), *, limit: int = 100) -> list[WaitingOrder]:
    """Placed orders whose time to be answered ends `within` from now, or has ended; the oldest first."""
    rows = db.session.execute(
        select(Order.id, Order.reference, Order.provider_name, Order.placed_at, Order.answer_by)
        .where(Order.state == OrderState.PLACED, Order.answer_by <= clock.now() + within)
        .order_by(Order.placed_at, Order.id)
        .limit(limit)
    )
    return [WaitingOrder(row.id, row.reference, row.provider_name, row.placed_at, row.answer_by) for row in rows]


@dataclass(frozen=True)
class LetGo:
    """Booked work whose money the bank let go of: nothing at Stripe or here brings `card_pence` by itself."""

    id: int
    reference: str
    provider_name: str
    card_pence: int
    since: datetime


def list_let_go(*, limit: int = 100) -> list[LetGo]:
    """Such orders, the oldest first."""
    rows = db.session.execute(
        select(Order.id, Order.reference, Order.provider_name, pence_by_card(), Order.created_at)
        .where(Order.charge_at == ChargeAt.ACCEPT, Order.state.in_(OWED), Order.payment_state == PaymentState.NONE)
        .order_by(Order.created_at, Order.id)
        .limit(limit)
    )
    return [LetGo(*row) for row in rows]


def payments_moved_at(order_ids: Iterable[int]) -> dict[int, datetime]:
    """When the payment of each of these orders last moved. One query."""
    wanted = list(order_ids)
    if not wanted:
        return {}
    rows = db.session.execute(
        select(OrderHistory.order_id, func.max(OrderHistory.at).label("at"))
        .where(OrderHistory.order_id.in_(wanted), OrderHistory.machine == "payment")
        .group_by(OrderHistory.order_id)
    )
    return {row.order_id: row.at for row in rows}


@dataclass(frozen=True)
class RefundToDecide:
    """A refund as it was asked for, with its order, for the second operator: all its parts are decided at once."""

    id: int
    order_id: int
    reference: str
    provider_name: str
    total_pence: int
    refunded_pence: int
    state: RefundState
    pence: int
    levy_back_pence: int
    reason_code: str
    words: str | None
    asked_by_user_id: int | None
    asked_at: datetime
    approved_by_user_id: int | None
    approved_at: datetime | None
    key: str
    card_pence: int
    """Of `pence`, what goes back to a card."""

    @property
    def budget_pence(self) -> int:
        return self.pence - self.card_pence


def _refunds() -> Any:
    given_back = (
        select(cast(func.sum(OrderFunding.refunded_pence), BigInteger))  # PostgreSQL sums to a decimal
        .where(OrderFunding.order_id == Order.id)
        .correlate(Order)
        .scalar_subquery()
    )
    part: Any = aliased(OrderFunding)
    query: Any = (
        select(
            Refund.id,
            Refund.order_id,
            Order.reference,
            Order.provider_name,
            Order.total_pence,
            given_back,
            Refund.state,
            Refund.pence,
            Refund.levy_back_pence,
            Refund.reason_code,
            Refund.words,
            Refund.asked_by_user_id,
            Refund.asked_at,
            Refund.approved_by_user_id,
            Refund.approved_at,
            Refund.key,
            case((part.payer == Payer.PERSON, Refund.pence), else_=0),
        )
        .join(Order, Order.id == Refund.order_id)
        .join(part, part.id == Refund.order_funding_id)
    )
    return query


def _together(rows: Iterable[Any]) -> list[RefundToDecide]:
    """Refunds as they were asked for: what one form gave back to a budget and to a card is one."""
    found: dict[tuple[int, str], RefundToDecide] = {}
    for row in rows:
        each = RefundToDecide(*row)
        asked = (each.order_id, asked_key(each.key))
        first = found.get(asked)
        found[asked] = (
            each
            if first is None
            else replace(
                first,
                pence=first.pence + each.pence,
                levy_back_pence=first.levy_back_pence + each.levy_back_pence,
                card_pence=first.card_pence + each.card_pence,
            )
        )
    return list(found.values())


def list_waiting_refunds(*, limit: int = 100) -> list[RefundToDecide]:
    """Refunds that wait for a second operator, oldest first."""
    query = _refunds().where(Refund.state == RefundState.WAITING).order_by(Refund.asked_at, Refund.id).limit(2 * limit)
    return _together(db.session.execute(query))[:limit]


def get_refund(refund_id: int) -> RefundToDecide:
    """One refund with all its parts, in the state of this one. Whoever calls has judged the reader. Raises NotFound."""
    asked: Any = aliased(Refund)
    of_order = select(asked.order_id).where(asked.id == refund_id).scalar_subquery()
    rows = db.session.execute(_refunds().where(Refund.order_id == of_order).order_by(Refund.id)).all()
    own = next((RefundToDecide(*row) for row in rows if row.id == refund_id), None)
    if own is None:
        raise NotFound()
    (whole,) = _together(row for row in rows if asked_key(row.key) == asked_key(own.key))
    return replace(whole, id=own.id, state=own.state)


def find_order_id(reference: str) -> int | None:
    """The order with this reference, such as `K7QM-4TXR`, in any writing."""
    letters = "".join(c for c in reference.upper() if c.isalnum())
    wanted = f"{letters[:4]}-{letters[4:]}"
    order_id: int | None = db.session.scalar(select(Order.id).where(Order.reference == wanted))
    return order_id


@dataclass(frozen=True)
class MonthOfMoney:
    """The operator's month by the ledger, in pence: levy earned and given back, and what Stripe kept."""

    month: date
    earned_pence: int = 0
    given_back_pence: int = 0
    card_fees_pence: int = 0
    dispute_fees_pence: int = 0

    @property
    def levy_pence(self) -> int:
        return self.earned_pence - self.given_back_pence

    @property
    def fees_pence(self) -> int:
        return self.card_fees_pence + self.dispute_fees_pence

    @property
    def left_pence(self) -> int:
        return self.levy_pence - self.fees_pence


def list_months(first: date, last: date) -> list[MonthOfMoney]:
    """Every month from that of `first` to that of `last`, newest first, months without any entry too. One query.

    An entry belongs to the day on which it was booked, so that a month that is over never changes.
    """
    months: list[date] = []
    month = clock.first_of_month(first)
    while month <= last:
        months.append(month)
        month = clock.next_month(month)
    sums: dict[date, dict[str, int]] = {each: {} for each in months}
    rows = db.session.execute(
        select(
            LedgerEntry.booked_on,
            LedgerEntry.kind,
            LedgerAccount.code,
            func.sum(LedgerPosting.pence).label("pence"),
        )
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(
            LedgerAccount.code.in_((OPERATOR_LEVY, OPERATOR_PROCESSING_FEES, OPERATOR_DISPUTE_FEES)),
            LedgerEntry.booked_on >= clock.first_of_month(first),
            LedgerEntry.booked_on < month,
        )
        .group_by(LedgerEntry.booked_on, LedgerEntry.kind, LedgerAccount.code)
        .order_by(LedgerEntry.booked_on)
    )
    for row in rows:
        into = sums[clock.first_of_month(row.booked_on)]
        name, pence = _part_of(row.code, row.kind, int(row.pence))
        into[name] = into.get(name, 0) + pence
    return [MonthOfMoney(each, **sums[each]) for each in reversed(months)]


def _part_of(code: str, kind: str, pence: int) -> tuple[str, int]:
    """To which figure of a month a sum belongs, with its sign: the levy rests at minus, fees at plus."""
    if code == OPERATOR_PROCESSING_FEES:
        return "card_fees_pence", pence
    if code == OPERATOR_DISPUTE_FEES:
        return "dispute_fees_pence", pence
    return ("given_back_pence", pence) if "refund" in kind else ("earned_pence", -pence)
