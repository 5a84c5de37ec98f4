"""What forms and files ask of the services of council finance."""

from dataclasses import dataclass
from datetime import date

from marketplace.kernel.rails import Rail


@dataclass(frozen=True)
class SetUpBudget:
    """A budget as a council agreed it: for whom, how it is paid, how much, and from when until when."""

    council_id: int
    reference: str
    person_reference: str
    person_name: str
    postcode: str | None
    rail: Rail
    pot: str
    amount_pence: int
    starts_on: date
    ends_on: date
    review_on: date | None = None
    account_email: str | None = None
    isf_holder: str | None = None


@dataclass(frozen=True)
class ChangeHolder:
    """Another organisation holds an individual service fund from now on, by its name on the site."""

    budget_id: int
    holder: str
    reason: str


@dataclass(frozen=True)
class ChangeAllocation:
    """A new yearly amount for one pot in one period, and why."""

    pot_period_id: int
    new_amount_pence: int
    reason: str
