"""How much help a person needs to manage this: written by them or whoever acts for them, seen by nobody else.

What is written decides what is offered: large print, paper, a call, somebody who looks after the money.
"""

from dataclasses import dataclass

from sqlalchemy import insert, select

from budgets.domain import MandateView, PersonView
from budgets.domain.people import HelpLevel, HelpView
from budgets.models import HelpNote
from budgets.queries.access import list_mandates_of
from budgets.queries.people import find_person
from marketplace.accounts.domain import Actor
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound

LONGEST = 500


@dataclass(frozen=True)
class WriteHelp:
    """How much help is needed, in which ways, and anything else in a few words."""

    level: HelpLevel
    large_print: bool = False
    on_paper: bool = False
    by_telephone: bool = False
    words: str | None = None


def may_see(actor: Actor, person_id: int) -> tuple[PersonView, MandateView | None]:
    """The person and the mandate under which the actor sees the note, None for themself. Raises NotFound for others."""
    person = find_person(person_id) if actor.user_id is not None else None
    if person is None:
        raise NotFound
    if person.user_id == actor.user_id:
        return person, None
    mandates = [mandate for mandate in list_mandates_of(actor, person_id=person_id) if mandate.actions]
    if not mandates:
        raise NotFound
    return person, mandates[0]


def write_help(actor: Actor, person_id: int, wanted: WriteHelp) -> None:
    """Write it down, from today on. Raises NotFound for whoever may not see it, DomainError on `words`."""
    _, mandate = may_see(actor, person_id)
    words = (wanted.words or "").strip() or None
    if words is not None and len(words) > LONGEST:
        raise DomainError(f"Use {LONGEST} characters or fewer", field="words")
    with transaction():
        db.session.execute(
            insert(HelpNote).values(
                person_id=person_id,
                level=wanted.level,
                large_print=wanted.large_print,
                on_paper=wanted.on_paper,
                by_telephone=wanted.by_telephone,
                words=words,
                written_by_user_id=actor.user_id,
                mandate_id=mandate.id if mandate else None,
                written_at=clock.now(),
            )
        )
        record(
            "person.write_help",
            "person",
            person_id,
            actor_user_id=actor.user_id,
            person_id=person_id,
            mandate_id=mandate.id if mandate else None,
        )


def find_help(actor: Actor, person_id: int) -> HelpView | None:
    """What was written last. Raises NotFound for whoever may not see it."""
    may_see(actor, person_id)
    row = db.session.execute(
        select(*(getattr(HelpNote, name) for name in HelpView.__dataclass_fields__))
        .where(HelpNote.person_id == person_id)
        .order_by(HelpNote.id.desc())
        .limit(1)
    ).one_or_none()
    return HelpView(*row) if row else None
