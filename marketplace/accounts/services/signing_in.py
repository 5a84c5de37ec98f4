"""Sign in with an e-mail address and a password."""

import logging
from dataclasses import dataclass

from sqlalchemy import select, update

from marketplace.accounts import passwords
from marketplace.accounts.domain import JoinedAs
from marketplace.accounts.errors import WrongSignIn
from marketplace.accounts.models import User
from marketplace.accounts.ports import ports
from marketplace.accounts.services import sessions
from marketplace.audit.services import record
from marketplace.database import db, transaction

log = logging.getLogger(__name__)
_WRONG = "We do not know that email address with that password. Check both, and try again"


@dataclass(frozen=True)
class SignedIn:
    """A new sign-in: the token for the cookie. Without one the address is still to be confirmed."""

    user_id: int
    token: str | None
    large_print: bool


def sign_in(email: str, password: str, *, device: str | None = None) -> SignedIn:
    """Check an address and its password, and begin a sign-in.

    Raises WrongSignIn, in the same words and after the same work, for an unknown address, a wrong password and an
    account that was closed. An address that was never confirmed gets no token, and only its owner learns that.
    """
    user = db.session.execute(
        select(User.id, User.password_hash, User.verified_at, User.disabled_at, User.large_print).where(
            User.email == email.strip().lower()
        )
    ).one_or_none()
    fits = passwords.matches(user.password_hash if user else None, password)
    if user is None or not fits or user.disabled_at is not None:
        log.info("a sign-in was refused")
        raise WrongSignIn(_WRONG, field="email")
    if user.verified_at is None:
        return SignedIn(user.id, None, user.large_print)
    if passwords.is_dated(user.password_hash):
        new_hash = passwords.hash_password(password)
        with transaction():
            db.session.execute(
                update(User)
                .where(User.id == user.id, User.password_hash == user.password_hash)
                .values(password_hash=new_hash)
            )
    return begin(user.id, device=device)


def begin(user_id: int, *, device: str | None = None, is_proved: bool = False) -> SignedIn:
    """A sign-in of somebody whose right to it was just proved; `is_proved`: by more than a password.

    Who came to buy for themselves becomes a person.
    """
    with transaction():
        token = sessions.begin(user_id, device=device, is_proved=is_proved)
        record("user.signed_in", "user", user_id, actor_user_id=user_id)
    user = db.session.execute(select(User.joined_as, User.large_print).where(User.id == user_id)).one()
    followers = list(ports().on_sign_in)
    if user.joined_as == JoinedAs.MYSELF:
        followers.insert(0, _ensure_person)
    for follow in followers:
        try:
            follow(user_id)
        except Exception:
            # Nobody is kept out of their account because a basket could not be merged.
            db.session.rollback()
            log.exception("%s failed after a sign-in", getattr(follow, "__name__", follow))
    return SignedIn(user_id, token, user.large_print)


def buy_for_myself(user_id: int) -> None:
    """Make the person of somebody who came for another reason and now wants to buy for themselves."""
    with transaction():
        db.session.execute(update(User).where(User.id == user_id).values(joined_as=JoinedAs.MYSELF.value))
        record("user.buys_for_themselves", "user", user_id, actor_user_id=user_id)
    _ensure_person(user_id)


def _ensure_person(user_id: int) -> None:
    port = ports().ensure_person
    if port is not None:
        port(user_id)
