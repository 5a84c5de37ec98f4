"""Tables of what we know of Stripe: accounts, customers, payments, events and refunds."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, Pence, UtcDateTime, enum_column
from payments.domain import RefundState


class StripeAccount(Base):
    """A provider's connected account."""

    __tablename__ = "stripe_accounts"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    stripe_id: Mapped[str] = mapped_column(String(80), unique=True)
    charges_enabled: Mapped[bool] = mapped_column(default=False)
    payouts_enabled: Mapped[bool] = mapped_column(default=False)
    requirements_due: Mapped[list[str]] = mapped_column(JSON, default=list)
    disabled_reason: Mapped[str | None] = mapped_column(String(80))
    ready_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when it could first be paid by card
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StripeCustomer(Base):
    """The Stripe customer of a person who is paid for: never one for the buyer."""

    __tablename__ = "stripe_customers"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    stripe_id: Mapped[str] = mapped_column(String(80), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StripePayment(Base):
    """Our intention to charge one funding part, written before Stripe is asked, and what Stripe then said."""

    __tablename__ = "stripe_payments"
    __table_args__ = (
        CheckConstraint("pence >= 30 AND fee_pence >= 0", name="pence"),
        Index("ix_stripe_payments_status", "status", "updated_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    order_funding_id: Mapped[int] = mapped_column(ForeignKey("order_funding.id"), unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    attempt: Mapped[int] = mapped_column(default=1)
    pence: Mapped[int] = mapped_column(Pence)
    fee_pence: Mapped[int] = mapped_column(Pence)
    payment_method_id: Mapped[str | None] = mapped_column(String(80))
    stripe_id: Mapped[str | None] = mapped_column(String(80), unique=True)
    charge_id: Mapped[str | None] = mapped_column(String(80), unique=True)
    status: Mapped[str | None] = mapped_column(String(40))
    next_action_url: Mapped[str | None] = mapped_column(Text)
    decline_code: Mapped[str | None] = mapped_column(String(60))
    capture_before: Mapped[datetime | None] = mapped_column(UtcDateTime)
    processing_fee_pence: Mapped[int | None] = mapped_column(Pence)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StripeEvent(Base):
    """An event that Stripe sent, once per id."""

    __tablename__ = "stripe_events"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    stripe_id: Mapped[str] = mapped_column(String(80), unique=True)
    type: Mapped[str] = mapped_column(String(80))
    object_id: Mapped[str | None] = mapped_column(String(80), index=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(40))


class Refund(Base):
    """Money given back on one funding part, with the exact levy given back with it."""

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint("pence > 0 AND levy_back_pence >= 0", name="positive"),
        CheckConstraint("approved_by_user_id IS NULL OR approved_by_user_id <> asked_by_user_id", name="second_person"),
        Index("ix_refunds_state", "state", "asked_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    order_funding_id: Mapped[int] = mapped_column(ForeignKey("order_funding.id"), index=True)
    state: Mapped[RefundState] = mapped_column(enum_column(RefundState))
    pence: Mapped[int] = mapped_column(Pence)
    levy_back_pence: Mapped[int] = mapped_column(Pence)
    reason_code: Mapped[str] = mapped_column(String(30))
    words: Mapped[str | None] = mapped_column(Text)
    asked_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stripe_refund_id: Mapped[str | None] = mapped_column(String(80), unique=True)
    stripe_fee_refund_id: Mapped[str | None] = mapped_column(String(80), unique=True)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settlement_run_id: Mapped[int | None] = mapped_column(ForeignKey("settlement_runs.id"), index=True)


class RefundLine(Base):
    """The part of a refund that belongs to one line of the order."""

    __tablename__ = "refund_lines"

    refund_id: Mapped[int] = mapped_column(ForeignKey("refunds.id"), primary_key=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_lines.id"), primary_key=True)
    quantity: Mapped[int]
    pence: Mapped[int] = mapped_column(Pence)
