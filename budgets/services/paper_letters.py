"""Letters to people without an e-mail address: kept until somebody has printed them, then as long as an e-mail is."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, func, insert, or_, select, true, update

from budgets.domain.people import PRINTED_BY, LetterAbout
from budgets.models import PaperLetter, Person
from budgets.queries.access import actions_for
from budgets.queries.helped import done_by_others, may_print
from budgets.queries.mandates import is_officer
from budgets.queries.people import died_people, find_person
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import get_council, list_councils
from marketplace.audit.services import record
from marketplace.database import db, in_transaction, rows_changed, transaction
from marketplace.kernel import clock, keeping
from marketplace.kernel.errors import NotFound

OFFICERS = (Role.SOCIAL_WORKER, Role.SAFEGUARDING_LEAD)


@dataclass(frozen=True)
class LetterView:
    """A letter on paper, and whether it was printed."""

    id: int
    person_id: int
    person_name: str
    address: str | None
    postcode: str | None
    about: LetterAbout
    subject: str
    body: str
    written_at: datetime
    printed_at: datetime | None

    @property
    def address_lines(self) -> list[str]:
        """What stands on the envelope, as far as it is known."""
        lines = [line.strip() for line in (self.address or "").splitlines() if line.strip()]
        known = [self.postcode] if self.postcode and self.postcode not in (self.address or "") else []
        return [self.person_name, *lines, *known]


_LETTERS: Any = select(
    PaperLetter.id,
    PaperLetter.person_id,
    Person.name,
    func.coalesce(PaperLetter.sent_to, Person.address),
    case((PaperLetter.sent_to.is_(None), Person.postcode)),
    PaperLetter.about,
    PaperLetter.subject,
    PaperLetter.body,
    PaperLetter.written_at,
    PaperLetter.printed_at,
).join(Person, Person.id == PaperLetter.person_id)


def write_letter(person_id: int, subject: str, body: str, about: LetterAbout, *, sent_to: str | None = None) -> None:
    """Write a letter in the open transaction of what it tells; `sent_to` is an address in place of the person's own."""
    if not in_transaction():
        raise RuntimeError("a letter is written in the transaction that causes it")
    db.session.execute(
        insert(PaperLetter).values(
            person_id=person_id,
            about=about,
            subject=" ".join(subject.split())[:200],
            body=body,
            sent_to=sent_to,
            written_at=clock.now(),
        )
    )


def list_letters(actor: Actor, person_id: int) -> list[LetterView]:
    """The letters to a person that the actor may print, the newest first. Raises NotFound for whoever may print none.

    Whoever may do what a letter is about prints it, and an officer of the council those about authorities: nobody who
    may act is the only one who could tell the person so.
    """
    rows = db.session.execute(_LETTERS.where(_printable(actor, person_id)).order_by(PaperLetter.id.desc()))
    return [LetterView(*row) for row in rows]


def list_to_print(actor: Actor, *, limit: int = 200) -> list[LetterView]:
    """Letters that wait for officers of the actor's councils, or for the operator: about authorities, and those that
    nobody else could print today; oldest first. Nothing is posted to who has died. As many queries for one person as
    for a thousand."""
    officers, is_operator = actor.council_ids(*OFFICERS), actor.has(Role.OPERATOR)
    if not officers and not is_operator:
        return []
    waiting: Any = db.session.execute(
        select(PaperLetter.person_id, Person.council_id, PaperLetter.about)
        .join(Person, Person.id == PaperLetter.person_id)
        .where(PaperLetter.printed_at.is_(None), Person.died_on.is_(None))
        .where(true() if is_operator else Person.council_id.in_(officers))
        .distinct()
    ).all()
    here = {council.id for council in list_councils(joined_only=True)} if is_operator else officers
    mine = [
        row
        for row in waiting
        if _is_last_to_print(actor, row.council_id if row.council_id in here else None, row.about)
    ]
    others = done_by_others({row.person_id for row in mine if PRINTED_BY[row.about]})
    ids: dict[LetterAbout, list[int]] = defaultdict(list)
    for row in mine:
        if not PRINTED_BY[row.about] & others.get(row.person_id, frozenset()):
            ids[row.about].append(row.person_id)
    if not ids:
        return []
    which = or_(*(and_(PaperLetter.about == about, PaperLetter.person_id.in_(some)) for about, some in ids.items()))
    rows = db.session.execute(
        _LETTERS.where(PaperLetter.printed_at.is_(None), which).order_by(PaperLetter.id).limit(limit)
    )
    return [LetterView(*row) for row in rows]


def get_letter(actor: Actor, letter_id: int) -> LetterView:
    """One letter, for whoever may print it; NotFound for anybody else."""
    return _one(actor, letter_id)


def _one(actor: Actor, letter_id: int, *, printed_too: bool = False) -> LetterView:
    person_id = db.session.scalar(select(PaperLetter.person_id).where(PaperLetter.id == letter_id))
    if person_id is None:
        raise NotFound
    row = db.session.execute(
        _LETTERS.where(PaperLetter.id == letter_id, _printable(actor, person_id, printed_too=printed_too))
    ).one_or_none()
    if row is None:
        raise NotFound
    return LetterView(*row)


def mark_printed(actor: Actor, letter_id: int) -> LetterView:
    """It was printed, and given or posted to the person. Doing so again changes nothing; answers the letter as it was.

    Whoever had it open when a colleague printed it hears that from `printed_at`, though it is past for them now.
    """
    letter = _one(actor, letter_id, printed_too=True)
    with transaction():
        if _mark(actor, letter.person_id, PaperLetter.id == letter_id):
            return letter
    return replace(letter, printed_at=letter.printed_at or clock.now())


def mark_all_printed(actor: Actor, person_id: int, until_id: int) -> int:
    """All letters to a person that the actor may print were, up to the newest that they saw; answers how many."""
    which = _printable(actor, person_id)
    with transaction():
        return _mark(actor, person_id, and_(which, PaperLetter.id <= until_id))


def mark_listed_printed(actor: Actor, until_id: int) -> int:
    """All letters of `list_to_print` were, up to the newest that the actor saw; answers how many."""
    by_person: dict[int, list[int]] = defaultdict(list)
    for letter in list_to_print(actor):
        if letter.id <= until_id:
            by_person[letter.person_id].append(letter.id)
    with transaction():
        return sum(_mark(actor, person_id, PaperLetter.id.in_(ids)) for person_id, ids in by_person.items())


def _mark(actor: Actor, person_id: int, which: ColumnElement[bool]) -> int:
    """Note letters to one person as printed, in the open transaction; answers how many were not before."""
    changed = rows_changed(
        update(PaperLetter)
        .where(which, PaperLetter.printed_at.is_(None))
        .values(printed_at=clock.now(), printed_by_user_id=actor.user_id)
    )
    if changed:
        record("letter.print", "person", person_id, actor_user_id=actor.user_id, person_id=person_id, letters=changed)
    return changed


def forget_printed() -> int:
    """Delete letters as old as e-mails that are forgotten, but for those that somebody still has to print; answers how
    many."""
    is_past = or_(PaperLetter.printed_at.is_not(None), PaperLetter.person_id.in_(died_people()))
    with transaction():
        return rows_changed(delete(PaperLetter).where(PaperLetter.written_at < clock.now() - keeping.LETTER, is_past))


def _printable(actor: Actor, person_id: int, *, printed_too: bool = False) -> ColumnElement[bool]:
    """Which letters to a person the actor prints; raises NotFound when there are none of any kind.

    What falls to them because nobody helps the person they see until it is printed, and afterwards if they did that:
    what somebody else has printed is past, and none of their business, unless `printed_too`.
    """
    person = find_person(person_id) if actor.user_id is not None else None
    if person is None:
        raise NotFound
    to_them = PaperLetter.person_id == person.id
    if person.user_id == actor.user_id:
        return to_them
    about = may_print(actions_for(actor, person.id))
    is_here = person.council_id is not None and get_council(person.council_id).has_joined
    last = {each for each in LetterAbout if _is_last_to_print(actor, person.council_id if is_here else None, each)}
    if last:
        others = done_by_others([person.id]).get(person.id, frozenset())
        last = {each for each in last if not PRINTED_BY[each] & others}
    if not about and not last:
        raise NotFound
    open_or_own = or_(PaperLetter.printed_at.is_(None), PaperLetter.printed_by_user_id == actor.user_id)
    open_or_own = true() if printed_too else open_or_own
    return and_(to_them, or_(PaperLetter.about.in_(about), and_(PaperLetter.about.in_(last), open_or_own)))


def _is_last_to_print(actor: Actor, council_id: int | None, about: LetterAbout) -> bool:
    """Whether a letter falls to the actor while nobody helps the person: to an officer of their council, and to the
    operator what is no business of a council, and all of it where no council is here for the person: None."""
    if council_id is None or about is LetterAbout.OWN_ORDER:
        return actor.has(Role.OPERATOR)
    return is_officer(actor, council_id)
