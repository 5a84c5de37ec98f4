"""Tables of rules that a council sets for one person's budget, and of what was asked about them."""

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from budgets.domain.restrictions import RestrictionKind
from marketplace.database import Base, Id, Pence, UtcDateTime, enum_column


class Restriction(Base):
    """One rule of a council for what one person's budget may buy. It counts once a second officer has agreed, from its
    first day to its last, and is looked at again in between. Ended, never deleted; never changed but for its review."""

    __tablename__ = "restrictions"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on AND review_on >= starts_on AND review_on <= ends_on", name="dates"),
        CheckConstraint(
            "approved IS NULL OR NOT approved OR decided_by_user_id <> recorded_by_user_id", name="second_person"
        ),
        CheckConstraint("(kind IN ('order_limit', 'month_limit')) = (pence IS NOT NULL)", name="amount"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    council_id: Mapped[int] = mapped_column(ForeignKey("councils.id"), index=True)
    kind: Mapped[RestrictionKind] = mapped_column(enum_column(RestrictionKind))
    named: Mapped[list[str | int]] = mapped_column(JSON, default=list)
    pence: Mapped[int | None] = mapped_column(Pence)
    reason: Mapped[str] = mapped_column(Text)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    review_on: Mapped[date]
    recorded_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved: Mapped[bool | None]
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reminded: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    end_reason: Mapped[str | None] = mapped_column(Text)


class RestrictionQuestion(Base):
    """What a person, or whoever acts for them, asks the council about a rule. It waits until an officer answers."""

    __tablename__ = "restriction_questions"
    __table_args__ = (CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name="answer"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    restriction_id: Mapped[int] = mapped_column(ForeignKey("restrictions.id"), index=True)
    words: Mapped[str] = mapped_column(Text)
    asked_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
