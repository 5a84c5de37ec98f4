"""What somebody changes about their own account: password, name, telephone, e-mail address, large print."""

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from marketplace.accounts import letters, links, passwords
from marketplace.accounts.domain import clean_email
from marketplace.accounts.errors import LinkEnded, WrongPassword
from marketplace.accounts.links import Purpose
from marketplace.accounts.models import User
from marketplace.accounts.ports import ports
from marketplace.accounts.services import council_sign_in, sessions
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError
from marketplace.outbox.services import enqueue

FORGOTTEN = "accounts.forgotten_password"


def forgotten_password(email: str) -> None:
    """Promise a link for a new password. The request does the same whether the address is known: the worker looks."""
    email = clean_email(email)
    with transaction():
        enqueue(FORGOTTEN, {"email": email})


def send_new_password(payload: dict[str, str]) -> None:
    """The worker's part of `forgotten_password`: a link to an address that has an account of its own."""
    with transaction():
        user = db.session.execute(
            select(User.id, User.email).where(User.email == payload["email"], User.disabled_at.is_(None))
        ).one_or_none()
        if user is not None and council_sign_in.login_of(user.id) is not None:
            letters.send(letters.sign_in_through_council(), user.email, user_id=user.id)
        elif user is not None:
            token = links.make(Purpose.NEW_PASSWORD, user.id)
            letters.send(letters.new_password(token), user.email, user_id=user.id)


def check_new_password_link(token: str) -> None:
    """Raises LinkEnded when a link of `letters.new_password` can no longer be used."""
    links.read(Purpose.NEW_PASSWORD, token)


def choose_new_password(token: str, password: str) -> int:
    """Use a link of `letters.new_password`; ends every sign-in, and proves the address. Answers the user's id.

    Raises LinkEnded, BadPassword.
    """
    linked = links.read(Purpose.NEW_PASSWORD, token)
    passwords.judge(password, linked.email)
    password_hash = passwords.hash_password(password)
    with transaction():
        links.read(Purpose.NEW_PASSWORD, token)
        user = db.session.get_one(User, linked.user_id)
        user.password_hash = password_hash
        user.verified_at = user.verified_at or clock.now()
        sessions.end_all(user.id)
        record("user.password_chosen", "user", user.id, actor_user_id=user.id)
        letters.send(letters.password_changed(), user.email, user_id=user.id)
    return linked.user_id


def change_password(user_id: int, *, present: str, new: str, token: str) -> None:
    """Change a password; every sign-in but that of `token` ends. Raises WrongPassword, BadPassword."""
    email = _check_password(user_id, present, field="present")
    passwords.judge(new, email)
    password_hash = passwords.hash_password(new)
    with transaction():
        db.session.execute(update(User).where(User.id == user_id).values(password_hash=password_hash))
        sessions.end_others(user_id, token)
        record("user.password_changed", "user", user_id, actor_user_id=user_id)
        letters.send(letters.password_changed(), email, user_id=user_id)


def change_name(user_id: int, *, name: str, phone: str | None) -> None:
    """Change what we call somebody, wherever they stand from now on, and their telephone number. Raises DomainError."""
    name = " ".join(name.split())
    if not name:
        raise DomainError("Enter your name", field="name")
    with transaction():
        # Without its key: whoever holds the person of this account, next to be held here, names the account.
        before = db.session.scalar(select(User.name).where(User.id == user_id).with_for_update(key_share=True))
        db.session.execute(update(User).where(User.id == user_id).values(name=name, phone=phone or None))
        record("user.changed", "user", user_id, actor_user_id=user_id)
        for take_name in ports().on_renamed if name != before else ():
            take_name(user_id, name)


def ask_new_email(user_id: int, *, new_email: str, password: str) -> None:
    """Send a link to the new address and word to the old one. Answers alike when the new one has an account.

    Raises WrongPassword, DomainError.
    """
    new_email = clean_email(new_email)
    email = _check_password(user_id, password, field="password")
    if new_email == email:
        raise DomainError("That is your email address already", field="email")
    with transaction():
        if db.session.execute(select(User.id).where(User.email == new_email)).scalar_one_or_none() is not None:
            letters.send(letters.new_email_is_taken(), new_email)
        else:
            token = links.make(Purpose.NEW_EMAIL, user_id, extra=new_email)
            letters.send(letters.confirm_new_email(token), new_email)
        letters.send(letters.email_change_asked(new_email), email, user_id=user_id)
        record("user.email_change_asked", "user", user_id, actor_user_id=user_id)


def check_new_email_link(token: str) -> str:
    """The address that a link of `letters.confirm_new_email` would set. Raises LinkEnded when it no longer can."""
    return links.read(Purpose.NEW_EMAIL, token).extra


def confirm_new_email(token: str) -> str:
    """Use a link of `letters.confirm_new_email`; the old address is told. Answers the new one. Raises LinkEnded."""
    try:
        with transaction():
            linked = links.read(Purpose.NEW_EMAIL, token)
            db.session.execute(update(User).where(User.id == linked.user_id).values(email=linked.extra))
            letters.send(letters.email_changed(linked.extra), linked.email, user_id=linked.user_id)
            record("user.email_changed", "user", linked.user_id, actor_user_id=linked.user_id)
    except IntegrityError:
        raise LinkEnded("That email address has an account of its own by now. Nothing was changed.") from None
    return linked.extra


def set_large_print(user_id: int, *, on: bool) -> None:
    """Keep whether somebody wants large print, for their next sign-in on any device."""
    with transaction():
        db.session.execute(update(User).where(User.id == user_id).values(large_print=on))


def _check_password(user_id: int, password: str, *, field: str) -> str:
    """The user's e-mail address, when the password is theirs."""
    user = db.session.execute(select(User.email, User.password_hash).where(User.id == user_id)).one()
    if not passwords.matches(user.password_hash, password):
        raise WrongPassword("That is not your present password", field=field)
    email: str = user.email
    return email
