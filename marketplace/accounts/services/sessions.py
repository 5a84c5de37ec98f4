"""Begin and end sign-ins. A sign-in is a row, so that signing out ends it everywhere and at once."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from flask import has_request_context
from sqlalchemy import Select, bindparam, insert, select, update

from marketplace.accounts.access import SignedInUser
from marketplace.accounts.models import SignIn, User
from marketplace.accounts.ports import Along, ports
from marketplace.accounts.queries import USERS_AS_ACTORS, SignInView, actor_in
from marketplace.database import db, send, table_of, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_token

IDLE = timedelta(minutes=60)
LONGEST = timedelta(hours=12)

_sign_ins, _users = table_of(SignIn), table_of(User)
_LIVE = (
    USERS_AS_ACTORS.add_columns(
        _sign_ins.c.id.label("sign_in_id"),
        _sign_ins.c.created_at,
        _sign_ins.c.last_seen_at,
        _sign_ins.c.confirmed_at,
        _users.c.large_print,
    )
    .join(_sign_ins, _sign_ins.c.user_id == _users.c.id)
    .where(
        _sign_ins.c.token_digest == bindparam("digest"),
        _sign_ins.c.ended_at.is_(None),
        _users.c.disabled_at.is_(None),
    )
)


class Ending(StrEnum):
    """Why a sign-in stands no more."""

    IDLE = "idle"
    LONG = "long"
    ENDED = "ended"


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin(user_id: int, *, device: str | None = None, is_proved: bool = False) -> str:
    """A new sign-in of `user_id`; answers the token for the cookie, which is kept nowhere else.

    `device` is what the browser says of itself, in words; `is_proved` says that more than a password proved who it is.
    """
    token = new_token()
    now = clock.now()
    with transaction():
        db.session.execute(
            insert(SignIn).values(
                user_id=user_id,
                token_digest=digest(token),
                created_at=now,
                last_seen_at=now,
                confirmed_at=now if is_proved else None,
                device=device[:80] if device else None,
            )
        )
    return token


def find(token: str) -> SignedInUser | None:
    """Who a cookie's token belongs to, if that sign-in still stands: not ended, used this last hour, under 12 hours."""
    now = clock.now()
    along = ports().along if has_request_context() else None
    statement, more = _live_with(along), along.parameters() if along else {}
    rows = send(statement, {**more, "digest": digest(token)}).all()
    if not rows or now - rows[0].last_seen_at > IDLE or now - rows[0].created_at > LONGEST:
        return None
    row = rows[0]
    if along is not None:
        along.keep(row.user_id, row, more)
    if now - row.last_seen_at > timedelta(minutes=5):
        with transaction():
            db.session.execute(update(SignIn).where(SignIn.id == row.sign_in_id).values(last_seen_at=now))
    return SignedInUser(
        actor_in(rows), token, row.sign_in_id, confirmed_at=row.confirmed_at, large_print=row.large_print
    )


@lru_cache
def _live_with(along: Along | None) -> Select[Any]:
    """The statement for a live sign-in with what else is read along with it: built once."""
    return _LIVE if along is None else along.extend(_LIVE, _users.c.id)


def how_it_ended(token: str) -> tuple[int, Ending] | None:
    """Whose sign-in a token was, and why it stands no more; None for a token that was never ours."""
    row = db.session.execute(
        select(SignIn.user_id, SignIn.created_at, SignIn.last_seen_at, SignIn.ended_at).where(
            SignIn.token_digest == digest(token)
        )
    ).one_or_none()
    if row is None:
        return None
    now = clock.now()
    if row.ended_at is None and now - row.created_at > LONGEST:
        return row.user_id, Ending.LONG
    if row.ended_at is None and now - row.last_seen_at > IDLE:
        return row.user_id, Ending.IDLE
    return row.user_id, Ending.ENDED


def list_live(user_id: int, token: str) -> list[SignInView]:
    """Where a user is signed in now, last used first; `token` is the one that asks."""
    now, mine = clock.now(), digest(token)
    rows = db.session.execute(
        select(SignIn.id, SignIn.device, SignIn.created_at, SignIn.last_seen_at, SignIn.token_digest)
        .where(
            SignIn.user_id == user_id,
            SignIn.ended_at.is_(None),
            SignIn.last_seen_at >= now - IDLE,
            SignIn.created_at >= now - LONGEST,
        )
        .order_by(SignIn.last_seen_at.desc(), SignIn.id.desc())
    )
    return [
        SignInView(row.id, row.device or "A browser", row.created_at, row.last_seen_at, row.token_digest == mine)
        for row in rows
    ]


def confirm(token: str, *, at: datetime | None) -> None:
    """Note when whoever is signed in with `token` last proved who they are; None when that is not known."""
    with transaction():
        db.session.execute(update(SignIn).where(SignIn.token_digest == digest(token)).values(confirmed_at=at))


def end(token: str) -> None:
    """End one sign-in."""
    _end(SignIn.token_digest == digest(token))


def end_all(user_id: int) -> None:
    """End every sign-in of a user, as after a new password. Joins the open transaction, if there is one."""
    _end(SignIn.user_id == user_id)


def end_others(user_id: int, token: str) -> None:
    """End every sign-in of a user but that of `token`."""
    _end(SignIn.user_id == user_id, SignIn.token_digest != digest(token))


def end_one(user_id: int, sign_in_id: int) -> None:
    """End a sign-in of one's own by its id; one that ended already stays so. Raises NotFound for somebody else's."""
    with transaction():
        owner = db.session.execute(select(SignIn.user_id).where(SignIn.id == sign_in_id)).scalar_one_or_none()
        if owner != user_id:
            raise NotFound()
        _end(SignIn.id == sign_in_id)


def _end(*which: object) -> None:
    with transaction():
        db.session.execute(
            update(SignIn).where(*which, SignIn.ended_at.is_(None)).values(ended_at=clock.now())  # type: ignore[arg-type]
        )
