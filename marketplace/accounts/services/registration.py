"""Register, and prove that an e-mail address is one's own."""

from sqlalchemy import insert, select, update

from marketplace.accounts import letters, links, passwords
from marketplace.accounts.commands import Registration
from marketplace.accounts.domain import JoinedAs, clean_email
from marketplace.accounts.errors import WrongPassword
from marketplace.accounts.links import Purpose
from marketplace.accounts.models import User
from marketplace.audit.services import record
from marketplace.database import again_if_taken, db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError
from marketplace.outbox.services import enqueue

RESEND = "accounts.resend_verification"


def register(command: Registration) -> None:
    """Open an account that an e-mailed link makes usable. Answers alike, in words and in time, for a known address.

    A known, verified address gets a letter that says so. An address that was never verified gets the new name and
    password: nobody has used that account, and whoever reads the address decides. Raises DomainError, BadPassword.
    """
    email = clean_email(command.email)
    if not command.name.strip():
        raise DomainError("Enter your name", field="name")
    if not command.agrees_to_terms:
        raise DomainError("Tick the box if you agree to the terms", field="agree")
    passwords.judge(command.password, email)
    password_hash = passwords.hash_password(command.password)
    _write(command, email, password_hash)


@again_if_taken
def _write(command: Registration, email: str, password_hash: str) -> None:
    chosen = {
        "name": command.name.strip(),
        "password_hash": password_hash,
        "joined_as": command.joined_as.value,
    }
    with transaction():
        user = db.session.execute(
            select(User.id, User.verified_at, User.disabled_at).where(User.email == email).with_for_update()
        ).one_or_none()
        if user is not None and (user.verified_at is not None or user.disabled_at is not None):
            letters.send(letters.already_registered(), email, user_id=user.id)
            return
        if user is None:
            user_id = db.session.execute(
                insert(User).values(email=email, created_at=clock.now(), large_print=False, **chosen).returning(User.id)
            ).scalar_one()
            record(
                "user.registered", "user", user_id, actor_user_id=user_id, joined_as=command.joined_as.value, terms=True
            )
        else:
            user_id = user.id
            # Registered anew: the time in which the address has to be confirmed begins again.
            db.session.execute(update(User).where(User.id == user_id).values(created_at=clock.now(), **chosen))
        letters.send(letters.verify(links.make(Purpose.VERIFY, user_id)), email, user_id=user_id)


def ask_again(email: str) -> None:
    """Promise a new link for an address, whoever's it is: the worker looks whether there is somebody to send one to."""
    email = clean_email(email)
    with transaction():
        enqueue(RESEND, {"email": email})


def resend(payload: dict[str, str]) -> None:
    """The worker's part of `ask_again`: a new link to an address that is registered and not verified."""
    with transaction():
        user = db.session.execute(
            select(User.id, User.email).where(
                User.email == payload["email"], User.verified_at.is_(None), User.disabled_at.is_(None)
            )
        ).one_or_none()
        if user is not None:
            letters.send(letters.verify(links.make(Purpose.VERIFY, user.id)), user.email, user_id=user.id)


def check_link(token: str) -> None:
    """Raises LinkEnded when a link of `letters.verify` can no longer be used."""
    links.read(Purpose.VERIFY, token)


def verify(token: str, password: str) -> int:
    """Use a link of `letters.verify`, with the password chosen when registering; answers the user's id.

    The password is asked for because anybody may register with anybody's address: whoever reads the letter must not
    make a stranger's account usable by one press. Raises LinkEnded, WrongPassword.
    """
    linked = links.read(Purpose.VERIFY, token)
    password_hash = db.session.execute(select(User.password_hash).where(User.id == linked.user_id)).scalar_one()
    if not passwords.matches(password_hash, password):
        raise WrongPassword("That is not the password that was chosen when registering", field="password")
    with transaction():
        links.read(Purpose.VERIFY, token)
        db.session.execute(update(User).where(User.id == linked.user_id).values(verified_at=clock.now()))
        record("user.verified", "user", linked.user_id, actor_user_id=linked.user_id)
    return linked.user_id


def create_user(
    name: str, email: str, *, password: str | None = None, joined_as: JoinedAs | None = None, phone: str | None = None
) -> int:
    """A user whose address needs no proof: for the demo, for commands, and for who came through an invitation.

    Without `password` the way in is a link by e-mail. Raises DomainError when the address has an account.
    """
    email = clean_email(email)
    password_hash = passwords.hash_password(password) if password is not None else None
    with transaction():
        if db.session.execute(select(User.id).where(User.email == email)).scalar_one_or_none() is not None:
            raise DomainError("There is an account for that email address already", field="email")
        user_id: int = db.session.execute(
            insert(User)
            .values(
                name=name.strip(),
                email=email,
                phone=phone,
                password_hash=password_hash,
                joined_as=joined_as.value if joined_as else None,
                created_at=clock.now(),
                verified_at=clock.now(),
                large_print=False,
            )
            .returning(User.id)
        ).scalar_one()
        record("user.created", "user", user_id, actor_user_id=None)
    return user_id
