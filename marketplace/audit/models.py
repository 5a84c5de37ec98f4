"""Tables of the audit record. Rows hold ids and salted digests only, so that erasing a name breaks nothing."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, UtcDateTime


class AuditRow(Base):
    """One act, written in the act's own transaction; the database refuses to change or delete it."""

    __tablename__ = "audit_rows"
    __table_args__ = (
        Index("ix_audit_rows_person_at", "person_id", "at"),
        Index("ix_audit_rows_object", "object_type", "object_id"),
        Index("ix_audit_rows_actor_at", "actor_user_id", "at"),
        Index("ix_audit_rows_council_at", "council_id", "at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    action: Mapped[str] = mapped_column(String(60))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int | None] = mapped_column(Id)
    actor_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    mandate_id: Mapped[int | None] = mapped_column(ForeignKey("mandates.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    council_id: Mapped[int | None] = mapped_column(ForeignKey("councils.id"))
    reason: Mapped[str | None] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSON)


class AuditLink(Base):
    """The place of an audit row in the one chain: digest of the link before it and of the row."""

    __tablename__ = "audit_links"

    sequence: Mapped[int] = mapped_column(Id, primary_key=True)
    audit_row_id: Mapped[int] = mapped_column(ForeignKey("audit_rows.id"), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    linked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AuditHead(Base):
    """How far the chain has once reached: one row, which only goes forward. A chain that ends before it was cut off."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sequence: Mapped[int] = mapped_column(Id)
    digest: Mapped[str] = mapped_column(String(64))
