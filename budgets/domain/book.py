"""Personal budgets and the entries of the budget book."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from marketplace.kernel.clock import start_of_day
from marketplace.kernel.rails import Rail


class Funder(StrEnum):
    COUNCIL = "council"
    NHS = "nhs"


class BudgetState(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


class EntryKind(StrEnum):
    """What an entry does to its pot and period; see EFFECTS."""

    ALLOCATE = "allocate"
    HOLD = "hold"
    RELEASE = "release"
    SPEND = "spend"
    REFUND = "refund"
    RECLAIM = "reclaim"


class OutsideRule(StrEnum):
    """What happens when something is bought from a pot that is not of the categories it is for."""

    WARN = "warn"  # the buyer is asked why, and the order keeps the answer
    STOP = "stop"


# Effect of one penny of each kind on (allocated, held, spent, refunded, reclaimed).
EFFECTS: dict[EntryKind, tuple[int, int, int, int, int]] = {
    EntryKind.ALLOCATE: (1, 0, 0, 0, 0),
    EntryKind.HOLD: (0, 1, 0, 0, 0),
    EntryKind.RELEASE: (0, -1, 0, 0, 0),
    EntryKind.SPEND: (0, -1, 1, 0, 0),
    EntryKind.REFUND: (0, 0, 0, 1, 0),
    EntryKind.RECLAIM: (0, 0, 0, 0, 1),
}


@dataclass(frozen=True)
class PotChoice:
    """A pot and period that could pay on a date: id of the period's row, words, and what is left now in pence."""

    pot_period_id: int
    pot_id: int
    budget_id: int
    person_id: int
    council_id: int
    rail: Rail
    pot_name: str
    available_pence: int
    starts_on: date
    ends_on: date
    payer_organisation_id: int | None = None
    review_on: date | None = None
    words: str = ""  # "Margaret's respite money"
    categories: tuple[str, ...] | None = None  # slugs of what it is for; None for anything
    outside: OutsideRule = OutsideRule.WARN
    changes_on: date | None = None  # from when it is paid in another way


@dataclass(frozen=True)
class Balance:
    """A pot in one period, in pence: what was agreed, kept aside, spent and left."""

    pot_period_id: int
    pot_id: int
    budget_id: int
    person_id: int
    council_id: int
    person_name: str
    pot_name: str
    rail: Rail
    state: BudgetState
    funder: Funder
    reference: str
    starts_on: date
    ends_on: date
    review_on: date | None
    isf_holder_organisation_id: int | None
    allocated_pence: int
    held_pence: int
    spent_pence: int
    refunded_pence: int
    reclaimed_pence: int
    overcommitted: bool

    @property
    def yours_pence(self) -> int:
        """Yours for the year: what was agreed, less what the council took back."""
        return self.allocated_pence - self.reclaimed_pence

    @property
    def net_spent_pence(self) -> int:
        """Spent, less money given back."""
        return self.spent_pence - self.refunded_pence

    @property
    def left_pence(self) -> int:
        """Left now; less than 0 only when the council's cut overcommitted the pot."""
        return self.yours_pence - self.held_pence - self.net_spent_pence


@dataclass(frozen=True)
class EntryView:
    """One entry of the budget book with the words that pages show."""

    id: int
    kind: EntryKind
    pence: int
    at: datetime
    pot_period_id: int
    pot_name: str
    person_id: int
    order_id: int | None
    outcome: str | None
    actor_user_id: int | None
    mandate_id: int | None
    reason: str | None
    cause: str = ""
    funder: Funder = Funder.COUNCIL
    counts_from: date | None = None  # a later day than that of `at`

    @property
    def counts_at(self) -> datetime:
        """From when it counts: at once, or as its day begins in London."""
        return start_of_day(self.counts_from) if self.counts_from is not None else self.at
