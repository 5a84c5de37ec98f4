"""Read what is promised, what failed, and the e-mails."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from marketplace.database import db
from marketplace.kernel.errors import NotFound
from marketplace.outbox.models import Email, OutboxRow


@dataclass(frozen=True)
class OutboxHealth:
    waiting: int
    oldest_waiting_at: datetime | None
    failed: int


def health() -> OutboxHealth:
    waiting, oldest = db.session.execute(
        select(func.count(OutboxRow.id), func.min(OutboxRow.created_at)).where(
            OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None)
        )
    ).one()
    failed = db.session.scalar(select(func.count(OutboxRow.id)).where(OutboxRow.failed_at.is_not(None))) or 0
    return OutboxHealth(waiting, oldest, failed)


@dataclass(frozen=True)
class EmailView:
    id: int
    to_address: str
    subject: str
    body: str
    created_at: datetime
    sent_at: datetime | None
    kept_only: bool


def list_emails(*, limit: int = 100, to_address: str | None = None) -> list[EmailView]:
    """E-mails newest first."""
    query = select(Email).order_by(Email.id.desc()).limit(limit)
    if to_address:
        query = query.where(Email.to_address == to_address.lower())
    return [_view(row) for row in db.session.execute(query).scalars()]


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
