"""Identifiers with Stripe's prefixes, and the type that each prefix stands for."""

import secrets
import string

ALPHABET = string.digits + string.ascii_letters

TYPE_OF_PREFIX = {
    "acct": "account",
    "cus": "customer",
    "pm": "payment_method",
    "pi": "payment_intent",
    "seti": "setup_intent",
    "cs": "checkout.session",
    "ch": "charge",
    "py": "charge",
    "re": "refund",
    "pyr": "refund",
    "fee": "application_fee",
    "fr": "fee_refund",
    "tr": "transfer",
    "trr": "transfer_reversal",
    "txn": "balance_transaction",
    "evt": "event",
    "we": "webhook_endpoint",
    "ed": "v2.core.event_destination",
    "du": "dispute",
    "po": "payout",
    "file": "file",
    "clock": "test_helpers.test_clock",
}


def random_text(length: int) -> str:
    """Letters and digits that cannot be guessed."""
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in secrets.token_bytes(length))


def new_id(prefix: str) -> str:
    """A fresh identifier such as `pi_3T...`; Checkout Sessions carry `test` in theirs, as at Stripe."""
    if prefix == "cs":
        return f"cs_test_a1{random_text(56)}"
    if prefix == "acct":
        return f"acct_1{random_text(15)}"
    if prefix == "cus":
        return f"cus_{random_text(14)}"
    if prefix == "fr":
        return f"fr_{random_text(14)}"
    if prefix == "ed":
        return f"ed_test_61{random_text(40)}"
    return f"{prefix}_1{random_text(23)}"


def type_of(identifier: str) -> str | None:
    """The object type that an identifier's prefix stands for, or None."""
    return TYPE_OF_PREFIX.get(identifier.split("_", 1)[0])
