"""Tables of samples: how each was drawn, what it picked, and what was said of it."""

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, Pence, UtcDateTime, enum_column
from marketplace.planning.sampling import Answer


class Sample(Base):
    """Purchases of a council that somebody drew to look at. How it was drawn is kept, so that it can be drawn again."""

    __tablename__ = "samples"
    __table_args__ = (CheckConstraint("ends_on >= starts_on AND share BETWEEN 0 AND 100", name="drawn"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    council_id: Mapped[int] = mapped_column(ForeignKey("councils.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    risks: Mapped[list[str]] = mapped_column(JSON)
    large_pence: Mapped[int] = mapped_column(Pence)
    per_rule: Mapped[int]
    share: Mapped[int]
    most_random: Mapped[int]
    seed: Mapped[str] = mapped_column(String(40))
    population: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    drawn_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    drawn_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SampleItem(Base):
    """One purchase of a sample, and by what it was picked; `looked_at` when somebody first said why they look."""

    __tablename__ = "sample_items"
    __table_args__ = (UniqueConstraint("sample_id", "order_id", name="uq_sample_items_order"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    sample_id: Mapped[int] = mapped_column(ForeignKey("samples.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    picked_by: Mapped[str] = mapped_column(String(24))
    risks: Mapped[list[str]] = mapped_column(JSON)
    looked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    looked_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class SampleAnswer(Base):
    """What somebody said of a purchase that was picked. The last one counts; none is ever changed."""

    __tablename__ = "sample_answers"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("sample_items.id"), index=True)
    answer: Mapped[Answer] = mapped_column(enum_column(Answer))
    words: Mapped[str] = mapped_column(Text)
    by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
