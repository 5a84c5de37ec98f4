"""Write down something about a person, take it back, and keep who has read it."""

from collections.abc import Iterable

from sqlalchemy import insert, select, update

from marketplace.accounts.domain import Actor
from marketplace.audit.services import record
from marketplace.database import db, for_each_dialect, rows_changed, send, table_of, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.planning.models import NoteAudience, PersonNote, PersonNoteRead
from marketplace.planning.queries.person_notes import NoteView, note_rights, reading

LONGEST = 4000
_READ = for_each_dialect(lambda insert: insert(table_of(PersonNoteRead)).on_conflict_do_nothing())


def write_note(actor: Actor, person_id: int, words: str, audience: NoteAudience) -> int:
    """Keep a note under the actor's name and today's date; answers its id.

    By the person, for everybody who may act for them, or by somebody named in a live authority. Raises NotFound for
    everybody else, DomainError on the field to change.
    """
    rights = note_rights(actor, person_id)
    words = words.strip()
    if not words:
        raise DomainError("Write the note", field="words")
    if len(words) > LONGEST:
        raise DomainError(f"Use {LONGEST:,} characters or fewer", field="words")
    if rights.is_own and audience is not NoteAudience.PERSON_TOO:
        raise DomainError("Choose who may read it", field="audience")
    held = reading(rights.mandates)
    mandate = max(held, key=lambda one: (one.organisation_id is not None, one.ends_on, one.id)) if held else None
    with transaction():
        note_id: int = db.session.execute(
            insert(PersonNote)
            .values(
                person_id=person_id,
                words=words,
                audience=audience,
                author_user_id=actor.user_id,
                organisation_id=mandate.organisation_id if mandate else None,
                mandate_id=mandate.id if mandate else None,
                written_at=clock.now(),
            )
            .returning(PersonNote.id)
        ).scalar_one()
        _record("person_note.write", actor, person_id, note_id, mandate.id if mandate else None)
        return note_id


def take_back(actor: Actor, person_id: int, note_id: int) -> None:
    """Nobody reads the note any more; that there was one stays in the record. Twice is once.

    Raises NotFound for everybody but its author.
    """
    with transaction():
        mine = select(PersonNote.mandate_id).where(
            PersonNote.id == note_id, PersonNote.person_id == person_id, PersonNote.author_user_id == actor.user_id
        )
        found = db.session.execute(mine).one_or_none()
        if found is None or actor.user_id is None:
            raise NotFound
        taken = rows_changed(
            update(PersonNote)
            .where(PersonNote.id == note_id, PersonNote.taken_back_at.is_(None))
            .values(taken_back_at=clock.now())
        )
        if taken:
            _record("person_note.take_back", actor, person_id, note_id, found.mandate_id)


def note_read(actor: Actor, notes: Iterable[NoteView]) -> None:
    """Keep that the actor has read these notes, the first time; not for their own."""
    unread = [note.id for note in notes if note.author_user_id != actor.user_id]
    if not unread:
        return
    known = set(
        db.session.scalars(
            select(PersonNoteRead.note_id).where(
                PersonNoteRead.note_id.in_(unread), PersonNoteRead.user_id == actor.user_id
            )
        )
    )
    new = [note_id for note_id in unread if note_id not in known]
    if new:
        with transaction():
            now = clock.now()
            send(_READ(), [{"note_id": note_id, "user_id": actor.user_id, "read_at": now} for note_id in new])


def _record(action: str, actor: Actor, person_id: int, note_id: int, mandate_id: int | None) -> None:
    record(action, "person_note", note_id, actor_user_id=actor.user_id, person_id=person_id, mandate_id=mandate_id)
