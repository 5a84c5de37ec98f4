"""Tables of orders, their lines, their funding, their history and their approvals."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    and_,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from budgets.domain.interests import InterestKind
from marketplace.database import Base, Id, Pence, UtcDateTime, enum_column
from marketplace.kernel.rails import Rail
from payments.domain import ChargeAt, LineState, OrderState, Payer, PaymentState


class Order(Base):
    """What one person buys from one provider in one period, with a snapshot of what was agreed."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("checkout_id", "organisation_id", "period_starts_on", name="uq_orders_once_per_checkout"),
        CheckConstraint("total_pence >= 0", name="total"),
        CheckConstraint("top_up_pence >= 0 AND top_up_pence <= total_pence", name="top_up"),
        Index("ix_orders_organisation_state", "organisation_id", "state", "created_at"),
        Index("ix_orders_person", "person_id", "created_at"),
        Index("ix_orders_council_confirmed", "council_id", "confirmed_at"),
        Index("ix_orders_buyer", "buyer_user_id", "created_at"),
        Index("ix_orders_state", "state", "created_at"),
        Index("ix_orders_payment_state", "payment_state", "state", "charge_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    reference: Mapped[str] = mapped_column(String(9), unique=True)
    checkout_id: Mapped[int | None] = mapped_column(ForeignKey("checkouts.id"))
    agreement_id: Mapped[int | None] = mapped_column(Id)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("providers.organisation_id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    council_id: Mapped[int | None] = mapped_column(ForeignKey("councils.id"))
    buyer_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    mandate_id: Mapped[int | None] = mapped_column(ForeignKey("mandates.id"))
    assisted_by_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    interest: Mapped[InterestKind | None] = mapped_column(enum_column(InterestKind))
    state: Mapped[OrderState] = mapped_column(enum_column(OrderState))
    payment_state: Mapped[PaymentState] = mapped_column(enum_column(PaymentState))
    charge_at: Mapped[ChargeAt] = mapped_column(enum_column(ChargeAt))
    period_starts_on: Mapped[date]
    period_ends_on: Mapped[date]
    total_pence: Mapped[int] = mapped_column(Pence)
    top_up_pence: Mapped[int] = mapped_column(Pence, default=0, server_default="0")  # what a card adds to a budget
    provider_name: Mapped[str] = mapped_column(String(200))
    person_name: Mapped[str] = mapped_column(String(120))
    buyer_name: Mapped[str] = mapped_column(String(120))
    delivery: Mapped[dict[str, Any]] = mapped_column(JSON)
    outside_plan: Mapped[str | None] = mapped_column(Text)  # why it is right, although the plan means something else
    complaint: Mapped[str | None] = mapped_column(Text)
    complaint_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    complaint_ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    placed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @hybrid_property
    def complaint_open(self) -> bool:
        """Whether somebody of the buyer's side said that something went wrong: nothing goes on by itself meanwhile."""
        return self.complaint_at is not None and self.complaint_ended_at is None

    @complaint_open.inplace.expression
    @classmethod
    def _complaint_open_expression(cls) -> ColumnElement[bool]:
        return and_(cls.complaint_at.is_not(None), cls.complaint_ended_at.is_(None))


class OrderLine(Base):
    """One thing bought; a visit is a line. Quantities count units of the listing as it was sold."""

    __tablename__ = "order_lines"
    __table_args__ = (
        UniqueConstraint("order_id", "line_no", name="uq_order_lines_no"),
        CheckConstraint("quantity >= 1 AND unit_price_pence >= 0", name="positive"),
        CheckConstraint("amount_pence = quantity * unit_price_pence", name="amount"),
        CheckConstraint(
            "done_quantity BETWEEN 0 AND quantity AND confirmed_quantity BETWEEN 0 AND quantity "
            "AND refunded_quantity BETWEEN 0 AND quantity",
            name="quantities",
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    line_no: Mapped[int]
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"), index=True)
    outcome_id: Mapped[int | None] = mapped_column(ForeignKey("outcomes.id"))
    state: Mapped[LineState] = mapped_column(enum_column(LineState))
    title: Mapped[str] = mapped_column(String(120))
    category_slug: Mapped[str] = mapped_column(String(60))
    unit: Mapped[str] = mapped_column(String(24))
    vat_category: Mapped[str] = mapped_column(String(24))
    unit_price_pence: Mapped[int] = mapped_column(Pence)
    quantity: Mapped[int]
    amount_pence: Mapped[int] = mapped_column(Pence)
    done_quantity: Mapped[int] = mapped_column(default=0)
    confirmed_quantity: Mapped[int] = mapped_column(default=0)
    refunded_quantity: Mapped[int] = mapped_column(default=0)
    refunded_pence: Mapped[int] = mapped_column(Pence, default=0)
    wanted_on: Mapped[date | None]
    note: Mapped[str | None] = mapped_column(Text)
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON)


class OrderFunding(Base):
    """Who pays which part of an order, from where, and the levy rate frozen for that part."""

    __tablename__ = "order_funding"
    __table_args__ = (
        UniqueConstraint("order_id", "part_no", name="uq_order_funding_part"),
        CheckConstraint("pence >= 0 AND refunded_pence BETWEEN 0 AND pence", name="refunds_within_pence"),
        CheckConstraint("levy_pence >= 0 AND levy_back_pence BETWEEN 0 AND levy_pence", name="levy_within"),
        CheckConstraint("levy_rate_bp BETWEEN 0 AND 10000", name="levy_rate"),
        Index("ix_order_funding_settlement", "payer", "payer_council_id", "settlement_run_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    part_no: Mapped[int]
    payer: Mapped[Payer] = mapped_column(enum_column(Payer))
    payer_council_id: Mapped[int | None] = mapped_column(ForeignKey("councils.id"))
    payer_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    rail: Mapped[Rail] = mapped_column(enum_column(Rail))
    pot_period_id: Mapped[int | None] = mapped_column(ForeignKey("pot_periods.id"), index=True)
    pence: Mapped[int] = mapped_column(Pence)
    levy_rate_bp: Mapped[int]
    levy_pence: Mapped[int] = mapped_column(Pence)
    refunded_pence: Mapped[int] = mapped_column(Pence, default=0)
    levy_back_pence: Mapped[int] = mapped_column(Pence, default=0)
    settlement_run_id: Mapped[int | None] = mapped_column(ForeignKey("settlement_runs.id"))


class TopUp(Base):
    """Somebody else was asked to pay the card's part of a checkout's orders, by a signed link that is theirs alone.

    They see `service_names`, which the person agreed to show, and their own amount; nothing else of the order. One at a
    time: when they do not pay, the buyer does or asks somebody else, and `replaced_at` says since when.
    """

    __tablename__ = "top_ups"
    __table_args__ = (
        Index(
            "uq_top_ups_one_at_a_time",
            "checkout_id",
            unique=True,
            sqlite_where=text("replaced_at IS NULL"),
            postgresql_where=text("replaced_at IS NULL"),
        ),
        Index("ix_top_ups_checkout", "checkout_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    checkout_id: Mapped[int] = mapped_column(ForeignKey("checkouts.id"))
    key: Mapped[str] = mapped_column(String(64), unique=True)
    payer_name: Mapped[str] = mapped_column(String(120))
    payer_email: Mapped[str] = mapped_column(String(254))
    service_names: Mapped[str] = mapped_column(Text)
    asked_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    replaced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stripe_customer_id: Mapped[str | None] = mapped_column(String(80), unique=True)


class OrderHistory(Base):
    """One move of an order or of its payment: from, to, by whom, for whom, under which mandate, when and why."""

    __tablename__ = "order_history"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    machine: Mapped[str] = mapped_column(String(8))  # order or payment
    from_state: Mapped[str | None] = mapped_column(String(24))
    to_state: Mapped[str] = mapped_column(String(24))
    action: Mapped[str] = mapped_column(String(24))
    cause: Mapped[str] = mapped_column(String(120), unique=True)
    actor_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    mandate_id: Mapped[int | None] = mapped_column(ForeignKey("mandates.id"))
    reason: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Approval(Base):
    """An order above a mandate's limit waits for the person or a second member of staff; never for its preparer."""

    __tablename__ = "approvals"
    __table_args__ = (
        CheckConstraint(
            "decided_by_user_id IS NULL OR decided_by_user_id <> prepared_by_user_id", name="second_person"
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), unique=True)
    prepared_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    why: Mapped[str] = mapped_column(Text)
    content_digest: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved: Mapped[bool | None]
    words: Mapped[str | None] = mapped_column(Text)
