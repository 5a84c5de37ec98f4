"""Conflicts of interest of those who buy for others. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

STAYS = timedelta(days=28)
"""An interest counts for so long after it was said to have ended: nobody ends one for the day of a purchase."""


class InterestKind(StrEnum):
    """Why somebody who buys for another gains, or seems to gain, when this provider is chosen."""

    OWN_FIRM = "own_firm"  # their own firm, or the organisation for which they act
    LINKED = "linked"  # a provider that is linked with it: an owner, a partner, a payment for customers
    RELATIVE = "relative"  # somebody close to them owns it or works there


@dataclass(frozen=True)
class Interest:
    """A declared interest in a provider; `organisation_id` when it is that of everybody who works there."""

    id: int
    declared_by_user_id: int
    organisation_id: int | None
    provider_organisation_id: int
    kind: InterestKind
    words: str
    declared_at: datetime
    ended_at: datetime | None


ASKED_BECAUSE: dict[InterestKind, str] = {
    InterestKind.OWN_FIRM: "You or your organisation sell this.",
    InterestKind.LINKED: "A link between you, or your organisation, and this provider is declared.",
    InterestKind.RELATIVE: "It is declared that somebody close to you owns this provider or works there.",
}
"""What the second person is told, before who has to agree."""
ON_ORDERS: dict[InterestKind, str] = {
    InterestKind.OWN_FIRM: "own fee",
    InterestKind.LINKED: "linked provider",
    InterestKind.RELATIVE: "declared interest",
}
"""How an order, a statement and the council's list flag it."""
