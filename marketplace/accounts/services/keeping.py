"""Forget what accounts no longer need: ended sign-ins, addresses nobody confirmed, invitations of long ago."""

from sqlalchemy import delete, or_, select, update

from marketplace.accounts.models import Invitation, SignIn, User
from marketplace.audit.services import record
from marketplace.database import db, rows_changed, transaction
from marketplace.kernel import clock, keeping
from marketplace.outbox import email


def forget_sign_ins() -> int:
    """Delete sign-ins that ended, or were last used, too long ago; answers how many."""
    before = clock.now() - keeping.ENDED_SIGN_IN
    with transaction():
        return rows_changed(delete(SignIn).where(or_(SignIn.ended_at < before, SignIn.last_seen_at < before)))


def forget_unconfirmed_accounts() -> int:
    """Empty accounts whose address nobody confirmed, and delete their letters; answers how many.

    The row stays without a name, so that its number is nobody else's: the audit record speaks of it.
    """
    before = clock.now() - keeping.UNCONFIRMED_ACCOUNT
    with transaction():
        ids = db.session.scalars(
            select(User.id)
            .where(User.verified_at.is_(None), User.disabled_at.is_(None), User.created_at < before)
            .order_by(User.id)
            .with_for_update()
        ).all()
        email.forget_letters_of(ids)
        for user_id in ids:
            db.session.execute(
                update(User)
                .where(User.id == user_id)
                .values(
                    email=f"forgotten-{user_id}@nowhere.invalid",
                    name="An account nobody confirmed",
                    phone=None,
                    password_hash=None,
                    disabled_at=clock.now(),
                )
            )
            record("user.forgotten", "user", user_id, actor_user_id=None)
        return len(ids)


def forget_invitations() -> int:
    """Take name and address out of invitations whose time was over long ago; answers how many."""
    with transaction():
        return rows_changed(
            update(Invitation)
            .where(Invitation.ends_at < clock.now() - keeping.PAST_INVITATION, Invitation.email != "")
            .values(email="", name="")
        )
