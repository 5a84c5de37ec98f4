"""Tables of reviews."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, UtcDateTime, enum_column
from ratings.domain import ReviewState


class Review(Base):
    """What somebody who really bought thought of it: one per order, with one reply."""

    __tablename__ = "reviews"
    __table_args__ = (
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
        Index("ix_reviews_listing", "listing_id", "state", "created_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), unique=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    author_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    mandate_id: Mapped[int | None] = mapped_column(ForeignKey("mandates.id"))
    byline: Mapped[str] = mapped_column(String(80))
    state: Mapped[ReviewState] = mapped_column(enum_column(ReviewState))
    stars: Mapped[int]
    words: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reply: Mapped[str | None] = mapped_column(Text)
    replied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    replied_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    hidden_reason: Mapped[str | None] = mapped_column(String(300))
