"""A provider's levy statement: what was sold and given back in a month, line by line, as the ledger booked it.

An entry belongs to the month in which it was booked, so a month that is over never changes.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from marketplace.accounts.domain import Actor, Role
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import split_by_largest_remainder
from payments.models import Order, OrderLine, RefundLine
from payments.queries.levy_entries import NOT_TAKEN_ON, SOLD, fees_by_order, first_and_last_day, list_entries

CARD_FEE = "card_fee"


@dataclass(frozen=True)
class StatementLine:
    """One line of one order: what was sold (plus) or given back (minus), the levy of it, and what the provider gets.

    `fee_pence` is what Stripe kept for taking the card. The operator bears it: it never lessens what the provider gets.
    """

    on: date
    order_id: int
    reference: str
    kind: str
    title: str
    gross_pence: int
    levy_pence: int
    fee_pence: int = 0

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
    def fee_pence(self) -> int:
        return sum(line.fee_pence for line in self.lines)

    @property
    def net_pence(self) -> int:
        return sum(line.net_pence for line in self.lines)

    @property
    def sold_pence(self) -> int:
        return sum(line.gross_pence for line in self.lines if line.kind in (SOLD, NOT_TAKEN_ON))

    @property
    def given_back_pence(self) -> int:
        return -sum(line.gross_pence for line in self.lines if line.kind not in (SOLD, NOT_TAKEN_ON))


def get_statement(actor: Actor, organisation_id: int, month: date) -> Statement:
    """The statement of the month that holds `month`, for the provider's members and the operator. Raises NotFound."""
    if organisation_id not in actor.organisation_ids(Role.PROVIDER) and not actor.has(Role.OPERATOR):
        raise NotFound()
    first = clock.first_of_month(month)
    return Statement(organisation_id, first, tuple(_lines(organisation_id, first)))


def months_with_sales(organisation_id: int) -> list[date]:
    """The months in which something of this provider was booked, newest first, this month always among them."""
    begin, end = first_and_last_day(organisation_id)
    this = clock.first_of_month(clock.today())
    months, month = [this], clock.first_of_month(begin) if begin else this
    while month <= clock.first_of_month(end or this):
        months.append(month)
        month = clock.next_month(month)
    return sorted(set(months), reverse=True)


def _lines(organisation_id: int, month: date) -> list[StatementLine]:
    entries = list_entries(month, organisation_id)
    fees = fees_by_order(month, organisation_id)
    of_orders = _order_lines({entry.order_id for entry in entries})
    of_refunds = _refund_lines({entry.refund_id for entry in entries if entry.refund_id is not None})
    found = []
    for entry in entries:
        order_lines = of_orders[entry.order_id]
        if entry.refund_id is None:
            weights = [line.amount_pence for line in order_lines]
        else:
            back = of_refunds.get(entry.refund_id, {})
            weights = [back.get(line.id, 0) for line in order_lines]
        grosses = split_by_largest_remainder(entry.gross_pence, weights)
        levies = split_by_largest_remainder(entry.levy_pence, [abs(pence) for pence in grosses])
        # What Stripe kept of an order stands beside its first entry of the month.
        fee, _ = fees.pop(entry.order_id, (0, entry.booked_on))
        fee_parts = split_by_largest_remainder(fee, [abs(pence) for pence in grosses])
        for line, gross, levy, fee_part in zip(order_lines, grosses, levies, fee_parts, strict=True):
            if gross or levy or fee_part:
                found.append(
                    StatementLine(
                        entry.booked_on,
                        entry.order_id,
                        entry.reference,
                        entry.kind_on_paper,
                        line.title,
                        gross,
                        levy,
                        fee_part,
                    )
                )
    return sorted([*found, *_fees_alone(fees)], key=lambda line: line.on)


def _fees_alone(fees: dict[int | None, tuple[int, date]]) -> list[StatementLine]:
    """What Stripe kept of orders that were sold in another month."""
    if not fees:
        return []
    orders = select(Order.id, Order.reference).where(Order.id.in_(fees))
    references = {row.id: row.reference for row in db.session.execute(orders)}
    return [
        StatementLine(on, order_id, references[order_id], CARD_FEE, "", 0, 0, pence)
        for order_id, (pence, on) in fees.items()
        if pence and order_id is not None
    ]


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
