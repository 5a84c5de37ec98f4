"""A person has died: the council records it, and everything stops.

Nobody orders, agrees or reviews for them any more, every authority to act ends, and no reminder is sent. What is booked
stays kept aside until the council has decided about each order. Statements and entries stay as they are.
"""

from datetime import date

from sqlalchemy import select, update

from budgets.models import Mandate, Person
from marketplace.accounts.domain import Actor, Role
from marketplace.audit.services import record
from marketplace.database import db, rows_changed, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound

_WHY = "The person has died"


def record_death(actor: Actor, person_id: int, died_on: date) -> None:
    """Everything stops at once. Recording it again changes nothing.

    Raises NotFound unless the actor works in finance of the person's council, DomainError for a day to come.
    """
    if died_on > clock.today():
        raise DomainError("Enter a day that is not in the future", field="died_on")
    live = select(Mandate.id).where(Mandate.person_id == person_id, Mandate.ended_at.is_(None)).order_by(Mandate.id)
    with transaction():
        db.session.execute(live.with_for_update()).all()  # before the record, as whoever pauses one
        person = _locked(actor, person_id)
        if person.died_on is not None:
            return
        now = clock.now()
        person.died_on, person.death_recorded_at, person.death_recorded_by_user_id = died_on, now, actor.user_id
        db.session.flush()
        ended = rows_changed(
            update(Mandate)
            .where(Mandate.person_id == person_id, Mandate.ended_at.is_(None))
            .values(ended_at=now, ended_by_user_id=actor.user_id, end_reason=_WHY)
        )
        _record("person.died", actor, person, mandates_ended=ended)


def take_back_death(actor: Actor, person_id: int) -> None:
    """It was recorded by mistake: the person can order again. Authorities that ended have to be given anew."""
    with transaction():
        person = _locked(actor, person_id)
        if person.died_on is None:
            return
        person.died_on = person.death_recorded_at = person.death_recorded_by_user_id = None
        db.session.flush()
        _record("person.death_taken_back", actor, person)


def _locked(actor: Actor, person_id: int) -> Person:
    person = db.session.execute(
        select(Person)
        .where(Person.id == person_id, Person.council_id.in_(actor.council_ids(Role.COUNCIL_FINANCE)))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if person is None:
        raise NotFound
    return person


def _record(action: str, actor: Actor, person: Person, mandates_ended: int = 0) -> None:
    record(
        action,
        "person",
        person.id,
        actor_user_id=actor.user_id,
        person_id=person.id,
        council_id=person.council_id,
        mandates_ended=mandates_ended,
    )
