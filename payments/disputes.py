"""Disputes in plain words: what banks ask, where it stands, and which papers help. Stripe's names, our sentences."""

OPEN = ("warning_needs_response", "needs_response")
"""The bank waits to be told something."""
ENDED = ("won", "lost", "warning_closed", "prevented")

_REASONS = {
    "credit_not_processed": "The buyer says that money was to be given back and was not",
    "duplicate": "The buyer says that it was charged twice",
    "fraudulent": "The card’s owner says that they did not make this payment",
    "product_not_received": "The buyer says that it did not happen, or did not arrive",
    "product_unacceptable": "The buyer says that it was not as described",
    "subscription_canceled": "The buyer says that it had been cancelled",
    "unrecognized": "The card’s owner does not recognise this payment",
}
_OTHER_REASON = "The buyer’s bank questions this payment"

_STATES = {
    "warning_needs_response": "The bank asks, and has taken no money",
    "warning_under_review": "The bank reads what it was told, and has taken no money",
    "warning_closed": "The bank asked no further, and no money was taken",
    "needs_response": "The bank has taken the money back, and waits to be told why it should not",
    "under_review": "The bank reads what it was told",
    "won": "The bank decided for the provider, and the money is back",
    "lost": "The bank decided for the card’s owner",
    "prevented": "It was settled before the bank had to decide",
}
_OTHER_STATE = "The bank looks into it"

KINDS = {
    "service_documentation": "That it was done: a visit record, a signed note, a photograph",
    "customer_communication": "Messages between you and the buyer",
    "receipt": "A receipt or an invoice",
    "uncategorized_file": "Something else",
}
"""What a paper shows, by Stripe's name for its place; each place takes one paper, and a later one replaces it."""

_BEGINNINGS = (b"%PDF-", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


def reason_words(reason: str) -> str:
    return _REASONS.get(reason, _OTHER_REASON)


def state_words(status: str) -> str:
    return _STATES.get(status, _OTHER_STATE)


def is_readable(content: bytes) -> bool:
    """Whether a file is what banks take: a PDF, a JPEG or a PNG, by how it begins and whatever it is called."""
    return content.startswith(_BEGINNINGS)
