"""Notes about a person, for those who may read them: the person, and those named in a live authority."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select

from budgets.domain import MandateAction, MandateView
from budgets.queries.hand_overs import organisations_before
from marketplace.accounts.domain import Actor
from marketplace.accounts.queries import names_of, organisations_by_id
from marketplace.database import db
from marketplace.kernel.errors import NotFound
from marketplace.planning.models import NoteAudience, PersonNote, PersonNoteRead
from marketplace.planning.queries.rights import Rights, get_rights

READING = (MandateAction.READ_BUDGET, MandateAction.READ_PLAN)
MOST = 200


@dataclass(frozen=True)
class NoteView:
    """A note with the names that its page shows. `seen_by`: names and when, without its author, the first on top."""

    id: int
    person_id: int
    words: str
    audience: NoteAudience
    author_user_id: int
    author: str
    organisation: str | None
    written_at: datetime
    seen_by: tuple[tuple[str, datetime], ...]


def note_rights(actor: Actor, person_id: int) -> Rights:
    """The rights of somebody who may read notes: the person, or somebody named in a live mandate that reads.

    Whoever serves the person at an access point reads none. Raises NotFound for everybody else.
    """
    rights = get_rights(actor, person_id, *READING)
    if not rights.is_own and not reading(rights.mandates):
        raise NotFound
    return rights


def reading(mandates: Iterable[MandateView]) -> list[MandateView]:
    """Those of some mandates that let their holder read about the person at all."""
    return [mandate for mandate in mandates if mandate.actions & frozenset(READING)]


def readable(actor: Actor, mandates: Iterable[MandateView], *, own_person_id: int | None = None) -> ColumnElement[bool]:
    """Which notes the holder of these mandates may read, and those about themself that they may.

    Those that a team kept for itself also belong to whoever took over from it, where the person agreed to that.
    """
    mandates = list(mandates)
    by_person: dict[int, set[int]] = {}
    for mandate in reading(mandates):
        held = by_person.setdefault(mandate.person_id, set())
        if mandate.organisation_id is not None:
            held.add(mandate.organisation_id)
    for person_id, organisation_id in organisations_before(mandate.id for mandate in reading(mandates)):
        by_person.setdefault(person_id, set()).add(organisation_id)
    colleagues = [
        and_(PersonNote.person_id.in_(people), PersonNote.organisation_id == organisation_id)
        for organisation_id in sorted(set().union(*by_person.values()))
        for people in [[person_id for person_id, held in by_person.items() if organisation_id in held]]
    ]
    return and_(
        PersonNote.taken_back_at.is_(None),
        or_(
            and_(PersonNote.person_id.in_(by_person), PersonNote.audience == NoteAudience.PERSON_TOO),
            and_(PersonNote.person_id.in_(by_person), PersonNote.author_user_id == actor.user_id),
            and_(PersonNote.audience == NoteAudience.COLLEAGUES, or_(false(), *colleagues)),
            and_(PersonNote.person_id == own_person_id, PersonNote.audience == NoteAudience.PERSON_TOO)
            if own_person_id is not None
            else false(),
        ),
    )


def list_notes_about(actor: Actor, rights: Rights) -> list[NoteView]:
    """Notes about one person that the reader may read, newest first. Four queries."""
    own = rights.person.id if rights.is_own else None
    rows = db.session.execute(
        select(PersonNote)
        .where(PersonNote.person_id == rights.person.id, readable(actor, rights.mandates, own_person_id=own))
        .order_by(PersonNote.id.desc())
        .limit(MOST)
    ).scalars()
    return _views(list(rows))


def search_notes(actor: Actor, mandates: Iterable[MandateView], words: Iterable[str], *, limit: int) -> list[NoteView]:
    """Notes about many people that hold every word, newest first."""
    rows = db.session.execute(
        select(PersonNote)
        .where(readable(actor, mandates), *(PersonNote.words.icontains(word, autoescape=True) for word in words))
        .order_by(PersonNote.id.desc())
        .limit(limit)
    ).scalars()
    return _views(list(rows))


def _views(rows: list[Any]) -> list[NoteView]:
    reads: dict[int, list[tuple[int, datetime]]] = {}
    if rows:
        for note_id, user_id, at in db.session.execute(
            select(PersonNoteRead.note_id, PersonNoteRead.user_id, PersonNoteRead.read_at)
            .where(PersonNoteRead.note_id.in_([row.id for row in rows]))
            .order_by(PersonNoteRead.read_at, PersonNoteRead.user_id)
        ):
            reads.setdefault(note_id, []).append((user_id, at))
    names = names_of({row.author_user_id for row in rows} | {user for found in reads.values() for user, _ in found})
    organisations = organisations_by_id({row.organisation_id for row in rows if row.organisation_id is not None})
    return [
        NoteView(
            row.id,
            row.person_id,
            row.words,
            row.audience,
            row.author_user_id,
            names.get(row.author_user_id, "Somebody"),
            organisations[row.organisation_id].name if row.organisation_id in organisations else None,
            row.written_at,
            tuple((names.get(user_id, "Somebody"), at) for user_id, at in reads.get(row.id, ())),
        )
        for row in rows
    ]
