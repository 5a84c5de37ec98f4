"""Tables of work to do after a commit, of e-mails, and of recurring jobs."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, UtcDateTime


class OutboxRow(Base):
    """Something that must happen after a commit. Claimed for a while, so that a worker that dies loses nothing."""

    __tablename__ = "outbox_rows"
    __table_args__ = (Index("ix_outbox_rows_due", "done_at", "available_at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    topic: Mapped[str] = mapped_column(String(60))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    key: Mapped[str | None] = mapped_column(String(120), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    available_at: Mapped[datetime] = mapped_column(UtcDateTime)
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)


class Email(Base):
    """A message to one address: kept so that the operator sees what was sent, and sent once."""

    __tablename__ = "emails"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    to_address: Mapped[str] = mapped_column(String(254), index=True)
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    kept_only: Mapped[bool] = mapped_column(default=False)


class RecurringJob(Base):
    """When a recurring job last ran, and who holds it now until when: two schedulers never run it twice."""

    __tablename__ = "recurring_jobs"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    period: Mapped[str | None] = mapped_column(String(40))
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
