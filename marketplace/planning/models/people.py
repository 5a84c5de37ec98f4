"""Tables of notes about people."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, UtcDateTime, enum_column


class NoteAudience(StrEnum):
    """Who may read a note. A provider never does."""

    PERSON_TOO = "person_too"  # the person, and everybody who may act for them
    COLLEAGUES = "colleagues"  # staff of the author's organisation who are named in an authority for the person


class PersonNote(Base):
    """What somebody who acts for a person wrote down about them. Never changed; its author may take it back."""

    __tablename__ = "person_notes"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    words: Mapped[str] = mapped_column(Text)
    audience: Mapped[NoteAudience] = mapped_column(enum_column(NoteAudience))
    author_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    mandate_id: Mapped[int | None] = mapped_column(ForeignKey("mandates.id"))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PersonNoteRead(Base):
    """Who has read a note, and when first."""

    __tablename__ = "person_note_reads"

    note_id: Mapped[int] = mapped_column(ForeignKey("person_notes.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    read_at: Mapped[datetime] = mapped_column(UtcDateTime)
