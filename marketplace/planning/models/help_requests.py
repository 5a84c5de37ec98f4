"""Tables of requests to providers: what somebody needs, without who it is, and what each provider answers."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, Pence, UtcDateTime, enum_column
from marketplace.kernel.rails import Rail
from marketplace.planning.help_requests import AnswerState, RequestState


class HelpRequest(Base):
    """What a person needs, in words that say neither a name nor an address; providers read these and the area."""

    __tablename__ = "help_requests"
    __table_args__ = (Index("ix_help_requests_state", "state", "answer_by"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    council_id: Mapped[int | None] = mapped_column(ForeignKey("councils.id"))
    asked_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    mandate_id: Mapped[int | None] = mapped_column(ForeignKey("mandates.id"))
    outcome_id: Mapped[int | None] = mapped_column(ForeignKey("outcomes.id"))
    category_slug: Mapped[str] = mapped_column(String(60))
    words: Mapped[str] = mapped_column(Text)
    times: Mapped[str] = mapped_column(String(200))
    area: Mapped[str] = mapped_column(String(120))
    starts_on: Mapped[date]
    rail: Mapped[Rail] = mapped_column(enum_column(Rail))
    answer_by: Mapped[date]
    state: Mapped[RequestState] = mapped_column(enum_column(RequestState))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class HelpAnswer(Base):
    """One provider that was asked. An offer is one of its listings, so many of it, at the price that stood then."""

    __tablename__ = "help_answers"
    __table_args__ = (
        UniqueConstraint("request_id", "organisation_id", name="uq_help_answers_provider"),
        Index(
            "uq_help_answers_chosen",
            "request_id",
            unique=True,
            sqlite_where=text("chosen_at IS NOT NULL"),
            postgresql_where=text("chosen_at IS NOT NULL"),
        ),
        CheckConstraint(
            "state <> 'offered' OR (listing_id IS NOT NULL AND quantity >= 1 AND price_pence >= 1 "
            "AND starts_on IS NOT NULL)",
            name="whole_offer",
        ),
        CheckConstraint("chosen_at IS NULL OR state = 'offered'", name="chosen_offer"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("help_requests.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    found_listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"))
    state: Mapped[AnswerState] = mapped_column(enum_column(AnswerState))
    listing_id: Mapped[int | None] = mapped_column(ForeignKey("listings.id"))
    quantity: Mapped[int | None]
    price_pence: Mapped[int | None] = mapped_column(Pence)
    starts_on: Mapped[date | None]
    words: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    chosen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
