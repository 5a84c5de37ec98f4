"""The ledger: money in double entry. Entries stand for ever, sum to zero, and are booked once per cause.

It imports no Flask and knows no page. `book` runs inside the caller's `transaction()`.
"""

from payments.ledger.accounts import (
    OPERATOR_BANK,
    OPERATOR_DISPUTE_FEES,
    OPERATOR_DISPUTE_RESERVE,
    OPERATOR_LEVY,
    OPERATOR_PROCESSING_FEES,
    STRIPE_CLEARING,
    STRIPE_UNEXPLAINED,
    council_owed,
    isf_owed,
    person_card,
    provider_bank,
    provider_payable,
    provider_received,
    provider_stripe,
)
from payments.ledger.booking import CauseUsedOtherwise, balance, balances, book, find_entry, reverse, reverse_cause
from payments.ledger.entries import Entry, Posting, Subject

__all__ = [
    "OPERATOR_BANK",
    "OPERATOR_DISPUTE_FEES",
    "OPERATOR_DISPUTE_RESERVE",
    "OPERATOR_LEVY",
    "OPERATOR_PROCESSING_FEES",
    "STRIPE_CLEARING",
    "STRIPE_UNEXPLAINED",
    "CauseUsedOtherwise",
    "Entry",
    "Posting",
    "Subject",
    "balance",
    "balances",
    "book",
    "council_owed",
    "find_entry",
    "isf_owed",
    "person_card",
    "provider_bank",
    "provider_payable",
    "provider_received",
    "provider_stripe",
    "reverse",
    "reverse_cause",
]
