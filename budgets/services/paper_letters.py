"""Letters to people without an e-mail address: kept until somebody has printed them, then as long as an e-mail is."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from budgets.domain.people import LetterAbout
from budgets.models import PaperLetter, Person
from budgets.queries.access import find_acting, find_person
from budgets.queries.mandates import is_officer
from marketplace.accounts.domain import Actor, Role
from marketplace.audit.services import record
from marketplace.database import db, in_transaction, rows_changed, transaction
from marketplace.kernel import clock, keeping
from marketplace.kernel.errors import NotFound


@dataclass(frozen=True)
class LetterView:
    """A letter on paper, and whether it was printed."""

    id: int
    person_id: int
    person_name: str
    about: LetterAbout
    subject: str
    body: str
    written_at: datetime
    printed_at: datetime | None


_LETTERS = select(
    PaperLetter.id,
    PaperLetter.person_id,
    Person.name,
    PaperLetter.about,
    PaperLetter.subject,
    PaperLetter.body,
    PaperLetter.written_at,
    PaperLetter.printed_at,
).join(Person, Person.id == PaperLetter.person_id)


def write_letter(person_id: int, subject: str, body: str, about: LetterAbout) -> None:
    """Write a letter in the open transaction of what it tells."""
    if not in_transaction():
        raise RuntimeError("a letter is written in the transaction that causes it")
    db.session.execute(
        insert(PaperLetter).values(
            person_id=person_id,
            about=about,
            subject=" ".join(subject.split())[:200],
            body=body,
            written_at=clock.now(),
        )
    )


def list_letters(actor: Actor, person_id: int) -> list[LetterView]:
    """The letters to a person that the actor may print, the newest first. Raises NotFound for whoever may print none.

    Whoever helps the person prints letters about orders, and an officer of the council those about authorities: nobody
    who may act is the only one who could tell the person so.
    """
    about = _may_print(actor, person_id)
    rows = db.session.execute(
        _LETTERS.where(PaperLetter.person_id == person_id, PaperLetter.about.in_(about)).order_by(PaperLetter.id.desc())
    )
    return [LetterView(*row) for row in rows]


def list_to_print(actor: Actor, *, limit: int = 200) -> list[LetterView]:
    """Letters about authorities that wait to be printed by officers of the actor's councils, oldest first."""
    rows = db.session.execute(
        _LETTERS.where(
            Person.council_id.in_(actor.council_ids(Role.SOCIAL_WORKER, Role.SAFEGUARDING_LEAD)),
            PaperLetter.about == LetterAbout.AUTHORITY,
            PaperLetter.printed_at.is_(None),
        )
        .order_by(PaperLetter.id)
        .limit(limit)
    )
    return [LetterView(*row) for row in rows]


def get_letter(actor: Actor, letter_id: int) -> LetterView:
    """One letter, for whoever may print it; NotFound for anybody else."""
    row = db.session.execute(_LETTERS.where(PaperLetter.id == letter_id)).one_or_none()
    if row is None or row.about not in _may_print(actor, row.person_id):
        raise NotFound
    return LetterView(*row)


def mark_printed(actor: Actor, letter_id: int) -> LetterView:
    """It was printed, and given or posted to the person. Doing so again changes nothing."""
    letter = get_letter(actor, letter_id)
    with transaction():
        changed = rows_changed(
            update(PaperLetter)
            .where(PaperLetter.id == letter_id, PaperLetter.printed_at.is_(None))
            .values(printed_at=clock.now(), printed_by_user_id=actor.user_id)
        )
        if changed:
            record("letter.print", "person", letter.person_id, actor_user_id=actor.user_id, person_id=letter.person_id)
    return letter


def forget_printed() -> int:
    """Delete letters as old as e-mails that are forgotten, but for those that nobody has printed; answers how many."""
    with transaction():
        return rows_changed(
            delete(PaperLetter).where(
                PaperLetter.written_at < clock.now() - keeping.LETTER, PaperLetter.printed_at.is_not(None)
            )
        )


def _may_print(actor: Actor, person_id: int) -> frozenset[LetterAbout]:
    person = find_person(person_id) if actor.user_id is not None else None
    about = set()
    if person is not None and is_officer(actor, person.council_id):
        about.add(LetterAbout.AUTHORITY)
    if person is not None and person.user_id == actor.user_id:
        about |= set(LetterAbout)
    elif find_acting(actor, person_id) is not None:
        about.add(LetterAbout.ORDER)
    if not about:
        raise NotFound
    return frozenset(about)
