"""I8: a letter that was not sent is promised: there is work that sends it, or that failed and stands on the desk."""

from collections.abc import Iterator

from sqlalchemy import String, cast, func, literal, select

from marketplace.database import db
from marketplace.kernel.checks import Check
from marketplace.outbox.models import Email
from marketplace.outbox.queries import was_promised


def run() -> Iterator[Check]:
    """Every check of this package."""
    count = int(db.session.scalar(select(func.count(Email.id))) or 0)
    lost = db.session.scalar(
        select(Email.id)
        .where(Email.sent_at.is_(None), ~was_promised(literal("email:") + cast(Email.id, String)))
        .order_by(Email.id)
        .limit(1)
    )
    fault = None if lost is None else f"letter {lost} was not sent, and no work is promised that sends it"
    yield Check("I8", "letters, each sent or promised", count, fault)
