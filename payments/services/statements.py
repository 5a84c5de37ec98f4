"""A provider's levy statement: what was sold and given back in a month, line by line, as the ledger booked it.

An entry belongs to the month in which it was booked, so a month that is over never changes.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, case, func, select

from marketplace.accounts.domain import Actor, Role
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import split_by_largest_remainder
from payments import ledger
from payments.models import LedgerAccount, LedgerEntry, LedgerPosting, Order, OrderLine, RefundLine

SOLD, GIVEN_BACK, CAME_BACK = "sale", "refund", "reverse_refund"


@dataclass(frozen=True)
class StatementLine:
    """One line of one order: what was sold (plus) or given back (minus), the levy of it, and what the provider gets."""

    on: date
    order_id: int
    reference: str
    kind: str
    title: str
    gross_pence: int
    levy_pence: int

    @property
    def net_pence(self) -> int:
        return self.gross_pence - self.levy_pence


@dataclass(frozen=True)
class Statement:
    """A London month of one provider, oldest line first."""

    organisation_id: int
    month: date
    lines: tuple[StatementLine, ...]

    @property
    def gross_pence(self) -> int:
        return sum(line.gross_pence for line in self.lines)

    @property
    def levy_pence(self) -> int:
        return sum(line.levy_pence for line in self.lines)

    @property
    def net_pence(self) -> int:
        return sum(line.net_pence for line in self.lines)

    @property
    def sold_pence(self) -> int:
        return sum(line.gross_pence for line in self.lines if line.kind == SOLD)

    @property
    def given_back_pence(self) -> int:
        return -sum(line.gross_pence for line in self.lines if line.kind != SOLD)


def get_statement(actor: Actor, organisation_id: int, month: date) -> Statement:
    """The statement of the month that holds `month`, for the provider's members and the operator. Raises NotFound."""
    if organisation_id not in actor.organisation_ids(Role.PROVIDER) and not actor.has(Role.OPERATOR):
        raise NotFound()
    first = clock.first_of_month(month)
    return Statement(organisation_id, first, tuple(_lines(organisation_id, first)))


def months_with_sales(organisation_id: int) -> list[date]:
    """The months in which something of this provider was booked, newest first, this month always among them."""
    begin, end = db.session.execute(
        select(func.min(LedgerEntry.booked_on), func.max(LedgerEntry.booked_on))
        .join(Order, Order.id == LedgerEntry.order_id)
        .where(Order.organisation_id == organisation_id, LedgerEntry.kind.in_((SOLD, GIVEN_BACK, CAME_BACK)))
    ).one()
    this = clock.first_of_month(clock.today())
    months, month = [this], clock.first_of_month(begin) if begin else this
    while month <= clock.first_of_month(end or this):
        months.append(month)
        month = clock.next_month(month)
    return sorted(set(months), reverse=True)


def _lines(organisation_id: int, month: date) -> list[StatementLine]:
    entries = _entries(organisation_id, month)
    of_orders = _order_lines({entry.order_id for entry in entries})
    of_refunds = _refund_lines({_refund_id(entry.cause) for entry in entries if entry.kind != SOLD})
    found = []
    for entry in entries:
        levy, net = -int(entry.levy), -int(entry.payable)
        gross = levy + net
        order_lines = of_orders[entry.order_id]
        if entry.kind == SOLD:
            weights = [line.amount_pence for line in order_lines]
        else:
            back = of_refunds.get(_refund_id(entry.cause), {})
            weights = [back.get(line.id, 0) for line in order_lines]
        grosses = split_by_largest_remainder(gross, weights)
        levies = split_by_largest_remainder(levy, [abs(pence) for pence in grosses])
        for line, part, levy_part in zip(order_lines, grosses, levies, strict=True):
            if part or levy_part:
                found.append(
                    StatementLine(
                        entry.booked_on, entry.order_id, entry.reference, entry.kind, line.title, part, levy_part
                    )
                )
    return found


def _entries(organisation_id: int, month: date) -> list[Any]:
    """What was booked between this provider, its payers and the operator, with the provider's side and the levy."""

    def side(code: str) -> Any:
        return func.sum(case((LedgerAccount.code == code, LedgerPosting.pence), else_=0))

    return list(
        db.session.execute(
            select(
                LedgerEntry.id,
                LedgerEntry.cause,
                LedgerEntry.kind,
                LedgerEntry.booked_on,
                LedgerEntry.order_id,
                Order.reference,
                side(ledger.provider_payable(organisation_id)).label("payable"),
                side(ledger.OPERATOR_LEVY).label("levy"),
            )
            .join(Order, Order.id == LedgerEntry.order_id)
            .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
            .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
            .where(
                and_(
                    Order.organisation_id == organisation_id,
                    LedgerEntry.kind.in_((SOLD, GIVEN_BACK, CAME_BACK)),
                    LedgerEntry.booked_on >= month,
                    LedgerEntry.booked_on < clock.next_month(month),
                )
            )
            .group_by(
                LedgerEntry.id,
                LedgerEntry.cause,
                LedgerEntry.kind,
                LedgerEntry.booked_on,
                LedgerEntry.order_id,
                LedgerEntry.recorded_at,
                Order.reference,
            )
            .order_by(LedgerEntry.booked_on, LedgerEntry.recorded_at, LedgerEntry.id)
        )
    )


def _order_lines(order_ids: set[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {order_id: [] for order_id in order_ids}
    for row in db.session.execute(
        select(OrderLine.id, OrderLine.order_id, OrderLine.title, OrderLine.amount_pence)
        .where(OrderLine.order_id.in_(sorted(order_ids)))
        .order_by(OrderLine.order_id, OrderLine.line_no)
    ):
        found[row.order_id].append(row)
    return found


def _refund_lines(refund_ids: set[int]) -> dict[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = {}
    for row in db.session.execute(
        select(RefundLine.refund_id, RefundLine.order_line_id, RefundLine.pence)
        .where(RefundLine.refund_id.in_(sorted(refund_ids)))
        .order_by(RefundLine.refund_id, RefundLine.order_line_id)
    ):
        found.setdefault(row.refund_id, {})[row.order_line_id] = row.pence
    return found


def _refund_id(cause: str) -> int:
    """The refund behind `refund:12` or `reverse:refund:12`."""
    return int(cause.rsplit(":", 1)[1])
