"""A visitor of each kind without any right to somebody else's world: those of a council work for Hartlepool."""

from marketplace.accounts.domain import Actor, OrganisationKind, Role
from marketplace.accounts.models import Organisation
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from tests.factories.accounts import OrganisationFactory, UserFactory, council, user_with_role
from tests.factories.budgets import PersonFactory
from tests.factories.catalogue import ProviderFactory

HARTLEPOOL_GSS = "E06000001"
VISITORS = ("anonymous", "person", *Role)
"""Who comes: nobody in particular, a person who buys for themselves, and everybody with one role."""


def visitor(who: str) -> Actor:
    """A new visitor: an actor without rights to anything in the world."""
    if who == "anonymous":
        return Actor()
    with transaction():
        if who == "person":
            user = UserFactory(name="A person")
            PersonFactory(user_id=user.id, council_id=council(HARTLEPOOL_GSS).id)
        else:
            user = user_with_role(Role(who), _workplace(Role(who)), name=f"A {who}")
    return actor_of(user.id)


_KIND = {
    Role.PROVIDER: OrganisationKind.PROVIDER,
    Role.BUDGET_MANAGER: OrganisationKind.SUPPORT,
    Role.SUPPORT_PLANNER: OrganisationKind.SUPPORT,
    Role.TEAM_LEAD: OrganisationKind.SUPPORT,
    Role.CATALYST: OrganisationKind.SUPPORT,
    Role.FUND_FINANCE: OrganisationKind.SUPPORT,
    Role.ACCESS_POINT_WORKER: OrganisationKind.ACCESS_POINT,
    Role.OPERATOR: OrganisationKind.OPERATOR,
}


def _workplace(role: Role) -> Organisation:
    kind = _KIND.get(role, OrganisationKind.COUNCIL)
    if kind is OrganisationKind.PROVIDER:
        return db.session.get_one(Organisation, ProviderFactory(organisation_name="Visitors' own firm").organisation_id)
    council_id = (
        council(HARTLEPOOL_GSS).id if kind in (OrganisationKind.COUNCIL, OrganisationKind.ACCESS_POINT) else None
    )
    workplace: Organisation = OrganisationFactory(kind=kind, council_id=council_id, name="Visitors' workplace")
    return workplace
