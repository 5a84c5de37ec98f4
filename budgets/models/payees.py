"""Tables of who is paid from a direct payment: what was declared of them, and what the council found necessary."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from budgets.domain.payees import Relationship
from marketplace.database import Base, Id, UtcDateTime, enum_column


class PayeeDeclaration(Base):
    """What a provider's people are to a person, as was said on a day. The last one counts; none is ever changed."""

    __tablename__ = "payee_declarations"
    __table_args__ = (Index("ix_payee_declarations_payee", "person_id", "organisation_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    relationship: Mapped[Relationship] = mapped_column(enum_column(Relationship))
    declared_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    mandate_id: Mapped[int | None] = mapped_column(ForeignKey("mandates.id"))
    declared_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PayeeNecessity(Base):
    """A council's record that paying a relative is necessary (reg 3(2)). It counts once a second officer agreed."""

    __tablename__ = "payee_necessities"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="dates"),
        CheckConstraint(
            "approved IS NULL OR NOT approved OR decided_by_user_id <> recorded_by_user_id", name="second_person"
        ),
        Index("ix_payee_necessities_payee", "person_id", "organisation_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    council_id: Mapped[int] = mapped_column(ForeignKey("councils.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    recorded_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved: Mapped[bool | None]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    end_reason: Mapped[str | None] = mapped_column(Text)
