"""Outcomes, what serves them, and the line that budgets judge without knowing any listing."""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from budgets.domain.interests import InterestKind


class SolutionKind(StrEnum):
    """Who or what serves an outcome without being bought."""

    OWN = "own"
    FAMILY = "family"
    NEIGHBOUR = "neighbour"
    GROUP = "group"
    SERVICE = "service"
    OTHER = "other"


class ReviewReason(StrEnum):
    """Why a review is due: regulation 7 of the direct payments regulations names each."""

    FIRST = "first"
    YEARLY = "yearly"
    BREACH = "breach"
    CHANGE = "change"


MOST_RATING = 5
FIRST_REVIEW_MONTHS, NEXT_REVIEW_MONTHS = 6, 12
"""The Care and Support (Direct Payments) Regulations 2014 (SI 2014/2871), regulation 7: within 6 months of the first
payment, then at least every 12 months."""


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last day of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    last = monthrange(day.year + years, month + 1)[1]
    return date(day.year + years, month + 1, min(day.day, last))


def next_review(began_on: date, last_held_on: date | None, council_says: date | None) -> tuple[date, ReviewReason]:
    """When the next review is due, and why: by the law, or sooner when the council named a day after the last one."""
    if last_held_on is None:
        by_law, reason = add_months(began_on, FIRST_REVIEW_MONTHS), ReviewReason.FIRST
    else:
        by_law, reason = add_months(last_held_on, NEXT_REVIEW_MONTHS), ReviewReason.YEARLY
    named = council_says is not None and council_says > (last_held_on or began_on)
    return (min(by_law, council_says) if named and council_says else by_law), reason


@dataclass(frozen=True)
class OutcomeView:
    """What support should achieve, in the person's words; `category_slug` where a category was named."""

    id: int
    words: str
    category_slug: str | None
    ended_at: datetime | None = None


@dataclass(frozen=True)
class ProposedLine:
    """One line that somebody wants to buy, as budgets see it: what it costs, when, and the outcome it serves.

    `outside_reason` says why it is right all the same, when it is outside the plan.
    """

    pence: int
    category_slug: str
    on: date
    outcome_id: int | None
    provider_organisation_id: int
    outside_reason: str | None = None


def is_outside(outcome: OutcomeView, category_slugs: Iterable[str], parents: Mapping[str, str | None]) -> bool:
    """Whether something of these categories is outside what the plan means for an outcome.

    It is when the outcome is off the plan, or names a category that is neither that of the thing nor above or beneath
    it. An outcome without a category means any help. `parents` are the category tree.
    """
    if outcome.ended_at is not None:
        return True
    meant = outcome.category_slug
    if meant is None:
        return False
    return any(meant not in (slug, parents.get(slug)) and parents.get(meant) != slug for slug in category_slugs)


@dataclass(frozen=True)
class OrderRight:
    """Whether an order may be placed: under which mandate or help, and whether somebody else has to agree first.

    `why` says in one sentence what the second person is asked; `warnings` do not stop the order.
    `interests`: by provider, why whoever buys gains when it is chosen.
    """

    mandate_id: int | None
    assisted_organisation_id: int | None
    needs_approval: bool
    why: str | None
    warnings: tuple[str, ...] = ()
    interests: Mapping[int, InterestKind] = field(default_factory=dict)
