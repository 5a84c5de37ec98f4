"""Outcomes, what serves them, and the line that budgets judge without knowing any listing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime


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
    """

    mandate_id: int | None
    assisted_organisation_id: int | None
    needs_approval: bool
    why: str | None
    warnings: tuple[str, ...] = ()
