"""Tables of monitoring by exception: a council's rules, who looked at whom and why, and what is explained."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, UtcDateTime, enum_column
from marketplace.planning.monitoring import Sign


class MonitoringRule(Base):
    """What a council calls standing out, from a day on: one sign, on or off, with its measure.

    `measure` is weeks, per cent or pence, as the sign has it. It counts when a second officer has agreed. Rows stay.
    """

    __tablename__ = "monitoring_rules"
    __table_args__ = (
        CheckConstraint("measure >= 0", name="measure"),
        CheckConstraint("agreed_by_user_id IS NULL OR agreed_by_user_id <> set_by_user_id", name="second_person"),
        Index("ix_monitoring_rules_council_sign", "council_id", "sign"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    council_id: Mapped[int] = mapped_column(ForeignKey("councils.id"))
    sign: Mapped[Sign] = mapped_column(enum_column(Sign))
    is_on: Mapped[bool]
    measure: Mapped[int]
    starts_on: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    set_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    agreed_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    agreed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MonitoringLook(Base):
    """An officer's look at one person who stands out, with the reason that the person is told. Over at `ends_at`."""

    __tablename__ = "monitoring_looks"
    __table_args__ = (Index("ix_monitoring_looks_person_user", "person_id", "user_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    council_id: Mapped[int] = mapped_column(ForeignKey("councils.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MonitoringAnswer(Base):
    """Why something that stood out is all right: it stands out no more, or not until a day."""

    __tablename__ = "monitoring_answers"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    council_id: Mapped[int] = mapped_column(ForeignKey("councils.id"))
    sign: Mapped[Sign] = mapped_column(enum_column(Sign))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    until: Mapped[date | None]
    words: Mapped[str] = mapped_column(Text)
    by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
