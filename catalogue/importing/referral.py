"""How one comes to be helped by a food bank: free text of many hands, as one of a few ways."""

import re
from enum import StrEnum


class Referral(StrEnum):
    VOUCHER = "voucher"
    SELF_REFERRAL = "self-referral"
    REFERRAL = "referral"
    MEMBERSHIP = "membership"
    MEALS = "meals"
    OPEN = "open"
    ASSESSMENT = "assessment"
    APPOINTMENT = "appointment"
    ASK = "ask"


REFERRAL_WORDS: dict[Referral, str] = {
    Referral.VOUCHER: "With a food bank voucher",
    Referral.SELF_REFERRAL: "You can ask for help yourself",
    Referral.REFERRAL: "Somebody who supports you has to refer you",
    Referral.MEMBERSHIP: "For members, who pay a small sum",
    Referral.MEALS: "Meals to eat there",
    Referral.OPEN: "Open to anybody who comes",
    Referral.ASSESSMENT: "They ask about your circumstances first",
    Referral.APPOINTMENT: "By appointment",
    Referral.ASK: "Ask them first",
}

# The first that is found decides, so the surer words stand first.
_SIGNS: tuple[tuple[str, Referral], ...] = (
    (r"pay[ -]as[ -]you[ -]feel", Referral.MEALS),
    (r"vouchers?\b", Referral.VOUCHER),
    (r"self[ -]?refer|self[ -]?referrals?", Referral.SELF_REFERRAL),
    (r"become a member|membership|food club|\bmembers?\b|per week|£10/week", Referral.MEMBERSHIP),
    (r"meals?\b|caf[eé]\b|restaurant|refreshment|food & drink", Referral.MEALS),
    (r"refer", Referral.REFERRAL),
    (r"open door|first come|no evidence", Referral.OPEN),
    (r"assess|proof|evidence|discretion", Referral.ASSESSMENT),
    (r"appointment", Referral.APPOINTMENT),
)


def referral_of(text: str | None) -> Referral | None:
    """The way in that a text tells of: "Foodbank vouchers" is a voucher. None without text; ASK when it tells
    another.
    """
    if text is None:
        return None
    plain = " ".join(text.casefold().split())
    return next((referral for pattern, referral in _SIGNS if re.search(pattern, plain)), Referral.ASK)


def has_closed(text: str) -> bool:
    """Whether a text says that the place is, or may be, no more."""
    return re.search(r"\b(no longer (open|running)|has closed|permanently closed)\b", text, re.IGNORECASE) is not None
