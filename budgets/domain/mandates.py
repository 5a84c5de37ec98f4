"""Mandates: their legal bases, what they allow, and to whom."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from marketplace.accounts.domain import Role


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


SPENDING = frozenset({_A.ORDER, _A.APPROVE})
"""What nobody does for a person who is flagged for safeguarding; what is booked goes on."""


# What an access point's worker may do with the person, while a consent of today stands.
ASSISTED_ACTIONS = frozenset({_A.READ_PLAN, _A.ORDER, _A.CONFIRM, _A.REVIEW})


@dataclass(frozen=True)
class Assistance:
    """What may be done with a person at the access point to which their consent stands now."""

    organisation_id: int
    actions: frozenset[MandateAction]


def allowed(basis: LegalBasis, has_organisation: bool, roles: frozenset[Role]) -> frozenset[MandateAction]:
    """The most that somebody may do under a mandate: all of it for family and friends, by role for staff."""
    if not has_organisation:
        return frozenset() if basis is LegalBasis.COUNCIL_OFFICER else _EVERYTHING
    return frozenset().union(*(ACTIONS_OF_ROLE.get(role, frozenset()) for role in roles))


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
    pot_ids: frozenset[int] = frozenset()

    def covers(self, pot_id: int | None) -> bool:
        """Whether money of this pot, or the person's own for None, may be spent under it: any, unless it names pots."""
        return not self.pot_ids or pot_id in self.pot_ids
