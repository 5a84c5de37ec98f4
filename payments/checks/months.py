"""I8: every closed month still has what was counted when it was closed."""

from datetime import date, timedelta

from sqlalchemy import func, select

from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.checks import Check
from marketplace.kernel.money import format_pounds
from payments import ledger
from payments.ledger.months import count_month, moved_in_month
from payments.models import LedgerAccount, LedgerEntry, LedgerMonthBalance

AT_MIDNIGHT = timedelta(minutes=1)
"""So long after its day an entry may have been written down that was begun before midnight."""


def stand() -> Check:
    """Count each closed month again, and carry the balances forward from one to the next."""
    closed, fault = ledger.list_months(), None
    balances: dict[int, int] = {}
    expected = closed[0].starts_on if closed else None
    if expected is not None:
        before = db.session.scalar(select(LedgerEntry.cause).where(LedgerEntry.booked_on < expected).limit(1))
        fault = f"entry {before} is booked before the first month that was closed" if before else None
    for month in closed:
        name = f"{month.starts_on:%B %Y}"
        if fault is None and month.starts_on != expected:
            fault = f"the closed month before {name} is missing"
        entries, debit_pence = count_month(month.starts_on)
        if fault is None and (entries, debit_pence) != (month.entries, month.debit_pence):
            fault = (
                f"{name} was closed with {month.entries:,} entries and {format_pounds(month.debit_pence)} of debits, "
                f"it has {entries:,} entries and {format_pounds(debit_pence)}"
            )
        for account_id, pence in moved_in_month(month.starts_on):
            balances[account_id] = balances.get(account_id, 0) + pence
            if not balances[account_id]:
                del balances[account_id]
        fault = fault or _other_balance(month, name, balances)
        if fault:
            break
        expected = clock.next_month(month.starts_on)
    return Check(
        "I8", "closed months", len(closed), fault or _other_day({clock.next_month(month.starts_on) for month in closed})
    )


def _other_day(open_from: set[date]) -> str | None:
    """Each entry is booked on the London day on which it was written down, or on the first one after closed months."""
    recorded = LedgerEntry.recorded_at
    days = db.session.execute(
        select(LedgerEntry.booked_on, func.min(recorded).label("first"), func.max(recorded).label("last"))
        .group_by(LedgerEntry.booked_on)
        .order_by(LedgerEntry.booked_on)
    ).all()
    for day, first, last in days:
        begins, ends = clock.day_bounds(day, day)
        late = day in open_from
        if (begins <= first or late) and last < ends + AT_MIDNIGHT:
            continue
        other = recorded >= ends if last >= ends else recorded < begins
        cause = db.session.scalar(select(LedgerEntry.cause).where(LedgerEntry.booked_on == day, other).limit(1))
        return f"entry {cause} is booked on {day:%-d %B %Y}, and was written down on another day"
    return None


def _other_balance(month: ledger.ClosedMonth, name: str, balances: dict[int, int]) -> str | None:
    stored = {
        row.account_id: row.pence
        for row in db.session.execute(
            select(LedgerMonthBalance.account_id, LedgerMonthBalance.pence).where(
                LedgerMonthBalance.month_starts_on == month.starts_on
            )
        )
    }
    wrong = sorted(id for id in stored.keys() | balances.keys() if stored.get(id, 0) != balances.get(id, 0))
    if not wrong:
        return None
    code = db.session.scalar(select(LedgerAccount.code).where(LedgerAccount.id == wrong[0]))
    kept, found = stored.get(wrong[0], 0), balances.get(wrong[0], 0)
    return f"{code} was closed at {format_pounds(kept)} in {name}, its entries say {format_pounds(found)}"
