"""Prove once more who one is, before what weighs more than a sign-in: by a code of an app, or one from a letter.

Whoever set up an app gives its code, or a recovery code when the phone is lost. Everybody else gets a code by e-mail,
good for 10 minutes, for 5 tries, and in the browser that asked for it alone.
"""

import logging
from datetime import timedelta

from flask import current_app
from sqlalchemy import delete, func, insert, select, update

from marketplace.accounts import codes, letters
from marketplace.accounts.domain import clean_email
from marketplace.accounts.errors import WrongCode
from marketplace.accounts.models import CodeApp, RecoveryCode, SignIn, User
from marketplace.accounts.queries import NewApp, SecondStep
from marketplace.accounts.services import sessions
from marketplace.audit.services import record
from marketplace.database import db, rows_changed, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound

log = logging.getLogger(__name__)
EMAILED_FOR = timedelta(minutes=10)
TRIES = 5
_WRONG = "That code is not right. Check it, or wait for the next one"
_WRONG_EMAILED = "That code is not right, was used already, or is too old. Check it, or ask for another one"


def second_step_of(user_id: int, token: str) -> SecondStep:
    """How a user proves who they are, and whether a code waits to be typed in this browser."""
    app = db.session.execute(select(CodeApp.set_up_at).where(CodeApp.user_id == user_id)).scalar_one_or_none()
    left = db.session.scalar(
        select(func.count(RecoveryCode.id)).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    )
    waits = db.session.scalar(
        select(SignIn.id).where(
            SignIn.token_digest == sessions.digest(token),
            SignIn.code_digest.is_not(None),
            SignIn.code_ends_at > clock.now(),
            SignIn.code_tries < TRIES,
        )
    )
    email = db.session.execute(select(User.email).where(User.id == user_id)).scalar_one()
    return SecondStep(email, app, left or 0, waits is not None)


def send_code(user_id: int, token: str) -> None:
    """Send a new code to the user's address; one that was sent to this browser before ends. Not with an app."""
    if _app_of(user_id) is not None:
        raise NotFound
    code = codes.new_emailed_code()
    with transaction():
        sign_in_id = _sign_in(token)
        values = {
            "code_digest": codes.digest(_key(), sign_in_id, code),
            "code_ends_at": clock.now() + EMAILED_FOR,
            "code_tries": 0,
        }
        db.session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(values))
        email = db.session.execute(select(User.email).where(User.id == user_id)).scalar_one()
        letters.send(letters.code(code), email, user_id=user_id)
        record("user.code_sent", "user", user_id, actor_user_id=user_id)


def prove(user_id: int, typed: str, *, token: str) -> None:
    """Note that whoever is signed in with `token` proved who they are just now. Raises WrongCode."""
    app = _app_of(user_id)
    way = _by_app(user_id, app, typed) if app is not None else _by_letter(token, typed)
    if way is None:
        log.info("a code of user %s was refused", user_id)
        raise WrongCode(_WRONG if app is not None else _WRONG_EMAILED, field="proof")
    with transaction():
        sessions.confirm(token, at=clock.now())
        record("user.code_confirmed", "user", user_id, actor_user_id=user_id, way=way)


def new_app(user_id: int, sealed: str | None = None) -> NewApp | None:
    """What the page that sets up an app shows: a new secret, or the one that was `sealed` for that page before.

    None when that page was open for more than an hour, or was never this user's.
    """
    now = clock.now()
    secret = codes.new_secret()
    if sealed is not None:
        known = codes.unseal(_key(), user_id, sealed, made_after=now - codes.SET_UP_WITHIN)
        if known is None:
            return None
        secret = known
    email = db.session.execute(select(User.email).where(User.id == user_id)).scalar_one()
    address = codes.address_for_app(secret, email, current_app.config["SERVICE_NAME"])
    return NewApp(
        sealed or codes.seal(_key(), user_id, secret, now), codes.key_to_type(secret), address, codes.square(address)
    )


def set_up_app(user_id: int, sealed: str, typed: str) -> list[str]:
    """Use an app from now on, once its first code is right; it replaces one that was there. Answers recovery codes.

    Raises WrongCode.
    """
    now = clock.now()
    secret = codes.unseal(_key(), user_id, sealed, made_after=now - codes.SET_UP_WITHIN)
    if secret is None:
        raise WrongCode("This page was open for too long. Open it again and point your app at the new square")
    step = codes.step_of(secret, codes.plain(typed), now)
    if step is None:
        raise WrongCode(_WRONG, field="proof")
    with transaction():
        email = _lock_user(user_id)
        db.session.execute(delete(CodeApp).where(CodeApp.user_id == user_id))
        kept = codes.seal(_key(), user_id, secret, now)
        db.session.execute(insert(CodeApp).values(user_id=user_id, sealed=kept, set_up_at=now, last_step=step))
        record("user.code_app_set_up", "user", user_id, actor_user_id=user_id)
        letters.send(letters.code_app_set_up(), email, user_id=user_id)
        return _write_recovery_codes(user_id)


def renew_recovery_codes(user_id: int) -> list[str]:
    """New recovery codes in the place of all there were. Raises NotFound without an app."""
    with transaction():
        email = _lock_user(user_id)
        if _app_of(user_id) is None:
            raise NotFound
        record("user.recovery_codes_made", "user", user_id, actor_user_id=user_id)
        letters.send(letters.recovery_codes_made(), email, user_id=user_id)
        return _write_recovery_codes(user_id)


def take_off_app(user_id: int, *, by_user_id: int | None) -> None:
    """Codes come by e-mail again, and recovery codes end. Without an app nothing changes."""
    with transaction():
        email = _lock_user(user_id)
        if not rows_changed(delete(CodeApp).where(CodeApp.user_id == user_id)):
            return
        db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
        record("user.code_app_taken_off", "user", user_id, actor_user_id=by_user_id)
        letters.send(letters.code_app_taken_off(), email, user_id=user_id)


def take_off_app_of(email: str) -> None:
    """For somebody who lost phone and recovery codes and proved to the operator who they are. Raises NotFound."""
    user_id = db.session.scalar(select(User.id).where(User.email == clean_email(email)))
    if user_id is None or _app_of(user_id) is None:
        raise NotFound
    take_off_app(user_id, by_user_id=None)


def _by_app(user_id: int, app: tuple[str, int], typed: str) -> str | None:
    sealed, last_step = app
    code, now = codes.plain(typed), clock.now()
    secret = codes.unseal(_key(), user_id, sealed)
    step = codes.step_of(secret, code, now, after=last_step) if secret is not None else None
    if step is not None:
        # In one statement, so that of two who send the same code at once only the first is taken.
        taken = update(CodeApp).where(CodeApp.user_id == user_id, CodeApp.last_step < step).values(last_step=step)
        with transaction():
            return "app" if rows_changed(taken) else None
    mine = (
        RecoveryCode.user_id == user_id,
        RecoveryCode.digest == codes.digest(_key(), user_id, code),
        RecoveryCode.used_at.is_(None),
    )
    with transaction():
        return "recovery code" if rows_changed(update(RecoveryCode).where(*mine).values(used_at=now)) else None


def _by_letter(token: str, typed: str) -> str | None:
    """A try counts before it is compared, and counts when it is wrong: whoever tries many at once has five."""
    with transaction():
        sign_in_id = _sign_in(token)
        open_code = (SignIn.id == sign_in_id, SignIn.code_digest.is_not(None), SignIn.code_ends_at > clock.now())
        if not rows_changed(
            update(SignIn).where(*open_code, SignIn.code_tries < TRIES).values(code_tries=SignIn.code_tries + 1)
        ):
            return None
    with transaction():
        right = SignIn.code_digest == codes.digest(_key(), sign_in_id, typed)
        used = update(SignIn).where(*open_code, right).values(code_digest=None, code_ends_at=None)
        return "email" if rows_changed(used) else None


def _write_recovery_codes(user_id: int) -> list[str]:
    made = codes.new_recovery_codes()
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    db.session.execute(
        insert(RecoveryCode), [{"user_id": user_id, "digest": codes.digest(_key(), user_id, code)} for code in made]
    )
    return made


def _app_of(user_id: int) -> tuple[str, int] | None:
    row = db.session.execute(select(CodeApp.sealed, CodeApp.last_step).where(CodeApp.user_id == user_id)).one_or_none()
    return (row.sealed, row.last_step) if row else None


def _lock_user(user_id: int) -> str:
    """The user's address; whoever else changes how they prove who they are waits."""
    email: str = db.session.execute(select(User.email).where(User.id == user_id).with_for_update()).scalar_one()
    return email


def _sign_in(token: str) -> int:
    found = db.session.scalar(select(SignIn.id).where(SignIn.token_digest == sessions.digest(token)))
    if found is None:
        raise NotFound
    return found


def _key() -> str:
    key: str = current_app.config["SECRET_KEY"]
    return key
