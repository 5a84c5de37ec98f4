"""The operator's month: what each order earned beside what the processor kept of it, and what another rate would earn.

Everything is counted by the day on which it was booked, so that a month that is over keeps its report.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import BigInteger, case, cast, func, select
from sqlalchemy.orm import aliased

from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from payments.domain import Payer
from payments.ledger import OPERATOR_DISPUTE_FEES, OPERATOR_PROCESSING_FEES
from payments.levy import levy
from payments.models import LedgerEntry, Order, OrderFunding
from payments.queries.levy_entries import SOLD, LevyEntry, fees_by_order, gross_before, list_entries

BANDS = (0, 1_000, 2_000, 5_000, 10_000)
"""Where each band of prices begins, in pence; the last one has no end."""


@dataclass(frozen=True)
class LevyPart:
    """A funding part of an order in a month. `sold_pence` is what was sold in it, `gross_pence` less what went back.

    `is_counted`: the order counts with this part; one that a budget and a card pay counts once, where first sold.
    """

    order_id: int
    reference: str
    provider_name: str
    council_id: int | None
    rail: Rail
    price_pence: int = 0  # of the whole order, where a budget and a card pay it; and its levy as it was frozen
    price_levy_pence: int = 0
    is_counted: bool = False
    sold_pence: int = 0
    gross_pence: int = 0
    levy_pence: int = 0
    cost_pence: int = 0
    other_rate_pence: int | None = None

    @property
    def left_pence(self) -> int:
        return self.levy_pence - self.cost_pence


@dataclass(frozen=True)
class SoldOrder:
    """All that a month has of an order. One that a budget and a card pay is, where it counts, the whole of it: what the
    card costs is borne by the levy of both, although the budget's part is often settled in a later month.
    """

    order_id: int
    reference: str
    provider_name: str
    price_pence: int
    is_counted: bool
    sold_pence: int
    levy_pence: int
    cost_pence: int

    @property
    def left_pence(self) -> int:
        return self.levy_pence - self.cost_pence

    @property
    def is_loss(self) -> bool:
        """Sold in this month, and the processor kept more than the levy."""
        return self.sold_pence > 0 and self.left_pence < 0


@dataclass(frozen=True)
class Group:
    """The parts of one council and one kind of funding together; no council for those who pay for themselves."""

    council_id: int | None
    rail: Rail
    orders: int
    sold_pence: int
    levy_pence: int
    cost_pence: int

    @property
    def left_pence(self) -> int:
        return self.levy_pence - self.cost_pence


@dataclass(frozen=True)
class Band:
    """Orders sold at a price from `least_pence` to `most_pence` (None: no end), and those of them that made a loss."""

    least_pence: int
    most_pence: int | None
    orders: int
    losses: int
    lost_pence: int


@dataclass(frozen=True)
class MonthReport:
    """A month of the levy by order. `loose_cost_pence` is what the processor kept for no order."""

    month: date
    parts: tuple[LevyPart, ...]
    loose_cost_pence: int

    @property
    def sold_pence(self) -> int:
        return sum(part.sold_pence for part in self.parts)

    @property
    def levy_pence(self) -> int:
        return sum(part.levy_pence for part in self.parts)

    @property
    def cost_pence(self) -> int:
        return sum(part.cost_pence for part in self.parts) + self.loose_cost_pence

    @property
    def left_pence(self) -> int:
        return self.levy_pence - self.cost_pence

    @property
    def other_rate_pence(self) -> int:
        """What the month would have earned at the other rate that was asked for."""
        return sum(part.other_rate_pence or 0 for part in self.parts)

    @cached_property
    def orders(self) -> tuple[SoldOrder, ...]:
        """The month by order, in the order of selling."""
        found: dict[int, list[LevyPart]] = {}
        for part in self.parts:
            found.setdefault(part.order_id, []).append(part)
        return tuple(_sold(parts) for parts in found.values())

    @property
    def losses(self) -> tuple[SoldOrder, ...]:
        """The orders that made a loss, the largest loss first."""
        return tuple(sorted((order for order in self.orders if order.is_loss), key=lambda order: order.left_pence))

    @property
    def lost_pence(self) -> int:
        """What the orders that made a loss cost more than they brought."""
        return -sum(order.left_pence for order in self.losses)

    def groups(self) -> list[Group]:
        """By council (those without one last) and kind of funding."""
        found: dict[tuple[int | None, Rail], list[LevyPart]] = {}
        for part in self.parts:
            found.setdefault((part.council_id, part.rail), []).append(part)
        return [
            Group(
                council_id,
                rail,
                sum(part.is_counted for part in parts),
                sum(part.sold_pence for part in parts),
                sum(part.levy_pence for part in parts),
                sum(part.cost_pence for part in parts),
            )
            for (council_id, rail), parts in sorted(
                found.items(), key=lambda item: (item[0][0] is None, item[0][0] or 0, item[0][1])
            )
        ]

    def bands(self) -> list[Band]:
        """What was sold, by its price."""
        bands = []
        for least, after in zip(BANDS, (*BANDS[1:], None), strict=True):
            orders = [each for each in self.orders if each.price_pence >= least]
            orders = [each for each in orders if after is None or each.price_pence < after]
            losses = [each for each in orders if each.is_loss]
            lost = -sum(each.left_pence for each in losses)
            counted = sum(each.is_counted for each in orders)
            bands.append(Band(least, None if after is None else after - 1, counted, len(losses), lost))
        return bands


def month_report(month: date, other_rate_bp: int | None = None) -> MonthReport:
    """The month that holds `month`, part by part in the order of selling; with what `other_rate_bp` would earn."""
    first = clock.first_of_month(month)
    entries = list_entries(first)
    costs = fees_by_order(first, codes=(OPERATOR_PROCESSING_FEES, OPERATOR_DISPUTE_FEES))
    parts, card_parts = _parts_of(first)
    for entry in entries:
        part = parts[entry.funding_id]
        parts[entry.funding_id] = replace(
            part,
            sold_pence=part.sold_pence + (entry.gross_pence if entry.kind == SOLD or entry.was_never_taken else 0),
            gross_pence=part.gross_pence + entry.gross_pence,
            levy_pence=part.levy_pence + entry.levy_pence,
        )
    for counted_id in _counted(first, entries, parts):
        parts[counted_id] = replace(parts[counted_id], is_counted=True)
    loose = 0
    for order_id, (pence, _) in costs.items():
        funding_id = card_parts.get(order_id) if order_id is not None else None
        if funding_id is None:
            loose += pence
        else:
            parts[funding_id] = replace(parts[funding_id], cost_pence=parts[funding_id].cost_pence + pence)
    moved = {entry.funding_id for entry in entries}
    if other_rate_bp is not None:
        before = gross_before(first, _older(entries))
        for funding_id in moved:
            begin = before.get(funding_id, 0)
            pence = levy(begin + parts[funding_id].gross_pence, other_rate_bp) - levy(begin, other_rate_bp)
            parts[funding_id] = replace(parts[funding_id], other_rate_pence=pence)
    shown = tuple(part for funding_id, part in parts.items() if funding_id in moved or part.cost_pence)
    return MonthReport(first, shown, loose)


def _sold(parts: Sequence[LevyPart]) -> SoldOrder:
    """The parts of one order together."""
    first, is_counted = parts[0], any(part.is_counted for part in parts)
    sold, levied = sum(part.sold_pence for part in parts), sum(part.levy_pence for part in parts)
    if is_counted and first.price_pence:
        sold, levied = first.price_pence, first.price_levy_pence
    return SoldOrder(
        first.order_id,
        first.reference,
        first.provider_name,
        first.price_pence or sold,
        is_counted,
        sold,
        levied,
        sum(part.cost_pence for part in parts),
    )


def _counted(first: date, entries: Collection[LevyEntry], parts: Mapping[int, LevyPart]) -> Iterator[int]:
    """The parts with which the month's orders count: each order where it was first sold, in this month or before."""
    in_two = {part.order_id for part in parts.values() if part.price_pence}
    seen: set[int] = set()
    if in_two:
        seen.update(
            db.session.scalars(
                select(LedgerEntry.order_id).where(
                    LedgerEntry.order_id.in_(in_two), LedgerEntry.kind == SOLD, LedgerEntry.booked_on < first
                )
            )
        )
    for entry in entries:
        if parts[entry.funding_id].sold_pence > 0 and entry.kind == SOLD and entry.order_id not in seen:
            seen.add(entry.order_id)
            yield entry.funding_id


def _older(entries: Collection[LevyEntry]) -> set[int]:
    """The orders of parts that moved in the month and were not sold in it."""
    sold = {entry.funding_id for entry in entries if entry.kind == SOLD}
    return {entry.order_id for entry in entries if entry.funding_id not in sold}


def _parts_of(first: date) -> tuple[dict[int, LevyPart], dict[int, int]]:
    """The funding parts of every order with an entry in the month, and for each order the part that its card pays."""
    in_month = select(LedgerEntry.order_id).where(
        LedgerEntry.order_id.is_not(None),
        LedgerEntry.booked_on >= first,
        LedgerEntry.booked_on < clock.next_month(first),
    )
    of_order: Any = aliased(OrderFunding)
    whole_levy = (
        select(cast(func.sum(of_order.levy_pence), BigInteger))  # PostgreSQL sums to a decimal
        .where(of_order.order_id == Order.id)
        .correlate(Order)
        .scalar_subquery()
    )
    parts: dict[int, LevyPart] = {}
    by_card: dict[int, int] = {}
    for row in db.session.execute(
        select(
            OrderFunding.id,
            OrderFunding.order_id,
            OrderFunding.rail,
            OrderFunding.payer,
            Order.reference,
            Order.provider_name,
            Order.council_id,
            case((Order.top_up_pence > 0, Order.total_pence), else_=0).label("price_pence"),
            case((Order.top_up_pence > 0, whole_levy), else_=0).label("price_levy_pence"),
        )
        .join(Order, Order.id == OrderFunding.order_id)
        .where(OrderFunding.order_id.in_(in_month))
        .order_by(OrderFunding.order_id, OrderFunding.part_no)
    ):
        parts[row.id] = LevyPart(
            row.order_id,
            row.reference,
            row.provider_name,
            row.council_id,
            row.rail,
            row.price_pence,
            row.price_levy_pence,
        )
        if row.payer is Payer.PERSON:
            by_card.setdefault(row.order_id, row.id)
    return parts, by_card
