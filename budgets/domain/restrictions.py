"""What a council lets one person's budget buy, for a while and with a reason. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from budgets.domain.plans import ProposedLine

LONGEST = timedelta(days=366)
"""A rule ends by itself after a year at most; it can be set again then, by two officers."""
REVIEW_WITHIN = timedelta(days=184)
"""It is looked at again within half a year."""


class RestrictionKind(StrEnum):
    """What a rule says."""

    ONLY_CATEGORIES = "only_categories"
    NOT_CATEGORIES = "not_categories"
    ONLY_PROVIDERS = "only_providers"
    NOT_PROVIDERS = "not_providers"
    ORDER_LIMIT = "order_limit"
    MONTH_LIMIT = "month_limit"
    SECOND_PERSON = "second_person"


OF_CATEGORIES = frozenset({RestrictionKind.ONLY_CATEGORIES, RestrictionKind.NOT_CATEGORIES})
OF_PROVIDERS = frozenset({RestrictionKind.ONLY_PROVIDERS, RestrictionKind.NOT_PROVIDERS})
OF_MONEY = frozenset({RestrictionKind.ORDER_LIMIT, RestrictionKind.MONTH_LIMIT})


class RestrictionState(StrEnum):
    """Where a rule stands on a day."""

    WAITING = "waiting"  # for a second officer
    NOT_STARTED = "not_started"
    COUNTS = "counts"
    OVER = "over"
    ENDED = "ended"
    SENT_BACK = "sent_back"


@dataclass(frozen=True)
class RestrictionView:
    """A rule of a council for one person: `named` are slugs of categories or ids of providers, as its kind has it."""

    id: int
    person_id: int
    council_id: int
    kind: RestrictionKind
    named: tuple[str | int, ...]
    pence: int | None
    reason: str
    starts_on: date
    ends_on: date
    review_on: date
    recorded_by_user_id: int
    recorded_at: datetime
    decided_by_user_id: int | None
    decided_at: datetime | None
    approved: bool | None
    reviewed_at: datetime | None
    ended_at: datetime | None
    ended_by_user_id: int | None
    end_reason: str | None

    def state(self, today: date) -> RestrictionState:
        if self.ended_at is not None:
            return RestrictionState.ENDED
        if self.approved is False:
            return RestrictionState.SENT_BACK
        if self.ends_on < today:
            return RestrictionState.OVER
        if self.approved is None:
            return RestrictionState.WAITING
        return RestrictionState.NOT_STARTED if self.starts_on > today else RestrictionState.COUNTS

    def forbids(self, lines: Sequence[ProposedLine], *, total_pence: int, month_pence: int) -> ProposedLine | bool:
        """What of an order this rule does not allow: the line at fault, or whether its amount is.

        `total_pence` is what is ordered in one go, `month_pence` what the month comes to with it.
        """
        match self.kind:
            case RestrictionKind.ONLY_CATEGORIES:
                return next((line for line in lines if line.category_slug not in self.named), False)
            case RestrictionKind.NOT_CATEGORIES:
                return next((line for line in lines if line.category_slug in self.named), False)
            case RestrictionKind.ONLY_PROVIDERS:
                return next((line for line in lines if line.provider_organisation_id not in self.named), False)
            case RestrictionKind.NOT_PROVIDERS:
                return next((line for line in lines if line.provider_organisation_id in self.named), False)
            case RestrictionKind.ORDER_LIMIT:
                return self.pence is not None and total_pence > self.pence
            case RestrictionKind.MONTH_LIMIT:
                return self.pence is not None and month_pence > self.pence
            case RestrictionKind.SECOND_PERSON:
                return False
