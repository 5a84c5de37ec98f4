"""The entries of the ledger that carry levy: what was sold and given back, of which funding part, with gross and levy.

Statements, invoices and reports all read them here. An entry belongs to the London day on which it was booked.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import case, func, select

from marketplace.database import db
from marketplace.kernel import clock
from payments.domain import RefundReason
from payments.ledger import OPERATOR_LEVY, OPERATOR_PROCESSING_FEES
from payments.models import LedgerAccount, LedgerEntry, LedgerPosting, Order, Refund

SOLD, GIVEN_BACK, CAME_BACK, UNSOLD = "sale", "refund", "reverse_refund", "reverse_sale"
KINDS = (SOLD, GIVEN_BACK, CAME_BACK, UNSOLD)
NOT_TAKEN_ON = "not_taken_on"
"""What a line on paper calls what was booked as given back, and was never taken."""


@dataclass(frozen=True)
class LevyEntry:
    """One entry. Sold is plus and given back is minus, for the gross and for the levy; `refund_id` of a refund's."""

    id: int
    kind: str
    booked_on: date
    order_id: int
    reference: str
    organisation_id: int
    council_id: int | None
    funding_id: int
    refund_id: int | None
    gross_pence: int
    levy_pence: int
    was_never_taken: bool = False

    @property
    def kind_on_paper(self) -> str:
        return NOT_TAKEN_ON if self.was_never_taken else self.kind


def list_entries(month: date, organisation_id: int | None = None) -> list[LevyEntry]:
    """The entries of the month that holds `month`, as they were booked; of one provider or of all. Two queries."""
    first = clock.first_of_month(month)
    return _read(
        _entries(organisation_id)
        .where(LedgerEntry.booked_on >= first, LedgerEntry.booked_on < clock.next_month(first))
        .order_by(LedgerEntry.booked_on, LedgerEntry.recorded_at, LedgerEntry.id)
    )


def organisations_with_entries(month: date) -> list[int]:
    """The providers of which something was sold or given back in the month that holds `month`, by id."""
    first = clock.first_of_month(month)
    return list(
        db.session.scalars(
            select(Order.organisation_id)
            .join(LedgerEntry, LedgerEntry.order_id == Order.id)
            .where(
                LedgerEntry.kind.in_(KINDS),
                LedgerEntry.booked_on >= first,
                LedgerEntry.booked_on < clock.next_month(first),
            )
            .distinct()
            .order_by(Order.organisation_id)
        )
    )


def first_and_last_day(organisation_id: int | None = None) -> tuple[date | None, date | None]:
    """The days of the first and of the last entry, of one provider or of all."""
    query = select(func.min(LedgerEntry.booked_on), func.max(LedgerEntry.booked_on)).where(LedgerEntry.kind.in_(KINDS))
    if organisation_id is not None:
        query = query.join(Order, Order.id == LedgerEntry.order_id).where(Order.organisation_id == organisation_id)
    first, last = db.session.execute(query).one()
    return first, last


def fees_by_order(
    month: date, organisation_id: int | None = None, *, codes: Collection[str] = (OPERATOR_PROCESSING_FEES,)
) -> dict[int | None, tuple[int, date]]:
    """What the processor kept in a month, by order, with the last day on which it did. One query.

    It is what is on the accounts `codes`: for taking cards, unless they say more. Of all providers together, what was
    kept for no order has None.
    """
    first = clock.first_of_month(month)
    query = (
        select(LedgerEntry.order_id, func.sum(LedgerPosting.pence), func.max(LedgerEntry.booked_on))
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(
            LedgerAccount.code.in_(codes),
            LedgerEntry.booked_on >= first,
            LedgerEntry.booked_on < clock.next_month(first),
        )
        .group_by(LedgerEntry.order_id)
    )
    if organisation_id is not None:
        query = query.join(Order, Order.id == LedgerEntry.order_id).where(Order.organisation_id == organisation_id)
    return {order_id: (int(pence), last) for order_id, pence, last in db.session.execute(query)}


def gross_before(month: date, order_ids: Collection[int]) -> dict[int, int]:
    """What stood of each funding part of these orders when the month began, by part."""
    if not order_ids:
        return {}
    rows = _entries(None).where(
        LedgerEntry.booked_on < clock.first_of_month(month), LedgerEntry.order_id.in_(order_ids)
    )
    left: dict[int, int] = {}
    for entry in _read(rows):
        left[entry.funding_id] = left.get(entry.funding_id, 0) + entry.gross_pence
    return left


def _entries(organisation_id: int | None) -> Any:
    """Entries with the provider's side and the levy, summed per entry."""
    levy = func.sum(case((LedgerAccount.code == OPERATOR_LEVY, LedgerPosting.pence), else_=0))
    payable = func.sum(case((LedgerAccount.code.like("provider:%:payable"), LedgerPosting.pence), else_=0))
    query: Any = (
        select(
            LedgerEntry.id,
            LedgerEntry.cause,
            LedgerEntry.kind,
            LedgerEntry.booked_on,
            LedgerEntry.order_id,
            LedgerEntry.council_id,
            Order.reference,
            Order.organisation_id,
            payable.label("payable"),
            levy.label("levy"),
        )
        .join(Order, Order.id == LedgerEntry.order_id)
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerEntry.kind.in_(KINDS))
        .group_by(
            LedgerEntry.id,
            LedgerEntry.cause,
            LedgerEntry.kind,
            LedgerEntry.booked_on,
            LedgerEntry.order_id,
            LedgerEntry.council_id,
            LedgerEntry.recorded_at,
            Order.reference,
            Order.organisation_id,
        )
    )
    return query if organisation_id is None else query.where(Order.organisation_id == organisation_id)


def _read(query: Any) -> list[LevyEntry]:
    rows = db.session.execute(query).all()
    numbers = {row.id: int(row.cause.rsplit(":", 1)[1]) for row in rows}
    refunds = {numbers[row.id] for row in rows if row.kind in (GIVEN_BACK, CAME_BACK)}
    of_refunds = _of_refunds(refunds)
    found = []
    for row in rows:
        refund = of_refunds[numbers[row.id]] if row.kind in (GIVEN_BACK, CAME_BACK) else None
        levy = -int(row.levy)
        found.append(
            LevyEntry(
                row.id,
                row.kind,
                row.booked_on,
                row.order_id,
                row.reference,
                row.organisation_id,
                row.council_id,
                refund.order_funding_id if refund else numbers[row.id],
                refund.id if refund else None,
                levy - int(row.payable),
                levy,
                refund is not None and refund.reason_code == RefundReason.NOT_ACCEPTED,
            )
        )
    return found


def _of_refunds(refund_ids: Collection[int]) -> dict[int, Any]:
    if not refund_ids:
        return {}
    wanted = select(Refund.id, Refund.order_funding_id, Refund.reason_code).where(Refund.id.in_(sorted(refund_ids)))
    return {row.id: row for row in db.session.execute(wanted)}
