"""Tables of the self-assessment tools."""

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, Pence, UtcDateTime, enum_column
from marketplace.kernel.figures import FigureKey


class PointsSheets(Base):
    """A version of a council's table of points and pounds, as its two sheets were pasted. Facts: never changed."""

    __tablename__ = "points_tables"
    __table_args__ = (
        UniqueConstraint("council_id", "version", name="uq_points_tables_version"),
        CheckConstraint("version > 0", name="version_counts_from_one"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    council_id: Mapped[int] = mapped_column(ForeignKey("councils.id"))
    version: Mapped[int]
    starts_on: Mapped[date]
    questions: Mapped[str] = mapped_column(Text)
    pounds: Mapped[str] = mapped_column(Text)
    set_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CouncilFigure(Base):
    """A council's own figure of financial assessments from a day on. Without pence: from then on the law's again."""

    __tablename__ = "council_figures"
    __table_args__ = (CheckConstraint("pence > 0", name="positive"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    council_id: Mapped[int] = mapped_column(ForeignKey("councils.id"), index=True)
    key: Mapped[FigureKey] = mapped_column(enum_column(FigureKey, 32))
    pence: Mapped[int | None] = mapped_column(Pence)
    starts_on: Mapped[date]
    source: Mapped[str] = mapped_column(String(200))
    set_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)


class NeedsForm(Base):
    """A needs pro-forma that somebody signed in keeps: theirs alone, until they delete it or leave it for a year."""

    __tablename__ = "needs_forms"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    words: Mapped[dict[str, str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
