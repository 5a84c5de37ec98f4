"""Read what is promised, what failed, and the e-mails."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, cast, exists, func, or_, select

from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.outbox.models import Email, OutboxRow


def overdue_since() -> datetime | None:
    """Since when the oldest work that is due has not been taken up; None when nothing waits for a worker."""
    now = clock.now()
    return db.session.scalar(
        select(func.min(OutboxRow.available_at)).where(
            OutboxRow.done_at.is_(None),
            OutboxRow.failed_at.is_(None),
            OutboxRow.available_at <= now,
            or_(OutboxRow.claimed_until.is_(None), OutboxRow.claimed_until < now),
        )
    )


def promised(about: str, topics: Collection[str]) -> Select[str, int]:
    """By topic, the ids that its work is `about`, done or not: a query for a larger one to join."""
    return (
        select(OutboxRow.topic, cast(OutboxRow.payload[about].as_string(), BigInteger).label("about_id"))
        .where(OutboxRow.topic.in_(topics))
        .distinct()
    )


def was_promised(key: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether there is work under a key, done or not: a condition for a larger query. Such work is never forgotten."""
    return exists().where(OutboxRow.key == key)


@dataclass(frozen=True)
class FailedWork:
    """Work after a commit that was tried many times and then given up."""

    id: int
    topic: str
    payload: dict[str, Any]
    attempts: int
    created_at: datetime
    failed_at: datetime
    last_error: str | None


_FAILED = select(
    OutboxRow.id,
    OutboxRow.topic,
    OutboxRow.payload,
    OutboxRow.attempts,
    OutboxRow.created_at,
    OutboxRow.failed_at,
    OutboxRow.last_error,
).where(OutboxRow.failed_at.is_not(None), OutboxRow.done_at.is_(None))


def list_failed(*, limit: int = 100) -> list[FailedWork]:
    """Work that was given up, oldest first."""
    return [FailedWork(*row) for row in db.session.execute(_FAILED.order_by(OutboxRow.id).limit(limit))]


def get_failed(row_id: int) -> FailedWork:
    """One piece of work that was given up. Raises NotFound, also when it has been taken up again."""
    row = db.session.execute(_FAILED.where(OutboxRow.id == row_id)).one_or_none()
    if row is None:
        raise NotFound()
    return FailedWork(*row)


@dataclass(frozen=True)
class EmailView:
    id: int
    to_address: str
    subject: str
    body: str
    created_at: datetime
    sent_at: datetime | None
    kept_only: bool


def list_emails(*, limit: int = 100, to_address: str | None = None, offset: int = 0) -> list[EmailView]:
    """E-mails newest first."""
    query = select(Email).order_by(Email.id.desc()).limit(limit).offset(offset)
    if to_address:
        query = query.where(Email.to_address == to_address.lower())
    return [_view(row) for row in db.session.execute(query).scalars()]


def count_emails(*, to_address: str | None = None) -> int:
    """How many e-mails were written, to one address or to all."""
    query = select(func.count(Email.id))
    return db.session.scalar(query.where(Email.to_address == to_address.lower()) if to_address else query) or 0


def get_email(email_id: int) -> EmailView:
    row = db.session.get(Email, email_id)
    if row is None:
        raise NotFound()
    return _view(row)


def _view(row: Email) -> EmailView:
    return EmailView(row.id, row.to_address, row.subject, row.body, row.created_at, row.sent_at, row.kept_only)


def waiting_payloads(topic: str, limit: int = 500) -> list[dict[str, Any]]:
    """Payloads of promised work of one topic that is not done yet, oldest first: for handlers that work in batches."""
    query = (
        select(OutboxRow.payload)
        .where(OutboxRow.topic == topic, OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None))
        .order_by(OutboxRow.id)
        .limit(limit)
    )
    return list(db.session.scalars(query))
