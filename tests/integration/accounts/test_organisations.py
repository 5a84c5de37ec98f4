"""Who may found an organisation, who gives roles in it, and who ends them."""

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.accounts import queries
from marketplace.accounts.domain import SYSTEM, Actor, OrganisationKind, Role
from marketplace.accounts.models import Council, Membership, Organisation
from marketplace.accounts.queries import actor_of
from marketplace.accounts.services import organisations
from marketplace.accounts.services.organisations import OrganisationDetails
from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from tests.factories.accounts import UserFactory, council, user_with_role

DETAILS = OrganisationDetails("Dales Home Care", email="hello@dales.example")


def _actor(role: Role | None = None) -> Actor:
    with transaction():
        user_id = (user_with_role(role) if role else UserFactory()).id
    return actor_of(user_id)


def _membership_id(user_id: int | None) -> int:
    return db.session.execute(select(Membership.id).where(Membership.user_id == user_id)).scalar_one()


def test_anybody_signed_in_founds_a_provider_and_belongs_to_it(app: Flask) -> None:
    founder = _actor()
    organisation_id = organisations.create_organisation(
        founder, OrganisationKind.PROVIDER, DETAILS, first_member=(founder.user_id, Role.PROVIDER)
    )
    assert actor_of(founder.user_id).organisation_ids(Role.PROVIDER) == (organisation_id,)
    acts = db.session.execute(select(AuditRow.action).order_by(AuditRow.id)).scalars().all()
    assert acts == ["organisation.created", "membership.begun"]


@pytest.mark.parametrize("kind", [kind for kind in OrganisationKind if kind is not OrganisationKind.PROVIDER])
def test_only_the_operator_founds_what_acts_for_others(app: Flask, kind: OrganisationKind) -> None:
    with transaction():
        council_id = council().id
    with pytest.raises(NotFound):
        organisations.create_organisation(_actor(Role.COMMISSIONER), kind, DETAILS, council_id=council_id)
    assert organisations.create_organisation(_actor(Role.OPERATOR), kind, DETAILS, council_id=council_id)
    assert organisations.create_organisation(SYSTEM, kind, DETAILS, council_id=council_id)


def test_nobody_without_a_sign_in_founds_a_provider(app: Flask) -> None:
    with pytest.raises(NotFound):
        organisations.create_organisation(Actor(), OrganisationKind.PROVIDER, DETAILS)


def test_a_council_team_needs_its_council(app: Flask) -> None:
    with pytest.raises(DomainError, match="Choose the council"):
        organisations.create_organisation(SYSTEM, OrganisationKind.COUNCIL, DETAILS)


def test_a_role_that_the_kind_does_not_have_is_refused_and_nothing_stays(app: Flask) -> None:
    founder = _actor()
    with pytest.raises(NotAllowed):
        organisations.create_organisation(
            founder, OrganisationKind.PROVIDER, DETAILS, first_member=(founder.user_id, Role.COUNCIL_FINANCE)
        )
    assert actor_of(founder.user_id).memberships == ()


def test_council_finance_cannot_make_its_own_second_pair_of_eyes(app: Flask) -> None:
    finance, friend = _actor(Role.COUNCIL_FINANCE), _actor()
    organisation_id = finance.memberships[0].organisation_id
    with pytest.raises(NotFound):
        organisations.add_member(finance, organisation_id, friend.user_id, Role.COUNCIL_FINANCE)
    with transaction():
        lead = user_with_role(Role.COMMISSIONER, db.session.get(Organisation, organisation_id)).id
    organisations.add_member(actor_of(lead), organisation_id, friend.user_id, Role.COUNCIL_FINANCE)
    with pytest.raises(NotAllowed, match="Somebody else"):
        organisations.add_member(actor_of(lead), organisation_id, lead, Role.COUNCIL_FINANCE)
    assert actor_of(friend.user_id).roles == {Role.COUNCIL_FINANCE}


def test_a_stranger_ends_nobody_and_an_ended_member_has_no_role_until_added_again(app: Flask) -> None:
    manager, colleague = _actor(Role.BUDGET_MANAGER), _actor()
    organisation_id = manager.memberships[0].organisation_id
    added = organisations.add_member(manager, organisation_id, colleague.user_id, Role.BUDGET_MANAGER)
    with pytest.raises(NotFound):
        organisations.end_member(_actor(Role.BUDGET_MANAGER), organisation_id, added)
    organisations.end_member(manager, organisation_id, added)
    organisations.end_member(manager, organisation_id, added)
    assert actor_of(colleague.user_id).roles == frozenset()
    assert organisations.add_member(manager, organisation_id, colleague.user_id, Role.BUDGET_MANAGER) == added
    assert actor_of(colleague.user_id).roles == {Role.BUDGET_MANAGER}
    ended = db.session.execute(select(AuditRow).where(AuditRow.action == "membership.ended")).scalars().all()
    assert len(ended) == 1


def test_the_last_who_can_invite_does_not_leave_an_organisation_alone(app: Flask) -> None:
    manager = _actor(Role.PROVIDER)
    organisation_id = manager.memberships[0].organisation_id
    with pytest.raises(NotAllowed, match="last one"):
        organisations.end_member(manager, organisation_id, _membership_id(manager.user_id))
    organisations.end_member(_actor(Role.OPERATOR), organisation_id, _membership_id(manager.user_id))
    assert actor_of(manager.user_id).memberships == ()


def test_a_membership_of_another_organisation_is_not_ended_through_ones_own(app: Flask) -> None:
    manager, other = _actor(Role.PROVIDER), _actor(Role.PROVIDER)
    with pytest.raises(NotFound):
        organisations.end_member(manager, manager.memberships[0].organisation_id, _membership_id(other.user_id))
    assert actor_of(other.user_id).roles == {Role.PROVIDER}


def test_a_council_joins_once(app: Flask) -> None:
    council_id = db.session.execute(select(Council.id).order_by(Council.id).limit(1)).scalar_one()
    with pytest.raises(NotFound):
        organisations.join_council(_actor(Role.COMMISSIONER), council_id)
    operator = _actor(Role.OPERATOR)
    for _ in range(2):
        organisations.join_council(operator, council_id, phone="01325 555 0142")
    assert queries.get_council(council_id).has_joined
    assert len(db.session.execute(select(AuditRow).where(AuditRow.action == "council.joined")).all()) == 1


def test_only_its_managers_change_what_an_organisation_says(app: Flask) -> None:
    manager = _actor(Role.PROVIDER)
    organisation_id = manager.memberships[0].organisation_id
    with pytest.raises(NotFound):
        organisations.update_organisation(_actor(Role.PROVIDER), organisation_id, DETAILS)
    organisations.update_organisation(manager, organisation_id, DETAILS)
    assert queries.get_organisation(organisation_id).name == "Dales Home Care"
