"""Tables of levy rates, of settlement runs with councils and holders of individual service funds, of bank details."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, Pence, UtcDateTime, enum_column
from marketplace.kernel.rails import Rail
from payments.domain import Payee, RunState


class LevyRate(Base):
    """The levy of a council for one kind of funding from a date; where no row speaks, 250 basis points."""

    __tablename__ = "levy_rates"
    __table_args__ = (
        UniqueConstraint("council_id", "rail", "starts_on", name="uq_levy_rates_start"),
        CheckConstraint("rate_bp BETWEEN 0 AND 1000", name="rate"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    council_id: Mapped[int] = mapped_column(ForeignKey("councils.id"))
    rail: Mapped[Rail] = mapped_column(enum_column(Rail))
    rate_bp: Mapped[int]
    starts_on: Mapped[date]
    set_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    approved_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SettlementRun(Base):
    """One payment run of one payer: what is confirmed and not yet settled, prepared by one person, sent by another."""

    __tablename__ = "settlement_runs"
    __table_args__ = (
        CheckConstraint("sent_by_user_id IS NULL OR sent_by_user_id <> prepared_by_user_id", name="second_person"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    council_id: Mapped[int] = mapped_column(ForeignKey("councils.id"), index=True)
    payer_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    state: Mapped[RunState] = mapped_column(enum_column(RunState))
    up_to: Mapped[date]
    gross_pence: Mapped[int] = mapped_column(Pence)
    levy_pence: Mapped[int] = mapped_column(Pence)
    prepared_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    prepared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    words: Mapped[str | None] = mapped_column(Text)
    settings_id: Mapped[int | None] = mapped_column(ForeignKey("settlement_settings.id"))
    processing_on: Mapped[date | None]
    payer_name: Mapped[str | None] = mapped_column(String(200))  # as it was called then; files never change


class SettlementSettings(Base):
    """How a payer pays and books: its account, its service user number, its journal. Each change is a new row.

    A run keeps the row that stood when it was prepared, so that its files stay the same bytes.
    """

    __tablename__ = "settlement_settings"
    __table_args__ = (
        CheckConstraint("(council_id IS NULL) <> (organisation_id IS NULL)", name="one_payer"),
        CheckConstraint(
            "(sort_code IS NULL) = (account_number IS NULL) AND (sort_code IS NULL) = (service_user_number IS NULL) "
            "AND (sort_code IS NULL) = (account_name IS NULL)",
            name="whole_account",
        ),
        Index("ix_settlement_settings_payer", "council_id", "organisation_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    council_id: Mapped[int | None] = mapped_column(ForeignKey("councils.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    account_name: Mapped[str | None] = mapped_column(String(70))
    sort_code: Mapped[str | None] = mapped_column(String(6))
    account_number: Mapped[str | None] = mapped_column(String(8))
    service_user_number: Mapped[str | None] = mapped_column(String(6))
    journal: Mapped[dict[str, Any]] = mapped_column(JSON)
    set_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)


class BankDetails(Base):
    """Where somebody who is paid by runs is paid: each change is a new row, usable after a hold or a second person.

    The last usable row that nobody stopped is the one that is paid.
    """

    __tablename__ = "bank_details"
    __table_args__ = (
        CheckConstraint("length(sort_code) = 6 AND length(account_number) = 8", name="digits"),
        CheckConstraint("agreed_by_user_id IS NULL OR agreed_by_user_id <> given_by_user_id", name="second_person"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    account_name: Mapped[str] = mapped_column(String(70))
    sort_code: Mapped[str] = mapped_column(String(6))
    account_number: Mapped[str] = mapped_column(String(8))
    given_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    usable_from: Mapped[datetime] = mapped_column(UtcDateTime)
    agreed_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    agreed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stopped_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SettlementPayment(Base):
    """What one payee gets in a run: a provider its net, the operator the levy. A bank may return a provider's."""

    __tablename__ = "settlement_payments"
    __table_args__ = (
        UniqueConstraint("run_id", "payee", "organisation_id", name="uq_settlement_payments_once"),
        CheckConstraint("pence >= 0", name="not_negative"),
        CheckConstraint("(payee = 'operator') OR (organisation_id IS NOT NULL)", name="provider_is_named"),
        CheckConstraint("(rejected_at IS NULL) = (rejected_reason IS NULL)", name="rejected_says_why"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("settlement_runs.id"), index=True)
    payee: Mapped[Payee] = mapped_column(enum_column(Payee))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    line_count: Mapped[int]
    gross_pence: Mapped[int] = mapped_column(Pence)
    levy_pence: Mapped[int] = mapped_column(Pence)
    pence: Mapped[int] = mapped_column(Pence)
    bank_details_id: Mapped[int | None] = mapped_column(ForeignKey("bank_details.id"))
    rejected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rejected_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    rejected_reason: Mapped[str | None] = mapped_column(Text)


class SettlementLine(Base):
    """One funding part in a run: gross, levy, and what the provider is paid.

    `pays_again_id` is the line of an earlier run whose payment the bank returned: gross is then that line's net, and
    there is no levy, which was paid before. `again_run_id` is the run that pays this line again. `split` is the gross
    by category, for the journal.
    """

    __tablename__ = "settlement_lines"
    __table_args__ = (
        UniqueConstraint("run_id", "order_funding_id", "refund_id", name="uq_settlement_lines_once"),
        CheckConstraint("net_pence = gross_pence - levy_pence", name="net"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("settlement_runs.id"), index=True)
    order_funding_id: Mapped[int] = mapped_column(ForeignKey("order_funding.id"), index=True)
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refunds.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    gross_pence: Mapped[int] = mapped_column(Pence)
    levy_pence: Mapped[int] = mapped_column(Pence)
    net_pence: Mapped[int] = mapped_column(Pence)
    pays_again_id: Mapped[int | None] = mapped_column(ForeignKey("settlement_lines.id"), index=True)
    again_run_id: Mapped[int | None] = mapped_column(ForeignKey("settlement_runs.id"), index=True)
    split: Mapped[dict[str, int] | None] = mapped_column(JSON)
