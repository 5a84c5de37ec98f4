"""Tables of disputes: what a payer's bank asks about a payment, and what it was told."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, Pence, UtcDateTime


class Dispute(Base):
    """A payment that the payer's bank questions, as Stripe last told it. `status` and `reason` are Stripe's words."""

    __tablename__ = "disputes"
    __table_args__ = (CheckConstraint("pence > 0", name="positive"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    stripe_id: Mapped[str] = mapped_column(String(80), unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    pence: Mapped[int] = mapped_column(Pence)
    reason: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(40), index=True)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    send_asked_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    send_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DisputeEvidence(Base):
    """Words or a paper that somebody handed in for the bank; kept here, so that nothing is lost when Stripe is away."""

    __tablename__ = "dispute_evidence"
    __table_args__ = (CheckConstraint("words IS NOT NULL OR content IS NOT NULL", name="something"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    dispute_id: Mapped[int] = mapped_column(ForeignKey("disputes.id"), index=True)
    words: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(String(30))
    file_name: Mapped[str | None] = mapped_column(String(120))
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    given_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    stripe_file_id: Mapped[str | None] = mapped_column(String(80), unique=True)
