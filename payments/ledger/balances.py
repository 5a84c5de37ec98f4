"""Read the ledger: what an account has, at the end of a day, and what moved on it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from marketplace.database import db
from marketplace.kernel import clock
from payments.models import LedgerAccount, LedgerEntry, LedgerPosting


@dataclass(frozen=True)
class AccountLine:
    """One posting on an account, with the entry's two days: when it happened (London), and when it was booked."""

    booked_on: date
    happened_on: date
    kind: str
    cause: str
    order_id: int | None
    reason: str | None
    pence: int
    balance_pence: int


def balance(code: str, on: date | None = None) -> int:
    """The balance of one account in pence at the end of day `on` (now when None); 0 for one that never moved."""
    query = (
        select(func.coalesce(func.sum(LedgerPosting.pence), 0))
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerAccount.code == code)
    )
    if on is not None:
        query = query.join(LedgerEntry, LedgerEntry.id == LedgerPosting.entry_id).where(LedgerEntry.booked_on <= on)
    return int(db.session.scalar(query) or 0)


def balances(pattern: str = "%", on: date | None = None) -> dict[str, int]:
    """Balances by code, in order of codes, of the accounts whose code is LIKE `pattern`, at the end of day `on`."""
    query = (
        select(LedgerAccount.code, func.sum(LedgerPosting.pence))
        .join(LedgerPosting, LedgerPosting.account_id == LedgerAccount.id)
        .where(LedgerAccount.code.like(pattern))
        .group_by(LedgerAccount.code)
        .order_by(LedgerAccount.code)
    )
    if on is not None:
        query = query.join(LedgerEntry, LedgerEntry.id == LedgerPosting.entry_id).where(LedgerEntry.booked_on <= on)
    return {code: int(pence) for code, pence in db.session.execute(query)}


def kinds_of(entry_ids: list[int]) -> dict[str, int]:
    """How many of these entries stand, by kind, in the order of kinds."""
    found: Counter[str] = Counter()
    for start in range(0, len(entry_ids), 500):
        some = entry_ids[start : start + 500]
        found.update(db.session.scalars(select(LedgerEntry.kind).where(LedgerEntry.id.in_(some))))
    return dict(sorted(found.items()))


def statement(code: str, first: date, last: date) -> Iterator[AccountLine]:
    """What moved on an account in the days from `first` to `last`, in the order of booking, with the running balance.

    A movement that was booked late says both days: it counts where it was booked.
    """
    running = balance(code, first - timedelta(days=1))
    rows = db.session.execute(
        select(
            LedgerEntry.booked_on,
            LedgerEntry.occurred_at,
            LedgerEntry.kind,
            LedgerEntry.cause,
            LedgerEntry.order_id,
            LedgerEntry.reason,
            LedgerPosting.pence,
        )
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerAccount.code == code, LedgerEntry.booked_on.between(first, last))
        .order_by(LedgerEntry.booked_on, LedgerEntry.recorded_at, LedgerEntry.id)
        .execution_options(yield_per=1000)
    )
    for row in rows:
        running += row.pence
        happened: datetime = row.occurred_at
        yield AccountLine(
            row.booked_on,
            clock.london(happened).date(),
            row.kind,
            row.cause,
            row.order_id,
            row.reason,
            row.pence,
            running,
        )
