"""Close months: what was booked in them stands, and what comes late is booked in the next one that is open."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Date, ScalarSelect, and_, func, insert, literal, select, text

from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from payments.models import LedgerEntry, LedgerMonth, LedgerMonthBalance, LedgerPosting

CLOSE_AFTER = timedelta(days=5)
"""By then the reconciler has run many times: what had not been told of the month is booked."""


@dataclass(frozen=True)
class ClosedMonth:
    """A closed month with what was counted when it was closed."""

    starts_on: date
    entries: int
    debit_pence: int
    closed_at: datetime
    closed_by_user_id: int | None


def booking_day() -> ScalarSelect[date]:
    """For an insert: today in London, or the first day after the closed months where today is in one of them."""
    today = literal(clock.today(), Date)
    closed = select(func.max(LedgerMonth.open_from)).where(LedgerMonth.open_from > today).scalar_subquery()
    return select(func.coalesce(closed, today, type_=Date)).scalar_subquery()


def close_months(before: date | None = None, *, actor_user_id: int | None = None) -> list[date]:
    """Close, oldest first, every month that was over on day `before` (today when None); answers their first days.

    No month is left out between two, and one that is not over cannot be closed. Twice is once.
    """
    before = min(before or clock.today(), clock.today())
    with transaction():
        _hold_entries()
        month, closed = _first_open(), []
        while month is not None and clock.next_month(month) <= before:
            _close(month, actor_user_id)
            closed.append(month)
            month = clock.next_month(month)
        return closed


def close_due_months() -> list[date]:
    """Close what has been over for some days. Run every day by the worker."""
    return close_months(clock.today() - CLOSE_AFTER)


def list_months() -> list[ClosedMonth]:
    """The closed months, oldest first."""
    return [
        ClosedMonth(month.starts_on, month.entries, month.debit_pence, month.closed_at, month.closed_by_user_id)
        for month in db.session.execute(select(LedgerMonth).order_by(LedgerMonth.starts_on)).scalars()
    ]


def count_month(starts_on: date) -> tuple[int, int]:
    """How many entries are booked in a month, and the sum of their debits."""
    in_month = _booked_in(starts_on)
    entries = db.session.scalar(select(func.count(LedgerEntry.id)).where(in_month))
    debit = db.session.scalar(
        select(func.sum(LedgerPosting.pence))
        .join(LedgerEntry, LedgerEntry.id == LedgerPosting.entry_id)
        .where(in_month, LedgerPosting.pence > 0)
    )
    return int(entries or 0), int(debit or 0)


def moved_in_month(starts_on: date) -> Iterator[tuple[int, int]]:
    """The accounts whose balance a month changed, and by how much."""
    rows = db.session.execute(
        select(LedgerPosting.account_id, func.sum(LedgerPosting.pence))
        .join(LedgerEntry, LedgerEntry.id == LedgerPosting.entry_id)
        .where(_booked_in(starts_on))
        .group_by(LedgerPosting.account_id)
        .having(func.sum(LedgerPosting.pence) != 0)
        .execution_options(yield_per=1000)
    )
    for account_id, pence in rows:
        yield account_id, int(pence)


def _booked_in(starts_on: date) -> ColumnElement[bool]:
    return and_(LedgerEntry.booked_on >= starts_on, LedgerEntry.booked_on < clock.next_month(starts_on))


def _first_open() -> date | None:
    after: date | None = db.session.scalar(select(func.max(LedgerMonth.open_from)))
    if after is not None:
        return after
    first: date | None = db.session.scalar(select(func.min(LedgerEntry.booked_on)))
    return clock.first_of_month(first) if first is not None else None


def _hold_entries() -> None:
    """Let no entry be booked until the commit: one on its way is counted, the next one sees the month closed."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("LOCK TABLE ledger_entries IN SHARE ROW EXCLUSIVE MODE"))


def _close(starts_on: date, actor_user_id: int | None) -> None:
    open_from = clock.next_month(starts_on)
    entries, debit_pence = count_month(starts_on)
    db.session.execute(
        insert(LedgerMonth).values(
            starts_on=starts_on,
            open_from=open_from,
            entries=entries,
            debit_pence=debit_pence,
            closed_at=clock.now(),
            closed_by_user_id=actor_user_id,
        )
    )
    db.session.execute(
        insert(LedgerMonthBalance).from_select(
            ["month_starts_on", "account_id", "pence"],
            select(literal(starts_on, Date), LedgerPosting.account_id, func.sum(LedgerPosting.pence))
            .join(LedgerEntry, LedgerEntry.id == LedgerPosting.entry_id)
            .where(LedgerEntry.booked_on < open_from)
            .group_by(LedgerPosting.account_id)
            .having(func.sum(LedgerPosting.pence) != 0),
        )
    )
    record(
        "ledger.close",
        "ledger_month",
        None,
        actor_user_id=actor_user_id,
        month=starts_on.isoformat(),
        entries=entries,
    )
