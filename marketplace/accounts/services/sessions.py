"""Begin and end sign-ins. A sign-in is a row, so that signing out ends it everywhere and at once."""

import hashlib
from datetime import timedelta

from sqlalchemy import insert, select, update

from marketplace.accounts.access import SignedInUser
from marketplace.accounts.models import SignIn, User
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.ids import new_token

IDLE = timedelta(minutes=60)
LONGEST = timedelta(hours=12)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def begin(user_id: int) -> str:
    """A new sign-in of `user_id`; answers the token for the cookie, which is kept nowhere else."""
    token = new_token()
    now = clock.now()
    with transaction():
        db.session.execute(
            insert(SignIn).values(user_id=user_id, token_digest=_digest(token), created_at=now, last_seen_at=now)
        )
    return token


def find(token: str) -> SignedInUser | None:
    """Who a cookie's token belongs to, if that sign-in still stands: not ended, idle under an hour, under 12 hours old."""
    now = clock.now()
    row = db.session.execute(
        select(SignIn.id, SignIn.user_id, SignIn.created_at, SignIn.last_seen_at, User.large_print)
        .join(User, User.id == SignIn.user_id)
        .where(SignIn.token_digest == _digest(token), SignIn.ended_at.is_(None), User.disabled_at.is_(None))
    ).one_or_none()
    if row is None or now - row.last_seen_at > IDLE or now - row.created_at > LONGEST:
        return None
    if now - row.last_seen_at > timedelta(minutes=5):
        with transaction():
            db.session.execute(update(SignIn).where(SignIn.id == row.id).values(last_seen_at=now))
    return SignedInUser(actor_of(row.user_id), token, row.id, large_print=row.large_print)


def end(token: str) -> None:
    """End one sign-in."""
    with transaction():
        db.session.execute(
            update(SignIn)
            .where(SignIn.token_digest == _digest(token), SignIn.ended_at.is_(None))
            .values(ended_at=clock.now())
        )


def end_all(user_id: int) -> None:
    """End every sign-in of a user, as after a new password. Joins the open transaction, if there is one."""
    with transaction():
        db.session.execute(
            update(SignIn).where(SignIn.user_id == user_id, SignIn.ended_at.is_(None)).values(ended_at=clock.now())
        )
