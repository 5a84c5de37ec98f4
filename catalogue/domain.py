"""Kinds, units and states of listings, and the state machines of providers and listings."""

from enum import StrEnum

from marketplace.kernel.transitions import TransitionTable


class ListingKind(StrEnum):
    SERVICE = "service"
    PRODUCT = "product"


class Unit(StrEnum):
    HOUR = "hour"
    HALF_HOUR = "half_hour"
    VISIT = "visit"
    NIGHT = "night"
    DAY = "day"
    SESSION = "session"
    MEAL = "meal"
    MILE = "mile"
    WEEK = "week"
    MONTH = "month"
    ITEM = "item"


class AreaKind(StrEnum):
    """Where a listing is offered: within miles of its place, in named councils, everywhere, or only at its place."""

    RADIUS = "radius"
    COUNCILS = "councils"
    ENGLAND = "england"
    AT_PLACE = "at_place"


class VatCategory(StrEnum):
    """The VAT treatment of a line, as its seller declares it."""

    EXEMPT_WELFARE = "exempt_welfare"
    ZERO_DISABILITY = "zero_disability"
    STANDARD = "standard"
    OUTSIDE = "outside"  # the seller is not registered for VAT


class ProviderState(StrEnum):
    UNCLAIMED = "unclaimed"  # known from open data; nobody has signed up for it
    APPLIED = "applied"
    APPROVED = "approved"
    REFUSED = "refused"
    SUSPENDED = "suspended"


class ProviderAction(StrEnum):
    APPLY = "apply"
    CLAIM = "claim"
    APPROVE = "approve"
    REFUSE = "refuse"
    SUSPEND = "suspend"
    RESTORE = "restore"


PROVIDER_MOVES = TransitionTable(
    {
        (ProviderState.UNCLAIMED, ProviderAction.CLAIM): ProviderState.APPROVED,
        (ProviderState.APPLIED, ProviderAction.APPROVE): ProviderState.APPROVED,
        (ProviderState.APPLIED, ProviderAction.REFUSE): ProviderState.REFUSED,
        (ProviderState.REFUSED, ProviderAction.APPLY): ProviderState.APPLIED,
        (ProviderState.APPROVED, ProviderAction.SUSPEND): ProviderState.SUSPENDED,
        (ProviderState.SUSPENDED, ProviderAction.RESTORE): ProviderState.APPROVED,
    }
)


class ListingState(StrEnum):
    DRAFT = "draft"
    WAITING = "waiting"  # sent in, not yet looked at by the operator
    PUBLISHED = "published"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"  # by its provider, for good
    REFUSED = "refused"
    GONE = "gone"  # no longer in the open data that it came from


class ListingAction(StrEnum):
    SEND_IN = "send_in"
    APPROVE = "approve"
    REFUSE = "refuse"
    PAUSE = "pause"
    RESUME = "resume"
    WITHDRAW = "withdraw"
    LOSE = "lose"
    FIND_AGAIN = "find_again"


LISTING_MOVES = TransitionTable(
    {
        (ListingState.DRAFT, ListingAction.SEND_IN): ListingState.WAITING,
        (ListingState.DRAFT, ListingAction.WITHDRAW): ListingState.WITHDRAWN,
        (ListingState.REFUSED, ListingAction.SEND_IN): ListingState.WAITING,
        (ListingState.WAITING, ListingAction.APPROVE): ListingState.PUBLISHED,
        (ListingState.WAITING, ListingAction.REFUSE): ListingState.REFUSED,
        (ListingState.WAITING, ListingAction.WITHDRAW): ListingState.WITHDRAWN,
        (ListingState.PUBLISHED, ListingAction.PAUSE): ListingState.PAUSED,
        (ListingState.PUBLISHED, ListingAction.WITHDRAW): ListingState.WITHDRAWN,
        (ListingState.PUBLISHED, ListingAction.REFUSE): ListingState.REFUSED,
        (ListingState.PUBLISHED, ListingAction.LOSE): ListingState.GONE,
        (ListingState.PAUSED, ListingAction.RESUME): ListingState.PUBLISHED,
        (ListingState.PAUSED, ListingAction.WITHDRAW): ListingState.WITHDRAWN,
        (ListingState.PAUSED, ListingAction.LOSE): ListingState.GONE,
        (ListingState.GONE, ListingAction.FIND_AGAIN): ListingState.PUBLISHED,
    }
)
