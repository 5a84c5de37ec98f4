"""Table of times at which somebody planned together with a person."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from budgets.domain import ConsentHow
from marketplace.database import Base, Id, UtcDateTime, enum_column


class PlannedTogether(Base):
    """Somebody who may write a person's plan sat with them: that they were there and agreed, how, and until when.

    What came of it stands where it belongs: outcomes, what helps, the basket, orders. Of two at once one is open.
    """

    __tablename__ = "planned_together"
    __table_args__ = (
        CheckConstraint("ended_at IS NULL OR ended_at >= began_at", name="order"),
        Index(
            "uq_planned_together_open",
            "person_id",
            "user_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    mandate_id: Mapped[int] = mapped_column(ForeignKey("mandates.id"))
    how: Mapped[ConsentHow] = mapped_column(enum_column(ConsentHow))
    said: Mapped[str | None] = mapped_column(Text)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
