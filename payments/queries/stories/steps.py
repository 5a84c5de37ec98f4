"""What a step of an order's money story is, and the words for it. Pure."""

from dataclasses import dataclass
from datetime import date, datetime

from payments.domain import RefundReason
from payments.ledger import (
    OPERATOR_BANK,
    OPERATOR_DISPUTE_FEES,
    OPERATOR_DISPUTE_RESERVE,
    OPERATOR_LEVY,
    OPERATOR_PROCESSING_FEES,
    STRIPE_CLEARING,
    STRIPE_UNEXPLAINED,
)


@dataclass(frozen=True)
class Posting:
    """One side of an entry, with its account's name: plus is a debit, minus a credit."""

    code: str
    account: str
    pence: int


@dataclass(frozen=True)
class Step:
    """One thing that happened to an order's money: when, what, who did it, and what it was booked as.

    `at` is when it was written down here, in which order steps are told; `happened_at` is another day on which Stripe
    says it happened, if it was. `number` is Stripe's id, or a run's. `by` is who did it, None for the marketplace
    itself; `who` is that in words.
    """

    at: datetime
    title: str
    by: int | None = None
    pence: int | None = None
    number: str | None = None
    reason: str | None = None
    happened_at: datetime | None = None
    booked_on: date | None = None
    cause: str | None = None
    postings: tuple[Posting, ...] = ()
    who: str = ""


BUDGET = {
    "hold": "Kept aside in the budget",
    "release": "Let go in the budget: it is free again",
    "spend": "Spent from the budget",
    "refund": "Given back to the budget",
}

_ENTRIES = {
    "sale": "Booked as sold: the payer owes it, the provider is owed it less the levy",
    "refund": "Booked as given back: the provider bears it, and gets the levy on it back",
    "stripe_charge": "The card paid",
    "stripe_transfer": "Passed on to the provider’s account at Stripe",
    "stripe_application_fee": "The levy taken out of the provider’s account",
    "stripe_refund": "Sent back to the card",
    "stripe_transfer_refund": "Taken back from the provider’s account at Stripe",
    "stripe_application_fee_refund": "The levy on it given back to the provider",
    "stripe_refund_failure": "The card’s bank sent the money back to us",
    "explained": "Explained, and booked where it belongs",
    "stripe_adjustment": "The card’s bank took the money, or gave it back",
}

_FIXED = {
    STRIPE_CLEARING: "The marketplace’s balance at Stripe",
    STRIPE_UNEXPLAINED: "Not explained yet",
    OPERATOR_LEVY: "The levy",
    OPERATOR_PROCESSING_FEES: "Stripe’s fees for cards",
    OPERATOR_DISPUTE_FEES: "Stripe’s fees for disputes",
    OPERATOR_DISPUTE_RESERVE: "Held by banks until they decide",
    OPERATOR_BANK: "The marketplace’s bank",
}


_NOT_TAKEN_ON = "Booked as not sold: the provider did not take it on, and no levy is due on it"


def entry_title(kind: str, reason: str | None = None) -> str:
    """What a ledger entry is, in words."""
    if kind == "refund" and reason == RefundReason.NOT_ACCEPTED:
        return _NOT_TAKEN_ON
    if kind.startswith("reverse_"):
        return f"Put right: “{entry_title(kind.removeprefix('reverse_'))}” no longer holds"
    return _ENTRIES.get(kind, kind.replace("_", " ").capitalize())


def account_name(code: str, provider_name: str) -> str:
    """An account of the chart, in words."""
    if code in _FIXED:
        return _FIXED[code]
    owner, _, rest = code.partition(":")
    what = rest.partition(":")[2]
    return {
        ("person", "card"): "The payer’s card",
        ("provider", "payable"): f"What {provider_name} is owed",
        ("provider", "stripe"): f"{provider_name}’s account at Stripe",
        ("provider", "received"): f"Paid to {provider_name} by card so far",
        ("provider", "bank"): f"{provider_name}’s bank",
        ("council", "owed"): "What the council owes",
        ("isf", "owed"): "What the fund’s holder owes",
    }.get((owner, what), code)
