"""Users, organisations, councils and memberships for tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import factory
from sqlalchemy import select

from marketplace.accounts.domain import OrganisationKind, Role
from marketplace.accounts.models import Council, Membership, Organisation, User
from marketplace.database import db
from marketplace.kernel import clock
from tests.factories.base import Factory

DARLINGTON_GSS = "E06000005"


class UserFactory(Factory):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"user{n}@example.org")
    name = factory.Sequence(lambda n: f"User Number{n}")
    created_at = factory.LazyFunction(clock.now)
    verified_at = factory.LazyFunction(clock.now)


class OrganisationFactory(Factory):
    class Meta:
        model = Organisation

    kind = OrganisationKind.PROVIDER
    name = factory.Sequence(lambda n: f"Organisation {n}")
    created_at = factory.LazyFunction(clock.now)


class MembershipFactory(Factory):
    class Meta:
        model = Membership

    created_at = factory.LazyFunction(clock.now)


_here = ContextVar("here", default=DARLINGTON_GSS)


@contextmanager
def in_council(gss_code: str) -> Iterator[None]:
    """Everything that is made without naming a council is made in this one."""
    before = _here.set(gss_code)
    try:
        yield
    finally:
        _here.reset(before)


def council(gss_code: str | None = None) -> Council:
    """The row of a council (Darlington by default), joined to the marketplace."""
    row = db.session.execute(select(Council).where(Council.gss_code == (gss_code or _here.get()))).scalar_one()
    row.joined_at = row.joined_at or clock.now()
    db.session.flush()
    return row


_KIND = {
    Role.PROVIDER: OrganisationKind.PROVIDER,
    Role.BUDGET_MANAGER: OrganisationKind.SUPPORT,
    Role.ACCESS_POINT_WORKER: OrganisationKind.ACCESS_POINT,
    Role.OPERATOR: OrganisationKind.OPERATOR,
}


def user_with_role(role: Role, organisation: Organisation | None = None, **fields: object) -> User:
    """A verified user who holds `role` in `organisation` (a new one of the fitting kind by default)."""
    if organisation is None:
        kind = _KIND.get(role, OrganisationKind.COUNCIL)
        council_id = council().id if kind in (OrganisationKind.COUNCIL, OrganisationKind.ACCESS_POINT) else None
        organisation = OrganisationFactory(kind=kind, council_id=council_id)
    user = UserFactory(**fields)
    MembershipFactory(user_id=user.id, organisation_id=organisation.id, role=role)
    return user
