"""Roles, kinds of organisation, and the actor: who is asking, with which rights."""

from dataclasses import dataclass, field
from enum import StrEnum


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
    SOCIAL_WORKER = "social_worker"
    ACCESS_POINT_WORKER = "access_point_worker"
    COMMISSIONER = "commissioner"
    SAFEGUARDING_LEAD = "safeguarding_lead"
    COUNCIL_FINANCE = "council_finance"
    AUDITOR = "auditor"
    OPERATOR = "operator"


ROLES_OF_KIND: dict[OrganisationKind, frozenset[Role]] = {
    OrganisationKind.PROVIDER: frozenset({Role.PROVIDER}),
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
        }
    ),
    OrganisationKind.SUPPORT: frozenset({Role.BUDGET_MANAGER, Role.SUPPORT_PLANNER, Role.CATALYST}),
    OrganisationKind.ACCESS_POINT: frozenset({Role.ACCESS_POINT_WORKER}),
    OrganisationKind.OPERATOR: frozenset({Role.OPERATOR}),
}


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
