"""The test cards: what each does when it is saved, charged, refunded. No other number is ever accepted or kept.

Source: https://docs.stripe.com/testing
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from .errors import ApiError, card_error
from .ids import new_id

Json = dict[str, Any]


@dataclass(frozen=True)
class Decline:
    """How a bank says no: the error's code, the bank's reason, the words, and the field they belong to."""

    code: str
    decline_code: str | None
    message: str
    param: str | None = None


DECLINES = {
    "generic_decline": Decline("card_declined", "generic_decline", "Your card was declined."),
    "insufficient_funds": Decline("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "lost_card": Decline("card_declined", "lost_card", "Your card was declined."),
    "stolen_card": Decline("card_declined", "stolen_card", "Your card was declined."),
    "card_velocity_exceeded": Decline(
        "card_declined",
        "card_velocity_exceeded",
        "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
    ),
    "fraudulent": Decline("card_declined", "fraudulent", "Your card was declined."),
    "expired_card": Decline("expired_card", None, "Your card has expired.", "exp_month"),
    "incorrect_cvc": Decline("incorrect_cvc", None, "Your card's security code is incorrect.", "cvc"),
    "processing_error": Decline(
        "processing_error", None, "An error occurred while processing your card. Try again in a little bit."
    ),
    "authentication_required": Decline(
        "authentication_required",
        "authentication_required",
        "Your card was declined. This transaction requires authentication.",
    ),
    "live_card": Decline(
        "card_declined",
        "test_mode_live_card",
        "Your card was declined. This is a sandbox, and only Stripe's test card numbers work in it.",
        "number",
    ),
}


@dataclass(frozen=True)
class TestCard:
    """One test card. `token` follows `pm_card_` and `tok_`.

    `authentication`: `never`; `always`; `unless_set_up` (a payment off session passes once the card was set up with 3-D
    Secure, everything else asks); `already_set_up` (only on session asks).
    """

    __test__ = False

    number: str
    token: str
    brand: str = "visa"
    decline: str | None = None
    decline_when_saved: bool = True
    authentication: str = "never"
    dispute: str | None = None
    refund: str = "succeeds"
    available_at_once: bool = False
    funding: str = "credit"


CARDS = (
    TestCard("4242424242424242", "visa"),
    TestCard("4000056655665556", "visa_debit", funding="debit"),
    TestCard("5555555555554444", "mastercard", brand="mastercard"),
    TestCard("5200828282828210", "mastercard_debit", brand="mastercard", funding="debit"),
    TestCard("378282246310005", "amex", brand="amex"),
    TestCard("4000008260000000", "gb"),
    TestCard("4000058260000005", "gb_debit", funding="debit"),
    TestCard("4000000000000077", "bypassPending", available_at_once=True),
    TestCard("4000000000000002", "chargeDeclined", decline="generic_decline"),
    TestCard("4000000000009995", "chargeDeclinedInsufficientFunds", decline="insufficient_funds"),
    TestCard("4000000000009987", "chargeDeclinedLostCard", decline="lost_card"),
    TestCard("4000000000009979", "chargeDeclinedStolenCard", decline="stolen_card"),
    TestCard("4000000000000069", "chargeDeclinedExpiredCard", decline="expired_card"),
    TestCard("4000000000000127", "chargeDeclinedIncorrectCvc", decline="incorrect_cvc"),
    TestCard("4000000000000119", "chargeDeclinedProcessingError", decline="processing_error"),
    TestCard("4000000000006975", "chargeDeclinedVelocityLimitExceeded", decline="card_velocity_exceeded"),
    TestCard("4100000000000019", "radarBlock", decline="fraudulent"),
    TestCard("4000000000000341", "chargeCustomerFail", decline="generic_decline", decline_when_saved=False),
    TestCard("4000002500003155", "authenticationRequiredOnSetup", authentication="unless_set_up"),
    TestCard("4000002760003184", "authenticationRequired", authentication="always"),
    TestCard("4000003800000446", "authenticationRequiredSetupForOffSession", authentication="already_set_up"),
    TestCard(
        "4000008260003178",
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        authentication="unless_set_up",
        decline="insufficient_funds",
        decline_when_saved=False,
    ),
    TestCard("4000000000003220", "threeDSecure2Required", authentication="always"),
    TestCard(
        "4000008400001629",
        "threeDSecureRequiredChargeDeclined",
        authentication="always",
        decline="generic_decline",
        decline_when_saved=False,
    ),
    TestCard("4000000000000259", "createDispute", dispute="fraudulent"),
    TestCard("4000000000002685", "createDisputeProductNotReceived", dispute="product_not_received"),
    TestCard("4000000000001976", "createDisputeInquiry", dispute="inquiry"),
    TestCard("4000000000007726", "pendingRefund", refund="pending"),
    TestCard("4000000000005126", "refundFail", refund="fails"),
)
BY_NUMBER = {card.number: card for card in CARDS}
BY_TOKEN = {card.token: card for card in CARDS}


def card_of(payment_method: Json) -> TestCard:
    """The test card behind a stored payment method."""
    return BY_TOKEN[payment_method["_token"]]


def luhn(number: str) -> bool:
    """Whether a card number's check digit is right."""
    digits = [int(digit) for digit in reversed(number)]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def decline_error(name: str, **extra: Any) -> ApiError:
    """The error of a decline, for HTTP 402."""
    decline = DECLINES[name]
    return card_error(
        decline.message, code=decline.code, decline_code=decline.decline_code, param=decline.param, **extra
    )


def new_payment_method(
    card: TestCard, created: int, *, billing: Json | None = None, exp_month: int = 12, exp_year: int = 2034
) -> Json:
    """A payment method for a test card; nothing of the number but its last four digits is kept."""
    details = billing or {}
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    address.update(details.get("address") or {})
    return {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {
            "address": address,
            "email": details.get("email"),
            "name": details.get("name"),
            "phone": details.get("phone"),
            "tax_id": None,
        },
        "card": {
            "brand": card.brand,
            "checks": {
                "address_line1_check": "pass" if address["line1"] else None,
                "address_postal_code_check": "pass" if address["postal_code"] else None,
                "cvc_check": "fail" if card.decline == "incorrect_cvc" else "pass",
            },
            "country": "GB" if card.token.startswith("gb") else "US",
            "display_brand": card.brand,
            "exp_month": exp_month,
            "exp_year": exp_year,
            "fingerprint": hashlib.sha256(card.number.encode()).hexdigest()[:16],
            "funding": card.funding,
            "generated_from": None,
            "last4": card.number[-4:],
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": created,
        "customer": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
        "_token": card.token,
        "_set_up": False,
        "_used_up": False,
    }


def needs_authentication(payment_method: Json, *, off_session: bool) -> bool:
    """Whether the bank asks for 3-D Secure before this payment."""
    rule = card_of(payment_method).authentication
    if rule == "always":
        return True
    if rule == "unless_set_up":
        return not (off_session and payment_method["_set_up"])
    return rule == "already_set_up" and not off_session
