"""Tables of the ledger: double entry, immutable, every entry summing to zero.

Postings are written first, under the id of the entry to come; its insert is refused unless they sum to 0, and nothing
can be added once it stands. The foreign key is checked at commit, so a posting without an entry cannot stay.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, Pence, UtcDateTime


class LedgerAccount(Base):
    """An account such as `provider:12:payable`, `operator:levy`, `stripe:clearing`, `council:3:owed`."""

    __tablename__ = "ledger_accounts"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    council_id: Mapped[int | None] = mapped_column(ForeignKey("councils.id"), index=True)


class LedgerEntry(Base):
    """One movement of money with its cause, which is unique: the same cause is never booked twice."""

    __tablename__ = "ledger_entries"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    cause: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(30))
    booked_on: Mapped[date] = mapped_column(index=True)
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), index=True)
    council_id: Mapped[int | None] = mapped_column(ForeignKey("councils.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    actor_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    mandate_id: Mapped[int | None] = mapped_column(ForeignKey("mandates.id"))
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entries.id"), unique=True)
    reason: Mapped[str | None] = mapped_column(Text)


class LedgerMonth(Base):
    """A month that is closed: the database refuses an entry booked before `open_from`, the day after it.

    What was counted when it was closed stands beside it, and `marketplace verify` counts again.
    """

    __tablename__ = "ledger_months"

    starts_on: Mapped[date] = mapped_column(primary_key=True)
    open_from: Mapped[date] = mapped_column(unique=True)
    entries: Mapped[int] = mapped_column(BigInteger)
    debit_pence: Mapped[int] = mapped_column(Pence)
    closed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class LedgerMonthBalance(Base):
    """The balance of an account at the end of a closed month; accounts that were at 0 have no row."""

    __tablename__ = "ledger_month_balances"

    month_starts_on: Mapped[date] = mapped_column(ForeignKey("ledger_months.starts_on"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"), primary_key=True)
    pence: Mapped[int] = mapped_column(Pence)


class LedgerPosting(Base):
    """One side of an entry: plus is a debit, minus a credit."""

    __tablename__ = "ledger_postings"
    __table_args__ = (
        CheckConstraint("pence <> 0", name="not_zero"),
        Index("ix_ledger_postings_account", "account_id", "entry_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    entry_id: Mapped[int] = mapped_column(
        ForeignKey("ledger_entries.id", deferrable=True, initially="DEFERRED"), index=True
    )
    account_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"))
    pence: Mapped[int] = mapped_column(Pence)
