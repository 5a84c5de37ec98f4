"""Tables of baskets and checkouts."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, Pence, UtcDateTime, enum_column
from marketplace.kernel.rails import Rail


class Basket(Base):
    """What one buyer has chosen for one person; before sign-in it belongs to a browser's token."""

    __tablename__ = "baskets"
    __table_args__ = (
        Index("uq_baskets_open", "user_id", "person_id", unique=True),
        CheckConstraint("user_id IS NOT NULL OR token_digest IS NOT NULL", name="owner"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    token_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    touched_at: Mapped[datetime] = mapped_column(UtcDateTime)


class BasketLine(Base):
    """One listing in a basket, with the price that was shown, and the outcome it was chosen for if that is known."""

    __tablename__ = "basket_lines"
    __table_args__ = (CheckConstraint("quantity >= 1", name="quantity"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    basket_id: Mapped[int] = mapped_column(ForeignKey("baskets.id"), index=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"))
    quantity: Mapped[int]
    wanted_on: Mapped[date | None]
    note: Mapped[str | None] = mapped_column(Text)
    outcome_id: Mapped[int | None] = mapped_column(ForeignKey("outcomes.id"))
    title_seen: Mapped[str] = mapped_column(String(120))
    price_seen_pence: Mapped[int] = mapped_column(Pence)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)


class BasketPress(Base):
    """A press of a button that put something into a basket, by the key of its form: pressed again it does nothing."""

    __tablename__ = "basket_presses"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    pressed_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Checkout(Base):
    """One passage from a basket to orders. Its key makes "Place order" happen once, however often it is pressed."""

    __tablename__ = "checkouts"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    basket_id: Mapped[int | None] = mapped_column(ForeignKey("baskets.id", ondelete="SET NULL"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    mandate_id: Mapped[int | None] = mapped_column(ForeignKey("mandates.id"))
    assisted_by_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    rail: Mapped[Rail | None] = mapped_column(enum_column(Rail))
    pot_period_id: Mapped[int | None] = mapped_column(ForeignKey("pot_periods.id"))
    outcome_id: Mapped[int | None] = mapped_column(ForeignKey("outcomes.id"))
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    stripe_session_id: Mapped[str | None] = mapped_column(String(80), unique=True)
    stripe_payment_method_id: Mapped[str | None] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    placed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
