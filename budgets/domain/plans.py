"""Outcomes, and the line that budgets judge without knowing any listing."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class OutcomeView:
    """What support should achieve, in the person's words; `category_slug` where a category was named."""

    id: int
    words: str
    category_slug: str | None


@dataclass(frozen=True)
class ProposedLine:
    """One line that somebody wants to buy, as budgets see it: what it costs, when, and the outcome it serves."""

    pence: int
    category_slug: str
    on: date
    outcome_id: int | None
    provider_organisation_id: int


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
