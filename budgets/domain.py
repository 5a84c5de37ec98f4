"""Entries of the budget book, mandates, and the line that budgets judge without knowing any listing."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from marketplace.accounts.domain import Role
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


# Effect of one penny of each kind on (allocated, held, spent, refunded, reclaimed).
EFFECTS: dict[EntryKind, tuple[int, int, int, int, int]] = {
    EntryKind.ALLOCATE: (1, 0, 0, 0, 0),
    EntryKind.HOLD: (0, 1, 0, 0, 0),
    EntryKind.RELEASE: (0, -1, 0, 0, 0),
    EntryKind.SPEND: (0, -1, 1, 0, 0),
    EntryKind.REFUND: (0, 0, 0, 1, 0),
    EntryKind.RECLAIM: (0, 0, 0, 0, 1),
}


class LegalBasis(StrEnum):
    AGREEMENT = "agreement"
    NOMINATED = "nominated"  # Care Act 2014 s31
    AUTHORISED = "authorised"  # Care Act 2014 s32
    DEPUTY = "deputy"
    ATTORNEY = "attorney"
    COUNCIL_OFFICER = "council_officer"


class MandateAction(StrEnum):
    """What a mandate may allow its named staff to do."""

    READ_BUDGET = "read_budget"
    READ_PLAN = "read_plan"
    WRITE_PLAN = "write_plan"
    ORDER = "order"  # prepare, and approve within the limit
    APPROVE = "approve"  # second person above the limit
    CONFIRM = "confirm"  # confirm, question, cancel
    REVIEW = "review"


_EVERYTHING = frozenset(MandateAction)
_A = MandateAction
# What a role in the organisation that holds a mandate may do under it at most.
ACTIONS_OF_ROLE: dict[Role, frozenset[MandateAction]] = {
    Role.BUDGET_MANAGER: _EVERYTHING - {_A.WRITE_PLAN},
    Role.SUPPORT_PLANNER: frozenset({_A.READ_PLAN, _A.WRITE_PLAN}),
    Role.SOCIAL_WORKER: _EVERYTHING - {_A.REVIEW},
}
# What an access point's worker may do with the person, while a consent of today stands.
ASSISTED_ACTIONS = frozenset({_A.READ_PLAN, _A.ORDER, _A.CONFIRM, _A.REVIEW})


def allowed(basis: LegalBasis, has_organisation: bool, roles: frozenset[Role]) -> frozenset[MandateAction]:
    """The most that somebody may do under a mandate: all of it for family and friends, by role for staff."""
    if not has_organisation:
        return frozenset() if basis is LegalBasis.COUNCIL_OFFICER else _EVERYTHING
    return frozenset().union(*(ACTIONS_OF_ROLE.get(role, frozenset()) for role in roles))


class ConsentKind(StrEnum):
    SHARE_PURCHASES = "share_purchases"  # own-money purchases in the council's reports
    ASSISTED_ORDER = "assisted_order"  # an access point's worker orders with the person


class ConsentHow(StrEnum):
    ONLINE = "online"
    ON_PAPER = "on_paper"
    SPOKEN = "spoken"


@dataclass(frozen=True)
class ProposedLine:
    """One line that somebody wants to buy, as budgets see it: what it costs, when, and the outcome it serves."""

    pence: int
    category_slug: str
    on: date
    outcome_id: int | None
    provider_organisation_id: int


@dataclass(frozen=True)
class MandateView:
    """A mandate as other packages see it."""

    id: int
    person_id: int
    person_name: str
    organisation_id: int | None
    legal_basis: LegalBasis
    actions: frozenset[MandateAction]
    order_limit_pence: int | None
    month_limit_pence: int | None
    starts_on: date
    ends_on: date
    person_postcode: str | None = None


@dataclass(frozen=True)
class PersonView:
    """A person as other packages see them."""

    id: int
    name: str
    user_id: int | None
    council_id: int | None
    postcode: str | None
    email: str | None


@dataclass(frozen=True)
class PersonContact:
    """Where whoever comes finds a person: what was written down of it, which may be nothing."""

    phone: str | None
    address: str | None
    notes_for_providers: str | None


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


@dataclass(frozen=True)
class OutcomeView:
    """What support should achieve, in the person's words; `category_slug` where a category was named."""

    id: int
    words: str
    category_slug: str | None


@dataclass(frozen=True)
class PersonAccess:
    """By what right an actor may do one thing for a person: as themself (both None), under a mandate, or with them."""

    person: PersonView
    mandate: MandateView | None = None
    assisted_organisation_id: int | None = None

    @property
    def is_own(self) -> bool:
        return self.mandate is None and self.assisted_organisation_id is None


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
