"""An invitation gives a role to the one reader it was sent to, once, in time, and to nobody else."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.accounts import passwords
from marketplace.accounts.domain import ROLES_OF_KIND, WHO_MANAGES_PEOPLE, Actor, OrganisationKind, Role
from marketplace.accounts.errors import LinkEnded
from marketplace.accounts.models import Council, Invitation, Membership, Organisation
from marketplace.accounts.queries import actor_of, find_user_by_email, list_invitations, list_members
from marketplace.accounts.services import invitations, organisations
from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import DARLINGTON_GSS, UserFactory, user_with_role
from tests.integration.accounts.pages import PASSWORD, letters_to, link_in

EMAIL = "new@example.org"


@pytest.fixture
def manager(app: Flask) -> Actor:
    with transaction():
        user_id = user_with_role(Role.BUDGET_MANAGER, email="manager@example.org").id
    return actor_of(user_id)


def _organisation(actor: Actor) -> int:
    return actor.memberships[0].organisation_id


def _invite(manager: Actor, email: str = EMAIL, role: Role = Role.BUDGET_MANAGER) -> str:
    invitations.invite(manager, _organisation(manager), name="Nora New", email=email, role=role)
    return link_in(letters_to(email)[0])


def test_somebody_new_takes_an_invitation_and_belongs(client: FlaskClient, manager: Actor) -> None:
    sign_in(client, manager.user_id)
    page = f"/organisation/{_organisation(manager)}/people"
    data = {"name": "Nora New", "email": EMAIL, "role": "budget_manager"}
    assert "We sent an invitation" in text_of(submit(client, page, data, follow_redirects=True))
    assert "Invited, and not answered yet" in text_of(client.get(page))
    other = client.application.test_client()
    link = link_in(letters_to(EMAIL)[0])
    submit(other, link, {"name": "Nora New", "password": PASSWORD, "agree": "y"})
    assert actor_of(find_user_by_email(EMAIL).id).organisation_ids(Role.BUDGET_MANAGER) == (_organisation(manager),)
    assert "Nora New" in text_of(other.get("/account"))
    assert letters_to("manager@example.org")[0].subject.startswith("Somebody joined")
    assert other.get(link).status_code == 410
    assert "Invited, and not answered yet" not in text_of(client.get(page))


def test_somebody_with_an_account_signs_in_to_say_yes(client: FlaskClient, manager: Actor) -> None:
    with transaction():
        user_id = UserFactory(email=EMAIL, name="Own Name").id
    link = _invite(manager)
    assert "Sign in to say yes" in text_of(client.get(link))
    assert actor_of(user_id).roles == frozenset()
    sign_in(client, user_id)
    submit(client, link, {})
    assert actor_of(user_id).roles == {Role.BUDGET_MANAGER}
    assert find_user_by_email(EMAIL).name == "Own Name"


def test_the_one_who_invites_does_not_learn_whether_an_address_has_an_account(
    client: FlaskClient, manager: Actor
) -> None:
    with transaction():
        UserFactory(email="known@example.org", name="Secretly Known")
    sign_in(client, manager.user_id)
    page = f"/organisation/{_organisation(manager)}/people"
    pages = []
    for address in ("known@example.org", EMAIL):
        data = {"name": "Some Body", "email": address, "role": "budget_manager"}
        pages.append(text_of(submit(client, page, data, follow_redirects=True)))
        invitation = list_invitations(_organisation(manager))[0]
        invitations.withdraw(manager, _organisation(manager), invitation.id)
    assert pages[0].replace("known@example.org", "…") == pages[1].replace(EMAIL, "…")
    assert "Secretly Known" not in pages[0]


def test_an_invitation_for_another_address_gives_a_stranger_nothing(client: FlaskClient, manager: Actor) -> None:
    with transaction():
        stranger = UserFactory().id
    link = _invite(manager)
    sign_in(client, stranger)
    assert "you are signed in with another address" in text_of(client.get(link))
    with pytest.raises(NotAllowed):
        invitations.accept(link.rpartition("/")[2], actor_of(stranger))
    assert actor_of(stranger).roles == frozenset()


def test_an_account_for_the_address_is_not_overwritten_by_an_invitation(client: FlaskClient, manager: Actor) -> None:
    with transaction():
        UserFactory(email=EMAIL, name="Own Name", password_hash=passwords.hash_password(PASSWORD))
    token = _invite(manager).rpartition("/")[2]
    with pytest.raises(NotAllowed):
        invitations.accept_as_new_user(token, name="Other", password="a stolen password", agrees_to_terms=True)
    assert submit(client, "/sign-in", {"email": EMAIL, "password": PASSWORD}).status_code == 302


def test_an_invitation_ends_after_7_days_when_taken_back_and_when_sent_again(app: Flask, manager: Actor) -> None:
    first = _invite(manager).rpartition("/")[2]
    moment = clock.now()
    with clock.fixed_clock(moment + timedelta(days=7, minutes=1)), pytest.raises(LinkEnded):
        invitations.read(first)
    second = _invite(manager).rpartition("/")[2]
    with pytest.raises(LinkEnded):
        invitations.read(first)
    invitations.withdraw(manager, _organisation(manager), list_invitations(_organisation(manager))[0].id)
    with pytest.raises(LinkEnded):
        invitations.read(second)


def test_an_ended_role_does_not_come_back_by_the_old_link(app: Flask, manager: Actor) -> None:
    token = _invite(manager).rpartition("/")[2]
    user_id = invitations.accept_as_new_user(token, name="Nora", password=PASSWORD, agrees_to_terms=True)
    member = next(each for each in list_members(_organisation(manager)) if each.user_id == user_id)
    organisations.end_member(manager, _organisation(manager), member.membership_id)
    with pytest.raises(LinkEnded):
        invitations.accept(token, actor_of(user_id))
    assert actor_of(user_id).roles == frozenset()


@pytest.mark.parametrize("kind", list(OrganisationKind))
def test_only_roles_of_the_kind_can_be_offered(app: Flask, kind: OrganisationKind) -> None:
    with transaction():
        organisation_id = _new_organisation(kind)
        operator = user_with_role(Role.OPERATOR).id
    actor = actor_of(operator)
    for role in Role:
        address = f"{role}@example.org"
        if role in ROLES_OF_KIND[kind]:
            assert invitations.invite(actor, organisation_id, name="N", email=address, role=role)
        else:
            with pytest.raises(NotAllowed):
                invitations.invite(actor, organisation_id, name="N", email=address, role=role)


def test_who_settles_funds_does_not_choose_the_second_pair_of_eyes(app: Flask, manager: Actor) -> None:
    organisation_id = _organisation(manager)
    with transaction():
        db.session.add(
            Membership(
                user_id=manager.user_id,
                organisation_id=organisation_id,
                role=Role.FUND_FINANCE,
                created_at=clock.now(),
            )
        )
    settles = actor_of(manager.user_id or 0)
    with pytest.raises(NotAllowed, match="somebody else has to choose"):
        invitations.invite(settles, organisation_id, name="N", email=EMAIL, role=Role.FUND_FINANCE)
    with transaction():
        operator = actor_of(user_with_role(Role.OPERATOR).id)
    assert invitations.invite(operator, organisation_id, name="N", email=EMAIL, role=Role.FUND_FINANCE)


def _new_organisation(kind: OrganisationKind) -> int:
    council_id = db.session.execute(select(Council.id).where(Council.gss_code == DARLINGTON_GSS)).scalar_one()
    organisation = Organisation(kind=kind, name="Some place", council_id=council_id, created_at=clock.now())
    db.session.add(organisation)
    db.session.flush()
    return organisation.id


@pytest.mark.parametrize("role", [role for role in Role if role not in (*WHO_MANAGES_PEOPLE.values(), Role.OPERATOR)])
def test_only_who_manages_people_sees_the_page_and_invites(client: FlaskClient, role: Role) -> None:
    with transaction():
        user_id = user_with_role(role).id
    actor = actor_of(user_id)
    sign_in(client, user_id)
    assert client.get(f"/organisation/{_organisation(actor)}/people").status_code == 404
    with pytest.raises(NotFound):
        invitations.invite(actor, _organisation(actor), name="N", email=EMAIL, role=role)


def test_a_manager_of_another_organisation_can_neither_see_invite_nor_withdraw(
    client: FlaskClient, manager: Actor
) -> None:
    _invite(manager)
    with transaction():
        stranger = actor_of(user_with_role(Role.BUDGET_MANAGER).id)
    sign_in(client, stranger.user_id)
    theirs = _organisation(manager)
    assert client.get(f"/organisation/{theirs}/people").status_code == 404
    invitation_id = list_invitations(theirs)[0].id
    for organisation_id in (theirs, _organisation(stranger)):
        with pytest.raises(NotFound):
            invitations.withdraw(stranger, organisation_id, invitation_id)
    with pytest.raises(NotFound):
        invitations.invite(stranger, theirs, name="N", email="x@example.org", role=Role.BUDGET_MANAGER)
    assert list_invitations(theirs)[0].id == invitation_id


def test_nobody_invites_themselves_or_one_who_is_there(app: Flask, manager: Actor) -> None:
    for email, sentence in (("manager@example.org", "Somebody else"), ("there@example.org", "that role here already")):
        with transaction():
            if email != manager.email:
                organisation = db.session.get_one(Organisation, _organisation(manager))
                user_with_role(Role.BUDGET_MANAGER, organisation, email=email)
        with pytest.raises(DomainError, match=sentence):
            _invite(manager, email)


def test_an_invitation_cannot_smuggle_a_header_through_a_name(app: Flask) -> None:
    with transaction():
        user = user_with_role(Role.PROVIDER)
        db.session.get_one(
            Organisation, db.session.scalar(select(Membership.organisation_id))
        ).name = "Dales\r\nBcc: all@example.org"
    actor = actor_of(user.id)
    invitations.invite(actor, _organisation(actor), name="N", email=EMAIL, role=Role.PROVIDER)
    assert letters_to(EMAIL)[0].subject == "Join Dales Bcc: all@example.org"


def test_the_token_of_an_invitation_is_not_in_the_database(app: Flask, manager: Actor) -> None:
    token = _invite(manager).rpartition("/")[2]
    assert db.session.scalar(select(Invitation.token_digest)) != token


def test_the_operator_sets_up_a_councils_first_member_who_invites_the_others(client: FlaskClient) -> None:
    with transaction():
        operator = user_with_role(Role.OPERATOR).id
        council_id = db.session.execute(select(Council.id).where(Council.gss_code == DARLINGTON_GSS)).scalar_one()
    sign_in(client, operator)
    data = {
        "kind": "council",
        "name": "Darlington adult social care",
        "council": str(council_id),
        "phone": "01632 960 001",
        "member_name": "Carol Commissioner",
        "email": "carol@example.org",
    }
    response = submit(client, "/organisations/new", data)
    organisation_id = int(response.location.split("/")[2])
    other = client.application.test_client()
    submit(other, link_in(letters_to("carol@example.org")[0]), {"name": "Carol", "password": PASSWORD, "agree": "y"})
    carol = actor_of(find_user_by_email("carol@example.org").id)
    assert carol.council_ids(Role.COMMISSIONER) == (council_id,)
    assert other.get(f"/organisation/{organisation_id}/people").status_code == 200
    assert "Darlington adult social care" in text_of(client.get("/organisations?kind=council"))
    actions = set(db.session.execute(select(AuditRow.action)).scalars())
    assert {"organisation.created", "council.joined", "invitation.sent", "membership.begun"} <= actions


def test_a_council_team_without_a_council_is_not_set_up_and_nothing_is_sent(client: FlaskClient) -> None:
    with transaction():
        operator = user_with_role(Role.OPERATOR).id
    sign_in(client, operator)
    data = {"kind": "council", "name": "A team", "member_name": "C", "email": "carol@example.org"}
    assert "Choose the council that this team belongs to" in text_of(submit(client, "/organisations/new", data))
    assert letters_to("carol@example.org") == []
    assert db.session.scalar(select(Organisation.id).where(Organisation.name == "A team")) is None


def test_a_role_is_ended_from_the_page_and_the_last_manager_is_told_why_not(
    client: FlaskClient, manager: Actor
) -> None:
    colleague = invitations.accept_as_new_user(
        _invite(manager).rpartition("/")[2], name="Nora", password=PASSWORD, agrees_to_terms=True
    )
    sign_in(client, manager.user_id)
    base = f"/organisation/{_organisation(manager)}/people"
    ids = {member.user_id: member.membership_id for member in list_members(_organisation(manager))}
    submit(client, base, {}, to=f"{base}/{ids[colleague]}/end")
    assert actor_of(colleague).roles == frozenset()
    response = submit(client, base, {}, to=f"{base}/{ids[manager.user_id]}/end", follow_redirects=True)
    assert "You are the last one who can invite people here" in text_of(response)
    assert actor_of(manager.user_id).roles == {Role.BUDGET_MANAGER}
