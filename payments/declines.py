"""What a bank's code means for the person who pays, in a sentence that says what to do next."""

NOTHING_TAKEN = "Nothing was taken."
_OTHER = "The bank said no to this card. Use another card, or ask the bank why."
_WORDS = {
    "insufficient_funds": "There is not enough money on this card for that. Use another card.",
    "withdrawal_count_limit_exceeded": "This card has reached its limit for today. Use another card, or try tomorrow.",
    "card_velocity_exceeded": "This card has reached its limit for today. Use another card, or try tomorrow.",
    "expired_card": "This card has expired. Use another card.",
    "incorrect_cvc": "The security code was not right. Give the card again, or use another one.",
    "invalid_cvc": "The security code was not right. Give the card again, or use another one.",
    "incorrect_number": "The card number was not right. Give the card again, or use another one.",
    "invalid_number": "The card number was not right. Give the card again, or use another one.",
    "processing_error": "The bank could not answer just now. Try again in a few minutes.",
    "try_again_later": "The bank could not answer just now. Try again in a few minutes.",
    "issuer_not_available": "The bank could not be reached. Try again in a few minutes, or use another card.",
    "reenter_transaction": "The bank could not answer just now. Try again in a few minutes.",
    "authentication_required": "The bank wants to be sure that it is you. Open the order and answer its question.",
    "payment_intent_authentication_failure": (
        "The bank could not make sure that it was you. Try again, or use another card."
    ),
    "card_not_supported": "This card cannot be used for that. Use another card.",
    "currency_not_supported": "This card cannot pay in pounds. Use another card.",
    "no_card": "There is no card for this order yet. Give a card to go on.",
    "provider_not_ready": "This provider cannot take cards at the moment. Call us, or choose another way of paying.",
    "refused": "The card could not be charged, and we have been told. Try again later, or call us.",
}

BANK_ASKS = "authentication_required"
NO_CARD, PROVIDER_NOT_READY, REFUSED = "no_card", "provider_not_ready", "refused"
UNKNOWN = "The bank has not answered yet. We look again by ourselves and write to you. You will not pay twice."
IN_REVIEW = "We are looking at this payment and get in touch with you. You will not pay twice."


def decline_words(code: str | None) -> str:
    """The sentence for a decline code; codes that would shame, or warn a thief (lost, stolen), get the plain one."""
    return _WORDS.get(code or "", _OTHER)
