"""Receipts, invoices and time sheets beside an order: what they are called, and when one may be taken back. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

TAKE_BACK = timedelta(days=7)
"""For so long whoever handed in a file may take it back; then others may have relied on it."""
DUE_DAYS = 28
REMIND = timedelta(days=7)
"""One reminder, so long before the day by which the council asks for it."""


class EvidenceKind(StrEnum):
    RECEIPT = "receipt"
    INVOICE = "invoice"
    TIMESHEET = "timesheet"
    OTHER = "other"


KIND_WORDS: dict[EvidenceKind, str] = {
    EvidenceKind.RECEIPT: "Receipt",
    EvidenceKind.INVOICE: "Invoice",
    EvidenceKind.TIMESHEET: "Time sheet",
    EvidenceKind.OTHER: "Something else",
}


@dataclass(frozen=True)
class EvidenceView:
    """One file beside an order. `by` is the name of who handed it in, `provider` whether the provider did."""

    id: int
    order_id: int
    line_no: int | None
    kind: EvidenceKind
    words: str | None
    file_name: str
    size_words: str
    by_user_id: int
    by: str
    provider: bool
    at: datetime

    @property
    def title(self) -> str:
        return KIND_WORDS[self.kind] if self.kind is not EvidenceKind.OTHER else (self.words or "File")

    def may_be_taken_back(self, user_id: int | None, now: datetime) -> bool:
        return self.by_user_id == user_id and now < self.at + TAKE_BACK


@dataclass(frozen=True)
class AskedFor:
    """What a council asked for about one order, and how far that is."""

    id: int
    order_id: int
    person_id: int
    council_id: int
    words: str
    due_on: date
    asked_at: datetime
    reminded_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    closing_words: str | None
    was_enough: bool | None

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    def is_late(self, today: date) -> bool:
        return self.is_open and self.answered_at is None and self.due_on < today
