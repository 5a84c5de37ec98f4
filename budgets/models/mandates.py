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
    """A user named in a mandate; with dates they stand in for somebody, and may do nothing before or after these."""

    __tablename__ = "mandate_staff"
    __table_args__ = (
        CheckConstraint("(starts_on IS NULL) = (ends_on IS NULL)", name="both_days"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="days"),
    )

    mandate_id: Mapped[int] = mapped_column(ForeignKey("mandates.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]


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


class HandOver(Base):
    """Somebody named in a mandate asks that somebody else may act: for good, or as a stand-in on the days it names.

    The yes writes a new mandate with the old one's limits; one for good ends the old mandate in the same transaction.
    `with_notes` and `with_basket` are what the person agreed should go along.
    """

    __tablename__ = "hand_overs"
    __table_args__ = (
        CheckConstraint("(starts_on IS NULL) = (ends_on IS NULL)", name="both_days"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="days"),
        CheckConstraint("(answered_at IS NULL) = (agreed IS NULL)", name="answer"),
        CheckConstraint("agreed IS NULL OR agreed = (new_mandate_id IS NOT NULL)", name="new_mandate"),
        CheckConstraint("answered_by_user_id IS NULL OR answered_by_user_id <> asked_by_user_id", name="second_person"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    mandate_id: Mapped[int] = mapped_column(ForeignKey("mandates.id"), index=True)
    to_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    words: Mapped[str] = mapped_column(Text)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    asked_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    agreed: Mapped[bool | None]
    with_notes: Mapped[bool] = mapped_column(default=False)
    with_basket: Mapped[bool] = mapped_column(default=False)
    new_mandate_id: Mapped[int | None] = mapped_column(ForeignKey("mandates.id"), unique=True)
