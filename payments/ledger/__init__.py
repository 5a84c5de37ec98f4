"""The ledger: money in double entry. Entries stand for ever, sum to zero, and are booked once per cause.

It imports no Flask and knows no page. `book` and `reverse` write, inside the caller's `transaction()`; `stories` says
what each event is booked as; `balance`, `balances` and `statement` read; `close_months` makes months stand for good.
"""

from payments.ledger.accounts import (
    OPERATOR_BANK,
    OPERATOR_DISPUTE_FEES,
    OPERATOR_DISPUTE_RESERVE,
    OPERATOR_FEES,
    OPERATOR_LEVY,
    OPERATOR_PROCESSING_FEES,
    OPERATOR_VAT,
    STRIPE_CLEARING,
    STRIPE_UNEXPLAINED,
    council_fees,
    council_owed,
    isf_owed,
    person_card,
    provider_bank,
    provider_payable,
    provider_received,
    provider_stripe,
)
from payments.ledger.balances import AccountLine, balance, balances, kinds_of, statement
from payments.ledger.booking import CauseUsedOtherwise, book, find_entry, heard, reverse, reverse_cause
from payments.ledger.entries import EXPLAINED, Entry, Posting, Subject
from payments.ledger.months import CLOSE_AFTER, ClosedMonth, close_due_months, close_months, list_months

__all__ = [
    "CLOSE_AFTER",
    "EXPLAINED",
    "OPERATOR_BANK",
    "OPERATOR_DISPUTE_FEES",
    "OPERATOR_DISPUTE_RESERVE",
    "OPERATOR_FEES",
    "OPERATOR_LEVY",
    "OPERATOR_PROCESSING_FEES",
    "OPERATOR_VAT",
    "STRIPE_CLEARING",
    "STRIPE_UNEXPLAINED",
    "AccountLine",
    "CauseUsedOtherwise",
    "ClosedMonth",
    "Entry",
    "Posting",
    "Subject",
    "balance",
    "balances",
    "book",
    "close_due_months",
    "close_months",
    "council_fees",
    "council_owed",
    "find_entry",
    "heard",
    "isf_owed",
    "kinds_of",
    "list_months",
    "person_card",
    "provider_bank",
    "provider_payable",
    "provider_received",
    "provider_stripe",
    "reverse",
    "reverse_cause",
    "statement",
]
