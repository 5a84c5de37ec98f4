"""Invite people into an organisation by e-mail. An invitation gives nothing until its reader takes it."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import insert, select, update

from marketplace.accounts import letters, passwords
from marketplace.accounts.domain import (
    ROLES_OF_KIND,
    WHO_MANAGES_PEOPLE,
    WORDS_OF_ROLE,
    Actor,
    Role,
    clean_email,
)
from marketplace.accounts.errors import LinkEnded
from marketplace.accounts.models import Invitation, Organisation, User
from marketplace.accounts.queries import find_user_by_email, list_users_of
from marketplace.accounts.services import organisations
from marketplace.audit.services import record
from marketplace.database import again_if_taken, db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.ids import new_token

LIFE = timedelta(days=7)
_ENDED = "This invitation was used or taken back, or is more than 7 days old. Ask for another one."


@dataclass(frozen=True)
class Offer:
    """What an invitation offers, for the page that its link opens."""

    invitation_id: int
    organisation_id: int
    organisation_name: str
    role: Role
    email: str
    name: str
    has_account: bool


def invite(actor: Actor, organisation_id: int, *, name: str, email: str, role: Role) -> int:
    """Send an invitation; answers its id. One that stands for the same address and role is replaced.

    For those who manage the organisation's people, and the operator. Whether the address has an account is not told.
    Raises NotFound, DomainError.
    """
    email = clean_email(email)
    if not name.strip():
        raise DomainError("Enter the name of the person to invite", field="name")
    token, now = new_token(), clock.now()
    with transaction():
        organisation = _locked(organisation_id)
        if not organisations.may_manage_people(actor, organisation_id, organisation.kind):
            raise NotFound()
        if role not in ROLES_OF_KIND[organisation.kind]:
            raise NotAllowed("Nobody can have that role in this kind of organisation.")
        if actor.email == email:
            raise NotAllowed("Somebody else has to give you a role.")
        if role is Role.FUND_FINANCE and organisation_id in actor.organisation_ids(role):
            raise NotAllowed("You settle funds here yourself, so somebody else has to choose who does it with you.")
        if any(user.email == email for user in list_users_of(organisation_id, role)):
            raise DomainError("They have that role here already", field="email")
        db.session.execute(
            update(Invitation)
            .where(
                Invitation.organisation_id == organisation_id,
                Invitation.email == email,
                Invitation.role == role,
                Invitation.accepted_at.is_(None),
                Invitation.withdrawn_at.is_(None),
            )
            .values(withdrawn_at=now)
        )
        invitation_id: int = db.session.execute(
            insert(Invitation)
            .values(
                organisation_id=organisation_id,
                role=role,
                email=email,
                name=name.strip(),
                token_digest=_digest(token),
                invited_by_user_id=actor.user_id,
                created_at=now,
                ends_at=now + LIFE,
            )
            .returning(Invitation.id)
        ).scalar_one()
        letters.send(letters.invitation(organisation.name, WORDS_OF_ROLE[role], token), email)
        record(
            "invitation.sent",
            "invitation",
            invitation_id,
            actor_user_id=actor.user_id,
            organisation_id=organisation_id,
            role=role.value,
        )
    return invitation_id


def withdraw(actor: Actor, organisation_id: int, invitation_id: int) -> None:
    """Take an invitation back; one that was taken or taken back before stays as it is. Raises NotFound."""
    with transaction():
        organisation = _locked(organisation_id)
        invitation = db.session.get(Invitation, invitation_id)
        if (
            invitation is None
            or invitation.organisation_id != organisation_id
            or not organisations.may_manage_people(actor, organisation_id, organisation.kind)
        ):
            raise NotFound()
        if invitation.accepted_at is None and invitation.withdrawn_at is None:
            invitation.withdrawn_at = clock.now()
            record(
                "invitation.withdrawn",
                "invitation",
                invitation_id,
                actor_user_id=actor.user_id,
                organisation_id=organisation_id,
            )


def read(token: str) -> Offer:
    """What the invitation of a link offers, while it stands. Raises LinkEnded."""
    row = db.session.execute(
        select(Invitation, Organisation.name)
        .join(Organisation, Organisation.id == Invitation.organisation_id)
        .where(
            Invitation.token_digest == _digest(token),
            Invitation.accepted_at.is_(None),
            Invitation.withdrawn_at.is_(None),
            Invitation.ends_at > clock.now(),
            Organisation.closed_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        raise LinkEnded(_ENDED)
    invitation, organisation_name = row
    user = find_user_by_email(invitation.email)
    return Offer(
        invitation.id,
        invitation.organisation_id,
        organisation_name,
        invitation.role,
        invitation.email,
        invitation.name,
        user is not None and user.verified_at is not None,
    )


def accept(token: str, actor: Actor) -> Offer:
    """Take an invitation as the user who is signed in, whose address it was sent to. Raises LinkEnded, NotAllowed."""
    offer = read(token)
    if actor.user_id is None or actor.email != offer.email:
        raise NotAllowed("This invitation was sent to another email address. Sign out, then open its link again.")
    _take(token, offer, actor.user_id)
    return offer


def accept_as_new_user(token: str, *, name: str, password: str, agrees_to_terms: bool) -> int:
    """Take an invitation sent to an address without a usable account: opens one. Answers the user's id.

    The link proves the address. Raises LinkEnded, BadPassword, DomainError.
    """
    offer = read(token)
    if offer.has_account:
        raise NotAllowed("There is an account for this email address. Sign in, then open the link again.")
    if not name.strip():
        raise DomainError("Enter your name", field="name")
    if not agrees_to_terms:
        raise DomainError("Tick the box if you agree to the terms", field="agree")
    passwords.judge(password, offer.email)
    chosen = {"name": name.strip(), "password_hash": passwords.hash_password(password), "verified_at": clock.now()}
    return _open_account(token, offer, chosen)


@again_if_taken
def _open_account(token: str, offer: Offer, chosen: dict[str, object]) -> int:
    with transaction():
        user = db.session.execute(select(User).where(User.email == offer.email).with_for_update()).scalar_one_or_none()
        if user is None:
            user = User(email=offer.email, created_at=clock.now(), large_print=False)
            db.session.add(user)
        elif user.verified_at is not None or user.disabled_at is not None:
            raise NotAllowed("There is an account for this email address. Sign in, then open the link again.")
        for field, value in chosen.items():
            setattr(user, field, value)
        db.session.flush()
        record("user.registered", "user", user.id, actor_user_id=user.id, invitation=offer.invitation_id, terms=True)
        _take(token, offer, user.id)
        return user.id


def _take(token: str, offer: Offer, user_id: int) -> None:
    with transaction():
        organisation = _locked(offer.organisation_id)
        taken = db.session.execute(
            update(Invitation)
            .where(
                Invitation.token_digest == _digest(token),
                Invitation.accepted_at.is_(None),
                Invitation.withdrawn_at.is_(None),
                Invitation.ends_at > clock.now(),
            )
            .values(accepted_at=clock.now(), accepted_by_user_id=user_id)
            .returning(Invitation.id)
        ).scalar_one_or_none()
        if taken is None:
            raise LinkEnded(_ENDED)
        colleagues = list_users_of(offer.organisation_id, WHO_MANAGES_PEOPLE[organisation.kind])
        organisations.begin_membership(user_id, offer.organisation_id, organisation.kind, user_id, offer.role)
        name = db.session.execute(select(User.name).where(User.id == user_id)).scalar_one()
        for colleague in colleagues:
            if colleague.id != user_id:
                letter = letters.somebody_joined(
                    organisation.name, name, WORDS_OF_ROLE[offer.role], offer.organisation_id
                )
                letters.send(letter, colleague.email, user_id=colleague.id)


def _locked(organisation_id: int) -> Organisation:
    organisation = db.session.execute(
        select(Organisation)
        .where(Organisation.id == organisation_id, Organisation.closed_at.is_(None))
        .with_for_update()
    ).scalar_one_or_none()
    if organisation is None:
        raise NotFound()
    return organisation


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
