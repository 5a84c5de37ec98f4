"""What a task of the desk is, and what its people may read of an email."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class TaskKind(StrEnum):
    PROVIDER = "provider"
    LISTING = "listing"
    CLAIM = "claim"
    COMPLAINT = "complaint"
    PAYMENT = "payment"
    UNANSWERED = "unanswered"
    UNCONFIRMED = "unconfirmed"
    REFUND = "refund"
    LEVY = "levy"
    ISSUER = "issuer"
    EXPLANATION = "explanation"
    LETTERS = "letters"
    WORK = "work"
    WORKER = "worker"


WORDS_OF_KIND: dict[TaskKind, str] = {
    TaskKind.PROVIDER: "Provider to approve",
    TaskKind.LISTING: "Listing to approve",
    TaskKind.CLAIM: "Claim to decide",
    TaskKind.COMPLAINT: "Something went wrong",
    TaskKind.PAYMENT: "Payment to look at",
    TaskKind.UNANSWERED: "No answer from a provider",
    TaskKind.UNCONFIRMED: "Not agreed for over 7 days",
    TaskKind.REFUND: "Refund for a second person",
    TaskKind.LEVY: "Levy for a second person",
    TaskKind.ISSUER: "Name on invoices for a second person",
    TaskKind.EXPLANATION: "Explained money for a second person",
    TaskKind.LETTERS: "Letters to print",
    TaskKind.WORK: "Work that failed",
    TaskKind.WORKER: "Work that nobody takes up",
}
URGENT = frozenset({TaskKind.COMPLAINT, TaskKind.PAYMENT, TaskKind.WORK, TaskKind.WORKER})
UNCONFIRMED_DAYS = 7
ANSWER_IS_NEAR = timedelta(days=1)
WORKER_IS_LATE = timedelta(minutes=15)

# Acts after which something that waited for a person may not wait any more. When nothing waits, it has been so at
# least since the last of these.
ENDING_ACTS = frozenset(
    {
        "provider.approve",
        "provider.refuse",
        "listing.approve",
        "listing.refuse",
        "listing.withdraw",
        "claim.accepted",
        "claim.refused",
        "order.accept",
        "order.decline",
        "order.expire",
        "order.cancel",
        "order.confirm",
        "order.end_complaint",
        "refund.approve",
        "refund.refuse",
        "levy.approve",
        "levy.confirm_issuer",
        "money.explained",
        "money.not_explained",
        "letter.print",
        "work.try_again",
        "payment.capture",
        "payment.refund_all",
        "payment.refund_part",
        "payment.win_dispute",
        "payment.lose_dispute",
        "payment.lose_dispute_part",
        "payment.authorise",
    }
)


@dataclass(frozen=True)
class Task:
    """Something that waits for a person: since when, whose it is, and what to do. `endpoint` and `args` say where."""

    kind: TaskKind
    what: str
    todo: str
    owner: str
    since: datetime
    endpoint: str
    args: Mapping[str, int] = field(default_factory=dict)

    @property
    def kind_words(self) -> str:
        return WORDS_OF_KIND[self.kind]

    @property
    def is_urgent(self) -> bool:
        return self.kind in URGENT


_KEY = re.compile(r"(https?://[^\s/]+(?:/[^\s/]+)*/)[\w.~-]{24,}(?!\S)")


def without_keys(body: str) -> str:
    """An email's text without what lets its reader in: whoever reads a link for a new password can use it."""
    return _KEY.sub(r"\1…", body)
