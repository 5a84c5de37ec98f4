"""Tables of mandates: who may act for whom, for what and until when."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from budgets.domain import ConsentHow, LegalBasis, MandateAction
from marketplace.database import Base, Id, Pence, UtcDateTime, enum_column


class Mandate(Base):
    """The dated, limited authority by which named people act for one person. Ended, never deleted; never self-renewed.

    It counts from `confirmed_at`: at once when the person granted it themself, else when a second officer of the
    council has confirmed what the first one recorded. What was not given online was given on a day, `given_on`, and
    read to the person by `read_by` where they could not read it themself.
    """

    __tablename__ = "mandates"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="dates"),
        CheckConstraint("order_limit_pence IS NULL OR order_limit_pence >= 0", name="order_limit"),
        CheckConstraint(
            "confirmed_by_user_id IS NULL OR confirmed_by_user_id <> granted_by_user_id", name="second_person"
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    legal_basis: Mapped[LegalBasis] = mapped_column(enum_column(LegalBasis))
    order_limit_pence: Mapped[int | None] = mapped_column(Pence)
    month_limit_pence: Mapped[int | None] = mapped_column(Pence)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    granted_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    granted_how: Mapped[ConsentHow] = mapped_column(enum_column(ConsentHow))
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    evidence: Mapped[str | None] = mapped_column(Text)
    given_on: Mapped[date | None]
    read_by: Mapped[str | None] = mapped_column(String(120))
    confirmed_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    end_reason: Mapped[str | None] = mapped_column(Text)


class MandateStaff(Base):
    """A user named in a mandate."""

    __tablename__ = "mandate_staff"

    mandate_id: Mapped[int] = mapped_column(ForeignKey("mandates.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)


class MandateScope(Base):
    """An action that a mandate allows."""

    __tablename__ = "mandate_scopes"

    mandate_id: Mapped[int] = mapped_column(ForeignKey("mandates.id"), primary_key=True)
    action: Mapped[MandateAction] = mapped_column(enum_column(MandateAction), primary_key=True)


class MandatePot(Base):
    """A pot that a mandate is limited to. A mandate with none covers all money of its person."""

    __tablename__ = "mandate_pots"

    mandate_id: Mapped[int] = mapped_column(ForeignKey("mandates.id"), primary_key=True)
    pot_id: Mapped[int] = mapped_column(ForeignKey("pots.id"), primary_key=True)


class MandatePaper(Base):
    """A paper that shows a mandate, such as a signed form or a court order."""

    __tablename__ = "mandate_papers"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    mandate_id: Mapped[int] = mapped_column(ForeignKey("mandates.id"), index=True)
    upload_id: Mapped[int] = mapped_column(ForeignKey("uploads.id"), unique=True)
    added_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MandateQuestion(Base):
    """What a person asks the council about a mandate that is not theirs to end. It waits until an officer answers."""

    __tablename__ = "mandate_questions"
    __table_args__ = (CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name="answer"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    mandate_id: Mapped[int] = mapped_column(ForeignKey("mandates.id"), index=True)
    words: Mapped[str] = mapped_column(Text)
    how: Mapped[ConsentHow] = mapped_column(enum_column(ConsentHow))
    asked_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
