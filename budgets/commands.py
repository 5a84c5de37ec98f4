"""What forms and files ask of the services of council finance, and of those of people."""

from dataclasses import dataclass
from datetime import date

from budgets.domain import ContributionHow, Every, Funder, OutsideRule
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
    funder: Funder = Funder.COUNCIL
    every: Every | None = None  # None: the amount is for all the days together
    each_april: bool = False
    contribution_pence: int = 0
    contribution_how: ContributionHow = ContributionHow.NET


@dataclass(frozen=True)
class AgreeAmount:
    """An amount for every week, four weeks or year from one day to another; in place of what was agreed, or beside."""

    pot_id: int
    every: Every
    amount_pence: int
    starts_on: date
    ends_on: date
    reason: str
    contribution_pence: int = 0
    contribution_how: ContributionHow = ContributionHow.NET
    replaces: bool = False
    each_april: bool = True


@dataclass(frozen=True)
class PayOnce:
    """A payment once, beside the regular amount: it belongs to the period of its day. The same `key` again pays nothing
    more: a form that is sent twice."""

    pot_id: int
    on: date
    pence: int
    reason: str
    key: str


@dataclass(frozen=True)
class PotRules:
    """What a pot is for, what happens outside of that, and whether what is left goes on into the next period."""

    name: str
    categories: tuple[str, ...] = ()
    outside: OutsideRule = OutsideRule.WARN
    rolls_over: bool = False


@dataclass(frozen=True)
class Deploy:
    """Another way of paying for a pot from a day on."""

    pot_id: int
    rail: Rail
    starts_on: date
    reason: str
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


@dataclass(frozen=True)
class WhereYouLive:
    """Where a person lives, and what providers should know who come there.

    `agreed_to` is the postcode of another council that they agreed to move to.
    """

    postcode: str
    address: str
    phone: str | None = None
    notes_for_providers: str | None = None
    agreed_to: str | None = None
