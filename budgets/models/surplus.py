"""Tables of what is left at a period's end: the council's rule, and what became of each surplus."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, Pence, UtcDateTime


class SurplusRule(Base):
    """How many weeks' worth a council lets people keep, and how long it warns before it takes more than that back.

    The newest that a second person agreed to counts; before the first one, the default of `budgets.domain`.
    """

    __tablename__ = "surplus_rules"
    __table_args__ = (
        CheckConstraint("weeks_kept BETWEEN 0 AND 52", name="weeks"),
        CheckConstraint("notice_days BETWEEN 14 AND 365", name="notice"),
        CheckConstraint(
            "approved IS NULL OR NOT approved OR decided_by_user_id <> prepared_by_user_id", name="second_person"
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    council_id: Mapped[int] = mapped_column(ForeignKey("councils.id"), index=True)
    weeks_kept: Mapped[int]
    notice_days: Mapped[int]
    prepared_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    prepared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved: Mapped[bool | None]


class Surplus(Base):
    """More left at the end of a period than may be kept: the warning, the person's reason, and the decision.

    One for each period. Nothing is taken back before `not_before`, nor by the one who prepared it.
    """

    __tablename__ = "surpluses"
    __table_args__ = (
        CheckConstraint("left_pence > kept_pence AND kept_pence >= 0", name="pence"),
        CheckConstraint("reclaim_pence IS NULL OR reclaim_pence > 0", name="reclaim"),
        CheckConstraint(
            "reclaimed IS NULL OR NOT reclaimed OR decided_by_user_id <> prepared_by_user_id", name="second_person"
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    pot_period_id: Mapped[int] = mapped_column(ForeignKey("pot_periods.id"), unique=True)
    council_id: Mapped[int] = mapped_column(ForeignKey("councils.id"), index=True)
    left_pence: Mapped[int] = mapped_column(Pence)
    kept_pence: Mapped[int] = mapped_column(Pence)
    warned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    not_before: Mapped[date]
    saving_for: Mapped[str | None] = mapped_column(Text)
    saving_said_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    saving_said_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reclaim_pence: Mapped[int | None] = mapped_column(Pence)
    reason: Mapped[str | None] = mapped_column(Text)
    prepared_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    prepared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reclaimed: Mapped[bool | None]
