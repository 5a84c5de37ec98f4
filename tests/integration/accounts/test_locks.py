"""Two acts on accounts at once: what the lock between them is for, and what happens without it."""

from collections.abc import Callable, Sequence
from functools import partial

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from flask import Flask
from sqlalchemy import Select, select

from marketplace.accounts import codes, links, passwords
from marketplace.accounts.commands import Registration
from marketplace.accounts.council_logins import CouncilLogin
from marketplace.accounts.domain import SYSTEM, Actor, JoinedAs, Role
from marketplace.accounts.errors import LinkEnded
from marketplace.accounts.links import Purpose
from marketplace.accounts.models import Council, CouncilIdentity, Invitation, Membership, Organisation, User
from marketplace.accounts.queries import actor_of
from marketplace.accounts.services import (
    council_sign_in,
    invitations,
    keeping,
    organisations,
    profile,
    registration,
    second_step,
)
from marketplace.accounts.services.council_sign_in import Said
from marketplace.accounts.services.signing_in import SignedIn
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed
from marketplace.kernel.keeping import UNCONFIRMED_ACCOUNT
from tests.factories.accounts import DARLINGTON_GSS, MembershipFactory, UserFactory, user_with_role
from tests.integration.accounts.pages import PASSWORD, letters_to, link_in
from tests.interleaved import WITH_AND_WITHOUT, Race, acts_named, interleaved
from tests.races import errors

EMAIL = "nora@darlington.example"
OTHER_PASSWORD = "four other odd words"
LOGIN = CouncilLogin(
    DARLINGTON_GSS, "https://login.example", "id", "secret", frozenset({"darlington.example"}), "groups", {}
)


@pytest.fixture
def database() -> str:
    return "postgresql"


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are looked after elsewhere; here they only have to differ."""
    monkeypatch.setattr(passwords, "hash_password", lambda password: f"hash of {password}")
    monkeypatch.setattr(passwords, "matches", lambda kept, password: kept == f"hash of {password}")


@pytest.fixture(autouse=True)
def nothing_follows_a_sign_in(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no browser here whose basket could be brought along."""
    monkeypatch.setattr(council_sign_in.signing_in, "begin", lambda user_id, device: SignedIn(user_id, "token", False))
    monkeypatch.setattr(council_sign_in.sessions, "confirm", lambda token, at: None)


def user(password: str | None = None, **fields: object) -> int:
    with transaction():
        return int(UserFactory(email=EMAIL, password_hash=password and passwords.hash_password(password), **fields).id)


def manager(organisation: Organisation | None = None) -> Actor:
    with transaction():
        user_id = user_with_role(Role.BUDGET_MANAGER, organisation).id
    return actor_of(user_id)


def place(actor: Actor) -> int:
    return actor.memberships[0].organisation_id


def register(password: str = PASSWORD) -> None:
    registration.register(Registration("Nora", EMAIL, password, JoinedAs.MYSELF, True))


def invited(by: Actor) -> str:
    invitations.invite(by, place(by), name="Nora", email=EMAIL, role=Role.BUDGET_MANAGER)
    return link_in(letters_to(EMAIL)[0]).rpartition("/")[2]


def take_anew(token: str, password: str = PASSWORD) -> int:
    return invitations.accept_as_new_user(token, name="Nora", password=password, agrees_to_terms=True)


def enter() -> object:
    return council_sign_in.enter(LOGIN, Said("nora-1", EMAIL, "Nora", frozenset({Role.COUNCIL_FINANCE}), None))


def one_link_used_twice() -> Race:
    token = links.make(Purpose.NEW_PASSWORD, user(PASSWORD))

    def choose(password: str) -> Callable[[], object]:
        return lambda: profile.choose_new_password(token, password)

    return Race(
        "users", choose("the first of two"), choose("the other of two"), lambda said: isinstance(said[1], LinkEnded)
    )


def registered_again_while_it_is_confirmed() -> Race:
    """Else whoever registers with somebody's address gets an account that its owner has just confirmed."""
    token = links.make(Purpose.VERIFY, user(PASSWORD, verified_at=None))

    def hers_alone(_said: list[object]) -> bool:
        row = db.session.scalars(select(User)).one()
        return row.verified_at is None or row.password_hash == passwords.hash_password(PASSWORD)

    return Race("users", lambda: register(OTHER_PASSWORD), lambda: registration.verify(token, PASSWORD), hers_alone)


def an_invitation_taken_while_the_address_is_confirmed() -> Race:
    """Else somebody confirms their account, and its password is not the one that they have just chosen."""
    verify = links.make(Purpose.VERIFY, user(PASSWORD, verified_at=None))
    token = invited(manager())

    def one_of_both(said: list[object]) -> bool:
        row = db.session.scalars(select(User).where(User.email == EMAIL)).one()
        return said[1] != row.id or row.password_hash == passwords.hash_password(PASSWORD)

    return Race(
        "users", lambda: take_anew(token, OTHER_PASSWORD), lambda: registration.verify(verify, PASSWORD), one_of_both
    )


def forgotten_while_it_is_confirmed() -> Race:
    long_ago = clock.now() - 2 * UNCONFIRMED_ACCOUNT
    user_id = user(PASSWORD, verified_at=None, created_at=long_ago)
    token = links.make(Purpose.VERIFY, user_id)

    def either(said: list[object]) -> bool:
        return not (said[0] == 1 and said[1] == user_id)

    return Race("users", keeping.forget_unconfirmed_accounts, lambda: registration.verify(token, PASSWORD), either)


def taken_over_by_the_council_while_its_address_changes() -> Race:
    """Else the council opens an account whose address is no longer one of its own."""
    with transaction():
        user_with_role(Role.COMMISSIONER)
    token = links.make(Purpose.NEW_EMAIL, user(PASSWORD), extra="nora@home.example")

    def its_own_alone(_said: list[object]) -> bool:
        linked = select(User.email).join(CouncilIdentity, CouncilIdentity.user_id == User.id)
        return db.session.scalar(linked) in (None, EMAIL)

    return Race("users", enter, lambda: profile.confirm_new_email(token), its_own_alone)


def two_apps_set_up() -> Race:
    user_id, secret = user(), codes.new_secret()
    sealed = codes.seal("a key for tests only", user_id, secret, clock.now())
    code = TOTP(secret, 6, SHA1(), 30).generate(int(clock.now().timestamp())).decode()
    both = partial(second_step.set_up_app, user_id, sealed, code)
    return Race("users", both, both, lambda said: errors(said) == [], before="INSERT INTO code_apps")


def two_invitations_to_one_address() -> Race:
    actor = manager()
    waits = select(Invitation.id).where(Invitation.withdrawn_at.is_(None))
    both = partial(invited, actor)
    return Race("organisations", both, both, lambda _: len(rows(waits)) == 1, before="INSERT INTO invitations")


def taken_while_it_is_taken_back() -> Race:
    actor, user_id = manager(), user()
    token = invited(actor)
    invitation_id = db.session.scalars(select(Invitation.id)).one()
    return Race(
        "organisations",
        lambda: invitations.withdraw(actor, place(actor), invitation_id),
        lambda: invitations.accept(token, actor_of(user_id)),
        lambda _: not (acts_named("invitation.withdrawn") and acts_named("membership.begun")),
    )


def a_role_given_while_its_invitation_is_taken() -> Race:
    actor, user_id = manager(), user()
    token = invited(actor)
    return Race(
        "organisations",
        lambda: organisations.add_member(SYSTEM, place(actor), user_id, Role.BUDGET_MANAGER),
        lambda: invitations.accept(token, actor_of(user_id)),
        lambda said: errors(said) == [] and acts_named("membership.begun") == 1,
    )


def a_role_given_while_its_holder_comes_through_the_council() -> Race:
    user_id = user()
    with transaction():
        team_id = actor_of(user_with_role(Role.COMMISSIONER).id).memberships[0].organisation_id
    return Race(
        "organisations",
        lambda: organisations.add_member(SYSTEM, team_id, user_id, Role.COUNCIL_FINANCE),
        enter,
        lambda said: errors(said) == [] and acts_named("membership.begun") == 1,
    )


def the_last_two_managers_leave() -> Race:
    first = manager()
    with transaction():
        second_id = UserFactory().id
        MembershipFactory(user_id=second_id, organisation_id=place(first), role=Role.BUDGET_MANAGER)
    ids = {row.user_id: row.id for row in rows(select(Membership))}

    def leave(user_id: int) -> Callable[[], object]:
        actor = actor_of(user_id)
        return lambda: organisations.end_member(actor, place(first), ids[user_id])

    assert first.user_id is not None
    stays = select(Membership.id).where(Membership.ended_at.is_(None))
    return Race("organisations", leave(first.user_id), leave(second_id), lambda _: len(rows(stays)) == 1)


def a_council_that_joins_twice() -> Race:
    council_id = rows(select(Council.id))[0]
    join = partial(organisations.join_council, SYSTEM, council_id)
    return Race("councils", join, join, lambda _: acts_named("council.joined") == 1)


def rows(query: Select[int]) -> Sequence[int]:
    return db.session.scalars(query).all()


@pytest.mark.parametrize("is_locked", WITH_AND_WITHOUT)
@pytest.mark.parametrize(
    "race",
    [
        one_link_used_twice,
        registered_again_while_it_is_confirmed,
        an_invitation_taken_while_the_address_is_confirmed,
        forgotten_while_it_is_confirmed,
        taken_over_by_the_council_while_its_address_changes,
        two_apps_set_up,
        two_invitations_to_one_address,
        taken_while_it_is_taken_back,
        a_role_given_while_its_invitation_is_taken,
        a_role_given_while_its_holder_comes_through_the_council,
        the_last_two_managers_leave,
        a_council_that_joins_twice,
    ],
)
def test_of_two_at_once_the_second_waits_for_the_first(app: Flask, race: Callable[[], Race], is_locked: bool) -> None:
    """Without the lock something is doubled, lost or fails: the negative control."""
    assert race().is_well(app, is_locked=is_locked) is is_locked


def test_an_address_that_two_register_at_once_gives_nobody_an_error(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert errors(interleaved(app, register, register, "users")) == []
    assert len(rows(select(User))) == 1
    with transaction():
        db.session.scalars(select(User)).one().email = "nora-before@example.org"
    monkeypatch.setattr(registration, "_write", registration._write.__wrapped__)  # type: ignore[attr-defined]
    assert len(errors(interleaved(app, register, register, "users"))) == 1, "who does not look again meets an error"


def test_a_link_of_an_invitation_that_is_sent_twice_opens_one_account(app: Flask) -> None:
    """Whoever comes second is told to sign in, or that it was used."""
    token = invited(manager())
    said = interleaved(app, lambda: take_anew(token), lambda: take_anew(token), "users")
    assert sum(isinstance(one, (NotAllowed, LinkEnded)) for one in said) == 1, said
    assert acts_named("membership.begun") == 1


def test_an_address_registered_while_it_takes_an_invitation_or_comes_through_its_council_fails_for_nobody(
    app: Flask,
) -> None:
    actor = manager()
    token = invited(actor)
    assert errors(interleaved(app, lambda: take_anew(token), register, "users")) == []
    with transaction():
        db.session.scalars(select(User).where(User.email == EMAIL)).one().email = "nora-before@example.org"
        user_with_role(Role.COMMISSIONER)
    assert errors(interleaved(app, enter, register, "users")) == []
