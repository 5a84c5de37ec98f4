"""What was typed into the card page, and what is wrong with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .cards import BY_NUMBER, TestCard, luhn


@dataclass(frozen=True)
class CardForm:
    """The typed texts as they were, the errors by field, and the test card when it is one."""

    number: str = ""
    expiry: str = ""
    cvc: str = ""
    name: str = ""
    exp_month: int = 12
    exp_year: int = 2034
    card: TestCard | None = None
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def empty(cls) -> "CardForm":
        """The page as first seen."""
        return cls()

    @classmethod
    def read(cls, typed: Mapping[str, str], now: int) -> "CardForm":
        """Check what was typed; spaces and dashes in the number do not matter."""
        number, expiry, cvc, name = (typed.get(key, "").strip()[:100] for key in ("number", "expiry", "cvc", "name"))
        errors: dict[str, str] = {}
        digits = re.sub(r"[\s-]", "", number)
        if not digits:
            errors["number"] = "Enter the long number on the front of the card"
        elif not re.fullmatch(r"[0-9]{12,19}", digits) or not luhn(digits):
            errors["number"] = "Check the card number: it is usually 16 digits, like 4242 4242 4242 4242"
        exp_month, exp_year = 12, 2034
        match = re.fullmatch(r"(\d{1,2})\s*[/\- ]?\s*(\d{4}|\d{2})", expiry)
        if not match or not 1 <= int(match[1]) <= 12:
            errors["expiry"] = "Enter the expiry date as month and year, like 12/34"
        else:
            exp_month, exp_year = int(match[1]), int(match[2]) % 100 + 2000
            today = datetime.fromtimestamp(now, UTC)
            if (exp_year, exp_month) < (today.year, today.month):
                errors["expiry"] = "The card has expired. Enter a date in the future, or use another card"
        card = BY_NUMBER.get(digits)
        wanted = 4 if card is not None and card.brand == "amex" else 3
        if not re.fullmatch(rf"[0-9]{{{wanted}}}", cvc):
            errors["cvc"] = f"Enter the security code: {wanted} digits, on the back of most cards"
        if not name:
            errors["name"] = "Enter the name on the card"
        return cls(number, expiry, cvc, name, exp_month, exp_year, card, errors)
