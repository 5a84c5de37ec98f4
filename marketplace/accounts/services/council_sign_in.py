"""Sign in somebody of whom their council says who they are and what they do there."""

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from marketplace.accounts.access import FRESH
from marketplace.accounts.council_logins import CouncilLogin, find_by_issuer
from marketplace.accounts.domain import OrganisationKind, Role, clean_email
from marketplace.accounts.models import Council, CouncilIdentity, Membership, Organisation, User
from marketplace.accounts.services import sessions, signing_in
from marketplace.accounts.services.organisations import begin_membership
from marketplace.accounts.services.signing_in import SignedIn
from marketplace.audit.services import record
from marketplace.database import again_if_taken, db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Said:
    """What an issuer said, in an answer that was verified: who somebody is there, and when they last proved it."""

    subject: str
    email: str
    name: str
    roles: frozenset[Role]
    authenticated_at: datetime | None


def enter(login: CouncilLogin, said: Said, *, device: str | None = None) -> SignedIn:
    """Begin a sign-in of a member of the council's staff, with exactly the roles that the council says.

    The account is the one this issuer spoke of before, else that of the address (in a domain of the council's), else a
    new one. From then on the council alone lets them in: a password of the account ends, whoever chose it. Roles
    that the council no longer gives end here. Raises NotAllowed in words for whoever tries.
    """
    user_id = _find_or_open(login, said)
    if user_id is None or not said.roles:
        log.info("a council's sign-in gave no role, council %s", login.gss_code)
        raise NotAllowed(
            "Your council knows you, and gave you no role on this site. Ask whoever looks after accounts at your "
            "council to add you to a group for it, then sign in again."
        )
    signed_in = signing_in.begin(user_id, device=device)
    assert signed_in.token is not None
    sessions.confirm(signed_in.token, at=said.authenticated_at)
    return signed_in


@again_if_taken
def _find_or_open(login: CouncilLogin, said: Said) -> int | None:
    """The account with the roles of now; None for somebody unknown here to whom the council gives no role."""
    with transaction():
        organisation_id = _organisation_of(login)
        user_id = _known(login, said.subject)
        if user_id is None and said.roles:
            user_id = _of_address(login, said)
        if user_id is not None:
            if db.session.scalar(select(User.disabled_at).where(User.id == user_id)) is not None:
                raise NotAllowed("Your account here was closed. Call us if you think that is wrong.")
            _set_roles(organisation_id, user_id, said.roles)
        return user_id


def confirm(login: CouncilLogin, said: Said, user_id: int, token: str) -> None:
    """Note that somebody who is signed in has just proved to their council again who they are.

    Raises NotAllowed when it is somebody else, or when the council did not ask them anew.
    """
    if _known(login, said.subject) != user_id:
        raise NotAllowed("You proved to your council that you are somebody else. Sign out here first, then sign in.")
    if said.authenticated_at is None:
        raise NotAllowed("Your council did not say when you last proved who you are. Ask it to send auth_time.")
    if clock.now() - said.authenticated_at > FRESH:
        raise NotAllowed("Your council did not ask you again who you are. Sign out there, then try again.")
    with transaction():
        sessions.confirm(token, at=said.authenticated_at)
        record("user.council_confirmed", "user", user_id, actor_user_id=user_id)


def login_of(user_id: int) -> CouncilLogin | None:
    """The council through which alone a user signs in; None for everybody else, and where that council's is gone."""
    issuers = db.session.scalars(select(CouncilIdentity.issuer).where(CouncilIdentity.user_id == user_id))
    return next((login for issuer in issuers if (login := find_by_issuer(issuer)) is not None), None)


def _organisation_of(login: CouncilLogin) -> int:
    """The council's first team here."""
    found = db.session.scalar(
        select(Organisation.id)
        .join(Council, Council.id == Organisation.council_id)
        .where(
            Council.gss_code == login.gss_code,
            Council.joined_at.is_not(None),
            Organisation.kind == OrganisationKind.COUNCIL,
            Organisation.closed_at.is_(None),
        )
        .order_by(Organisation.id)
        .limit(1)
        .with_for_update()
    )
    if found is None:
        raise NotAllowed("Your council has not joined this site yet. The operator of this site can let it join.")
    return found


def _known(login: CouncilLogin, subject: str) -> int | None:
    return db.session.scalar(
        select(CouncilIdentity.user_id).where(
            CouncilIdentity.issuer == login.issuer, CouncilIdentity.subject == subject
        )
    )


def _of_address(login: CouncilLogin, said: Said) -> int:
    """The account of the address that the council names, now the council's to open. Its password and sign-ins end."""
    try:
        email = clean_email(said.email)
    except DomainError:
        raise NotAllowed("Your council did not say your email address. Ask your council to send it.") from None
    if not login.speaks_for(email):
        raise NotAllowed("Your council named an email address that is not one of its own. Ask your council to mend it.")
    now = clock.now()
    user_id = db.session.scalar(select(User.id).where(User.email == email).with_for_update())
    if user_id is None:
        user = User(email=email, name=said.name[:120] or email, created_at=now, verified_at=now)
        db.session.add(user)
        db.session.flush()
        user_id = user.id
    else:
        # Whoever registered the address before need not have been the one who reads it.
        db.session.execute(update(User).where(User.id == user_id).values(password_hash=None, verified_at=now))
        sessions.end_all(user_id)
    db.session.execute(
        insert(CouncilIdentity).values(user_id=user_id, issuer=login.issuer, subject=said.subject, created_at=now)
    )
    record("user.council_linked", "user", user_id, actor_user_id=user_id)
    return user_id


def _set_roles(organisation_id: int, user_id: int, roles: frozenset[Role]) -> None:
    live = db.session.execute(
        select(Membership.id, Membership.role).where(
            Membership.user_id == user_id,
            Membership.organisation_id == organisation_id,
            Membership.ended_at.is_(None),
        )
    ).all()
    for row in live:
        if row.role not in roles:
            db.session.execute(update(Membership).where(Membership.id == row.id).values(ended_at=clock.now()))
            record(
                "membership.ended",
                "membership",
                row.id,
                actor_user_id=user_id,
                organisation_id=organisation_id,
                user=user_id,
                role=row.role.value,
                by="council",
            )
    for role in sorted(roles - {row.role for row in live}):
        begin_membership(user_id, organisation_id, OrganisationKind.COUNCIL, user_id, role)
