"""Tables of a council's registration fee: what was agreed, when each part falls due, the invoices, and their credits.

An invoice stands for ever, and so does the note that credits it: triggers refuse to change or remove either. That an
invoice was paid is said on its instalment.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, Pence, UtcDateTime


class CouncilFee(Base):
    """What a council pays the operator for joining, once, in one or more instalments; without VAT."""

    __tablename__ = "council_fees"
    __table_args__ = (CheckConstraint("pence > 0", name="positive"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    council_id: Mapped[int] = mapped_column(ForeignKey("councils.id"), unique=True)
    pence: Mapped[int] = mapped_column(Pence)
    agreed_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    agreed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FeeInstalment(Base):
    """A part of a council's fee, without VAT, and that it was paid; `times_paid` counts what was taken back too.

    One whose invoice was credited is over: another one, which `replaces_id` it, is due in its place.
    """

    __tablename__ = "fee_instalments"
    __table_args__ = (
        UniqueConstraint("council_fee_id", "part_no", name="uq_fee_instalments_part"),
        CheckConstraint("pence > 0", name="positive"),
        CheckConstraint("(paid_on IS NULL) = (paid_reference IS NULL)", name="paid_says_how"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    council_fee_id: Mapped[int] = mapped_column(ForeignKey("council_fees.id"))
    part_no: Mapped[int]
    due_on: Mapped[date]
    pence: Mapped[int] = mapped_column(Pence)
    times_paid: Mapped[int] = mapped_column(default=0)
    paid_on: Mapped[date | None]
    paid_reference: Mapped[str | None] = mapped_column(String(60))
    paid_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("fee_instalments.id"), index=True)


class FeeInvoice(Base):
    """The invoice for one instalment, numbered without gaps, as it was issued."""

    __tablename__ = "fee_invoices"
    __table_args__ = (
        CheckConstraint("net_pence > 0 AND vat_pence >= 0", name="amounts"),
        CheckConstraint("serial > 0", name="serial"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    instalment_id: Mapped[int] = mapped_column(ForeignKey("fee_instalments.id"), unique=True)
    serial: Mapped[int] = mapped_column(unique=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    issuer: Mapped[dict[str, Any]] = mapped_column(JSON)
    council: Mapped[dict[str, Any]] = mapped_column(JSON)
    due_on: Mapped[date]
    part_no: Mapped[int]
    parts: Mapped[int]
    net_pence: Mapped[int] = mapped_column(Pence)
    vat_rate_bp: Mapped[int]
    vat_pence: Mapped[int] = mapped_column(Pence)


class FeeCreditNote(Base):
    """The note that credits the whole of an invoice that was wrong, numbered without gaps, with the reason."""

    __tablename__ = "fee_credit_notes"
    __table_args__ = (CheckConstraint("serial > 0", name="serial"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("fee_invoices.id"), unique=True)
    serial: Mapped[int] = mapped_column(unique=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(Text)
