"""Roles, kinds of organisation, and the actor: who is asking, with which rights."""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from marketplace.kernel.errors import DomainError


class OrganisationKind(StrEnum):
    PROVIDER = "provider"
    COUNCIL = "council"
    SUPPORT = "support"  # a charity, broker or planner whose staff act as Budget Managers
    ACCESS_POINT = "access_point"
    OPERATOR = "operator"


class JoinedAs(StrEnum):
    """What somebody said they came for when they registered. It gives no rights: memberships and mandates do."""

    MYSELF = "myself"
    HELPER = "helper"
    PROVIDER = "provider"


class Role(StrEnum):
    """What a membership lets somebody do in its organisation. A person, and somebody nominated, need none."""

    PROVIDER = "provider"
    CATALYST = "catalyst"
    BUDGET_MANAGER = "budget_manager"
    SUPPORT_PLANNER = "support_planner"
    TEAM_LEAD = "team_lead"  # says which colleague acts for whom, and acts for nobody by that
    SOCIAL_WORKER = "social_worker"
    ACCESS_POINT_WORKER = "access_point_worker"
    COMMISSIONER = "commissioner"
    SAFEGUARDING_LEAD = "safeguarding_lead"
    COUNCIL_FINANCE = "council_finance"
    AUDITOR = "auditor"
    FUND_FINANCE = "fund_finance"  # settles the individual service funds that the organisation holds
    OPERATOR = "operator"


ROLES_OF_KIND: dict[OrganisationKind, frozenset[Role]] = {
    OrganisationKind.PROVIDER: frozenset({Role.PROVIDER, Role.FUND_FINANCE}),
    OrganisationKind.COUNCIL: frozenset(
        {
            Role.SOCIAL_WORKER,
            Role.COMMISSIONER,
            Role.SAFEGUARDING_LEAD,
            Role.COUNCIL_FINANCE,
            Role.AUDITOR,
            Role.CATALYST,
            Role.SUPPORT_PLANNER,
            Role.BUDGET_MANAGER,
            Role.TEAM_LEAD,
        }
    ),
    OrganisationKind.SUPPORT: frozenset(
        {Role.BUDGET_MANAGER, Role.SUPPORT_PLANNER, Role.TEAM_LEAD, Role.CATALYST, Role.FUND_FINANCE}
    ),
    OrganisationKind.ACCESS_POINT: frozenset({Role.ACCESS_POINT_WORKER}),
    OrganisationKind.OPERATOR: frozenset({Role.OPERATOR}),
}

WHO_MANAGES_PEOPLE: dict[OrganisationKind, Role] = {
    OrganisationKind.PROVIDER: Role.PROVIDER,
    OrganisationKind.COUNCIL: Role.COMMISSIONER,
    OrganisationKind.SUPPORT: Role.BUDGET_MANAGER,
    OrganisationKind.ACCESS_POINT: Role.ACCESS_POINT_WORKER,
    OrganisationKind.OPERATOR: Role.OPERATOR,
}
"""Who may invite colleagues and end memberships, beside the operator. In a council it is the one role that never
touches money, so that nobody makes the second pair of eyes for a payment of their own."""

WORDS_OF_ROLE: dict[Role, str] = {
    Role.PROVIDER: "Provider",
    Role.CATALYST: "Catalyst for micro-enterprises",
    Role.BUDGET_MANAGER: "Budget Manager",
    Role.SUPPORT_PLANNER: "Support planner",
    Role.TEAM_LEAD: "Lead of a team",
    Role.SOCIAL_WORKER: "Social worker",
    Role.ACCESS_POINT_WORKER: "Access point worker",
    Role.COMMISSIONER: "Commissioner",
    Role.SAFEGUARDING_LEAD: "Safeguarding lead",
    Role.COUNCIL_FINANCE: "Council finance",
    Role.AUDITOR: "Auditor",
    Role.FUND_FINANCE: "Finance of individual service funds",
    Role.OPERATOR: "Operator of this site",
}

WORDS_OF_KIND: dict[OrganisationKind, str] = {
    OrganisationKind.PROVIDER: "Provider",
    OrganisationKind.COUNCIL: "Council team",
    OrganisationKind.SUPPORT: "Support organisation",
    OrganisationKind.ACCESS_POINT: "Access point",
    OrganisationKind.OPERATOR: "Operator of this site",
}

# What mail servers really take before the @, without the quoted forms that would make one address read as two.
_EMAIL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([a-z0-9-]+\.)+[a-z0-9-]{2,}")


def clean_email(text: str) -> str:
    """An e-mail address in small letters; raises DomainError on the field `email` for what is none."""
    email = text.strip().lower()
    if len(email) > 254 or not _EMAIL.fullmatch(email):
        raise DomainError("Enter an email address, like name@example.com", field="email")
    return email


@dataclass(frozen=True)
class MembershipView:
    """One live membership: the organisation, its council where it has one, and the role held there."""

    organisation_id: int
    organisation_name: str
    kind: OrganisationKind
    council_id: int | None
    role: Role


@dataclass(frozen=True)
class Actor:
    """Who is asking. Built once per request from the sign-in; services take it, never a session."""

    user_id: int | None = None
    name: str = ""
    email: str | None = None
    memberships: tuple[MembershipView, ...] = field(default_factory=tuple)

    @property
    def is_signed_in(self) -> bool:
        return self.user_id is not None

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(membership.role for membership in self.memberships)

    def has(self, *roles: Role) -> bool:
        return any(role in self.roles for role in roles)

    def organisation_ids(self, *roles: Role) -> tuple[int, ...]:
        """Organisations in which this actor holds one of `roles`."""
        return tuple(m.organisation_id for m in self.memberships if m.role in roles)

    def council_ids(self, *roles: Role) -> tuple[int, ...]:
        """Councils for which this actor holds one of `roles`."""
        return tuple(m.council_id for m in self.memberships if m.role in roles and m.council_id is not None)


ANYONE = Actor()
SYSTEM = Actor(name="The marketplace itself")
"""Who acts when no person does: the worker closing an order after its reminders, an import, a webhook."""
