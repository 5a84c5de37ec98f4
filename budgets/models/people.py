"""Tables of people and of what they consented to."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from budgets.domain import ConsentHow, ConsentKind
from budgets.domain.people import HelpLevel, LetterAbout
from marketplace.database import Base, Id, UtcDateTime, enum_column


class Person(Base):
    """Somebody who needs care or support. May have no sign-in, no e-mail and no internet.

    While they are flagged for safeguarding, nobody who acts for them can order anything new.
    """

    __tablename__ = "people"
    __table_args__ = (UniqueConstraint("council_id", "council_reference", name="uq_people_reference"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    name_in_books: Mapped[str | None] = mapped_column(String(120))  # of before, under their reference
    council_id: Mapped[int | None] = mapped_column(ForeignKey("councils.id"), index=True)
    council_reference: Mapped[str | None] = mapped_column(String(40))
    date_of_birth: Mapped[date | None]
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(30))
    address: Mapped[str | None] = mapped_column(Text)
    postcode: Mapped[str | None] = mapped_column(String(8))
    notes_for_providers: Mapped[str | None] = mapped_column(Text)
    details_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when they said where they live
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    died_on: Mapped[date | None]
    death_recorded_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    death_recorded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    flagged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    flagged_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    merged_into_person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)


class PersonMerge(Base):
    """Two records of one person become one, when a second officer agrees. The merged one stays as another name of the
    kept one, for facts that never change and for files with its reference. `moved` says which rows followed, so that
    two officers can undo it.
    """

    __tablename__ = "person_merges"
    __table_args__ = (
        CheckConstraint("kept_person_id <> merged_person_id", name="two_records"),
        CheckConstraint(
            "agreed IS NULL OR NOT agreed OR decided_by_user_id <> prepared_by_user_id", name="second_person"
        ),
        CheckConstraint("undone_by_user_id <> undo_prepared_by_user_id", name="undone_by_second_person"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    council_id: Mapped[int] = mapped_column(ForeignKey("councils.id"), index=True)
    kept_person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    merged_person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    reason: Mapped[str] = mapped_column(Text)
    prepared_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    prepared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    agreed: Mapped[bool | None]
    moved: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    undo_reason: Mapped[str | None] = mapped_column(Text)
    undo_prepared_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    undo_prepared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Consent(Base):
    """A consent with its beginning and end. Off unless a row without `withdrawn_at` is here."""

    __tablename__ = "consents"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    kind: Mapped[ConsentKind] = mapped_column(enum_column(ConsentKind))
    how: Mapped[ConsentHow] = mapped_column(enum_column(ConsentHow))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    recorded_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    given_on: Mapped[date | None]
    read_by: Mapped[str | None] = mapped_column(String(120))
    upload_id: Mapped[int | None] = mapped_column(ForeignKey("uploads.id"))


class HelpNote(Base):
    """How much help a person needs to manage their money here, as was written on a day. The last one counts."""

    __tablename__ = "help_notes"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    level: Mapped[HelpLevel] = mapped_column(enum_column(HelpLevel))
    large_print: Mapped[bool]
    on_paper: Mapped[bool]
    by_telephone: Mapped[bool]
    words: Mapped[str | None] = mapped_column(Text)
    written_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    mandate_id: Mapped[int | None] = mapped_column(ForeignKey("mandates.id"))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PaperLetter(Base):
    """A letter to somebody without an e-mail address: it waits until somebody has printed it for them."""

    __tablename__ = "paper_letters"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    about: Mapped[LetterAbout] = mapped_column(enum_column(LetterAbout))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    sent_to: Mapped[str | None] = mapped_column(Text)  # an address of before; without one, where they live
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    printed_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    printed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
