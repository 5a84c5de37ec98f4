"""Tables of support plans."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from budgets.domain.plans import ReviewReason, SolutionKind
from marketplace.database import Base, Id, UtcDateTime, enum_column


class Outcome(Base):
    """What support should achieve, in the person's words; every purchase from a budget names one."""

    __tablename__ = "outcomes"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    words: Mapped[str] = mapped_column(String(300))
    category_slug: Mapped[str | None] = mapped_column(String(60))
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PlanSolution(Base):
    """What serves an outcome and is bought nowhere: a daughter on Sundays, a neighbour, a group."""

    __tablename__ = "plan_solutions"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    outcome_id: Mapped[int] = mapped_column(ForeignKey("outcomes.id"), index=True)
    kind: Mapped[SolutionKind] = mapped_column(enum_column(SolutionKind))
    words: Mapped[str] = mapped_column(String(300))
    added_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OutcomeRating(Base):
    """How far an outcome is reached at one moment, from 1 to 5, as the person says it. Each is a new row."""

    __tablename__ = "outcome_ratings"
    __table_args__ = (CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    outcome_id: Mapped[int] = mapped_column(ForeignKey("outcomes.id"), index=True)
    rating: Mapped[int]
    words: Mapped[str | None] = mapped_column(String(500))
    by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class PlanVersion(Base):
    """The plan as it was after one change: what changed, when, by whom, and all of it in the words it had then."""

    __tablename__ = "plan_versions"
    __table_args__ = (UniqueConstraint("person_id", "number", name="uq_plan_versions_number"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    number: Mapped[int]
    change: Mapped[str] = mapped_column(String(40))  # as in the audit record, such as outcome.add
    about: Mapped[str] = mapped_column(String(300))
    content: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class PlanReview(Base):
    """A review of how a budget and its plan serve a person: due on a day, then held, with what was agreed.

    A person has one at most that is not held. `reminded` counts the letters that were sent for it.
    """

    __tablename__ = "plan_reviews"
    __table_args__ = (
        CheckConstraint("(held_on IS NULL) = (held_by_user_id IS NULL)", name="held_by_somebody"),
        Index(
            "uq_plan_reviews_open",
            "person_id",
            unique=True,
            sqlite_where=text("held_on IS NULL"),
            postgresql_where=text("held_on IS NULL"),
        ),
        Index("ix_plan_reviews_council", "council_id", "due_on"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    council_id: Mapped[int] = mapped_column(ForeignKey("councils.id"))
    reason: Mapped[ReviewReason] = mapped_column(enum_column(ReviewReason))
    due_on: Mapped[date]
    why: Mapped[str | None] = mapped_column(Text)
    asked_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reminded: Mapped[int] = mapped_column(default=0)
    held_on: Mapped[date | None]
    held_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    words: Mapped[str | None] = mapped_column(Text)
