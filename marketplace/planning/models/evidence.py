"""Tables of receipts and invoices beside orders, and of what a council asked for."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, UtcDateTime, enum_column
from marketplace.planning.evidence import EvidenceKind


class OrderEvidence(Base):
    """A receipt or the like beside an order or one of its lines. Taken back, it keeps its row and loses its file.

    `organisation_id` is the provider that handed it in; without one it came from the buyer's side.
    """

    __tablename__ = "order_evidence"
    __table_args__ = (
        Index(
            "uq_order_evidence_once",
            "order_id",
            "digest",
            unique=True,
            sqlite_where=text("taken_back_at IS NULL"),
            postgresql_where=text("taken_back_at IS NULL"),
        ),
        CheckConstraint("(upload_id IS NULL) = (taken_back_at IS NOT NULL)", name="file_until_taken_back"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    line_no: Mapped[int | None]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    kind: Mapped[EvidenceKind] = mapped_column(enum_column(EvidenceKind))
    words: Mapped[str | None] = mapped_column(String(200))
    upload_id: Mapped[int | None] = mapped_column(ForeignKey("uploads.id"))
    digest: Mapped[str] = mapped_column(String(64))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EvidenceRequest(Base):
    """What a council asks for about one order: once, with words and a date; answered by a file, then closed."""

    __tablename__ = "evidence_requests"
    __table_args__ = (CheckConstraint("(closed_at IS NULL) = (was_enough IS NULL)", name="closed_with_an_answer"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    council_id: Mapped[int] = mapped_column(ForeignKey("councils.id"), index=True)
    words: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date]
    asked_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closing_words: Mapped[str | None] = mapped_column(Text)
    was_enough: Mapped[bool | None]
