"""What is booked: an entry with its postings, its cause, and who did it for whom."""

from dataclasses import dataclass
from datetime import datetime

EXPLAINED = "explained"
"""The kind of entries that move what was not explained to where it belongs."""


@dataclass(frozen=True)
class Posting:
    """One side of an entry: plus is a debit, minus a credit."""

    code: str
    pence: int


@dataclass(frozen=True)
class Subject:
    """What an entry is about: the order and its council, for whom it was, who did it and under which mandate.

    `actor_user_id` is None when the marketplace itself acted: the worker, a webhook, the reconciler.
    """

    order_id: int | None = None
    council_id: int | None = None
    person_id: int | None = None
    actor_user_id: int | None = None
    mandate_id: int | None = None


@dataclass(frozen=True)
class Entry:
    """One movement of money. `cause` is unique: `stripe:<balance transaction>`, `sale:<funding>`, `refund:<id>`."""

    cause: str
    kind: str
    postings: tuple[Posting, ...]
    occurred_at: datetime
    subject: Subject = Subject()
    reason: str | None = None

    def sides(self) -> dict[str, int]:
        """Pence by account: equal accounts put together, zeros left out."""
        sums: dict[str, int] = {}
        for posting in self.postings:
            sums[posting.code] = sums.get(posting.code, 0) + posting.pence
        return {code: pence for code, pence in sums.items() if pence}
