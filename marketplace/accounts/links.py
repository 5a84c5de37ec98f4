"""Signed links for e-mails: each for one purpose, one user and one use.

A link holds no secret of the database. It carries a fingerprint of what its use will change (the password's hash, the
moment of verifying, the address), so that it stops working the moment it has been used, without a table of links.
"""

import hashlib
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import select

from marketplace.accounts.errors import LinkEnded
from marketplace.accounts.models import User
from marketplace.database import db, in_transaction
from marketplace.kernel import clock


class Purpose(StrEnum):
    VERIFY = "verify"
    NEW_PASSWORD = "new-password"  # noqa: S105 - a purpose, not a password
    NEW_EMAIL = "new-email"


LIFE = {
    Purpose.VERIFY: timedelta(hours=24),
    Purpose.NEW_PASSWORD: timedelta(hours=1),
    Purpose.NEW_EMAIL: timedelta(hours=24),
}
_ENDED = {
    Purpose.VERIFY: "This link was used already, or is more than 24 hours old.",
    Purpose.NEW_PASSWORD: "This link was used already, or is more than an hour old.",
    Purpose.NEW_EMAIL: "This link was used already, or is more than 24 hours old.",
}


class Linked(NamedTuple):
    """Who a link belongs to, and what was packed into it."""

    user_id: int
    email: str
    extra: str


def make(purpose: Purpose, user_id: int, *, extra: str = "") -> str:
    """The token of a new link for a user as the row is now. Raises LinkEnded when there is no such user."""
    ends = int((clock.now() + LIFE[purpose]).timestamp())
    row = _row(user_id, purpose)
    return _serializer(purpose).dumps([user_id, ends, _fingerprint(purpose, row), extra])


def read(purpose: Purpose, token: str) -> Linked:
    """What a token says, if it is ours, for this purpose, in time and not used. Raises LinkEnded otherwise."""
    try:
        user_id, ends, fingerprint, extra = _serializer(purpose).loads(token)
    except (BadData, ValueError, TypeError):
        raise LinkEnded("This link is not complete. Copy all of it from the email.") from None
    row = _row(user_id, purpose)
    if ends < clock.now().timestamp() or fingerprint != _fingerprint(purpose, row):
        raise LinkEnded(_ENDED[purpose])
    return Linked(user_id, row.email, extra)


def address(path: str) -> str:
    """The full address of a page for an e-mail: always our own public one, never what a request's header claims."""
    public_url: str = current_app.extensions["settings"].public_url
    return public_url + path


def _serializer(purpose: Purpose) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=f"accounts.{purpose}")


def _row(user_id: int, purpose: Purpose) -> User:
    query = select(User).where(User.id == user_id, User.disabled_at.is_(None))
    if in_transaction():
        query = query.with_for_update()  # the same link used twice at once: the second waits, and then finds it used
    row = db.session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    if row is None:
        raise LinkEnded(_ENDED[purpose])
    return row


def _fingerprint(purpose: Purpose, row: User) -> str:
    parts = [row.email, row.password_hash or ""]
    if purpose is Purpose.VERIFY:
        parts.append(row.verified_at.isoformat() if row.verified_at else "")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]
