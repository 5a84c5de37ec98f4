"""Tables of levy rates and of settlement runs with councils and holders of individual service funds."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, Pence, UtcDateTime, enum_column
from marketplace.kernel.rails import Rail
from payments.domain import RunState


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


class SettlementLine(Base):
    """One funding part in a run: gross, levy, and what the provider is paid."""

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
