"""Tables of the levy's papers: who issues them, their numbers, the invoices and credit notes, and the closed months.

What was issued stands for ever: triggers refuse to change or remove it. Lines are written first, under the id of the
document to come; its insert is refused unless they sum to it and its number follows the last one, and a document that
stands takes no more lines.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, Pence, UtcDateTime, enum_column
from payments.domain import LevyPaper


class LevyIssuer(Base):
    """Who invoices the levy from a month on, with a VAT number when VAT is charged. The last word on a month counts.

    A row counts once it is confirmed.
    """

    __tablename__ = "levy_issuers"
    __table_args__ = (
        CheckConstraint("(vat_number IS NULL) = (vat_rate_bp = 0)", name="vat"),
        CheckConstraint("vat_rate_bp BETWEEN 0 AND 5000", name="vat_rate"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    starts_on: Mapped[date]
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(Text)
    vat_number: Mapped[str | None] = mapped_column(String(20))
    vat_rate_bp: Mapped[int]
    set_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LevyIssuerConfirmed(Base):
    """That a second person confirmed who invoices the levy. Those from before that rule name nobody who did."""

    __tablename__ = "levy_issuers_confirmed"
    __table_args__ = (CheckConstraint("by_user_id IS NULL OR by_user_id <> set_by_user_id", name="second_person"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    issuer_id: Mapped[int] = mapped_column(ForeignKey("levy_issuers.id"), unique=True)
    set_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class PaperNumber(Base):
    """The last number given in a series. Its row is locked by whoever takes the next one, until the commit."""

    __tablename__ = "paper_numbers"

    series: Mapped[str] = mapped_column(String(24), primary_key=True)
    last: Mapped[int]


class LevyDocument(Base):
    """A levy invoice, an invoice that adds to an earlier one, or a credit note. Amounts are not negative."""

    __tablename__ = "levy_documents"
    __table_args__ = (
        UniqueConstraint("kind", "serial", name="uq_levy_documents_serial"),
        CheckConstraint("levy_pence > 0 AND vat_pence BETWEEN 0 AND levy_pence", name="amounts"),
        CheckConstraint("kind = 'invoice' OR refers_to_id IS NOT NULL", name="credit_refers"),
        Index("ix_levy_documents_organisation", "organisation_id", "month"),
        Index("ix_levy_documents_month", "month", "kind"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[LevyPaper] = mapped_column(enum_column(LevyPaper))
    serial: Mapped[int]
    number: Mapped[str] = mapped_column(String(20), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    month: Mapped[date]
    refers_to_id: Mapped[int | None] = mapped_column(ForeignKey("levy_documents.id"), index=True)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issuer: Mapped[dict[str, Any]] = mapped_column(JSON)
    provider: Mapped[dict[str, Any]] = mapped_column(JSON)
    gross_pence: Mapped[int] = mapped_column(Pence)
    levy_pence: Mapped[int] = mapped_column(Pence)
    vat_rate_bp: Mapped[int]
    vat_pence: Mapped[int] = mapped_column(Pence)


class LevyDocumentLine(Base):
    """One entry of the ledger on a paper: plus is sold, minus is given back. No entry is ever on two papers."""

    __tablename__ = "levy_document_lines"
    __table_args__ = (UniqueConstraint("document_id", "line_no", name="uq_levy_document_lines_no"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("levy_documents.id", deferrable=True, initially="DEFERRED"))
    line_no: Mapped[int]
    ledger_entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entries.id"), unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    order_funding_id: Mapped[int] = mapped_column(ForeignKey("order_funding.id"), index=True)
    reference: Mapped[str] = mapped_column(String(9))
    kind: Mapped[str] = mapped_column(String(30))
    booked_on: Mapped[date]
    gross_pence: Mapped[int] = mapped_column(Pence)
    levy_pence: Mapped[int] = mapped_column(Pence)


class LevyMonth(Base):
    """A month whose papers are all issued, with its control totals: invoices less credit notes."""

    __tablename__ = "levy_months"

    month: Mapped[date] = mapped_column(primary_key=True)
    closed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    invoices: Mapped[int]
    credit_notes: Mapped[int]
    levy_pence: Mapped[int] = mapped_column(Pence)
    vat_pence: Mapped[int] = mapped_column(Pence)
