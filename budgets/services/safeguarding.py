"""A safeguarding flag: nobody who acts for the person orders anything new until it is lifted.

That holds under any mandate, one granted later too, and at an access point that serves the person. Care that is booked
goes on and can be confirmed.
"""

from collections.abc import Collection

from sqlalchemy import select, update

from budgets.models import Person
from budgets.queries.mandates import MandateState, is_officer, list_for_person
from budgets.queries.people import get_person
from budgets.services import mandate_letters as letters
from marketplace.accounts.domain import Actor, Role
from marketplace.audit.services import record
from marketplace.database import db, rows_changed, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound

_SPENDS = (MandateState.LIVE, MandateState.NOT_STARTED)


def raise_flag(actor: Actor, person_id: int, *, reason: str) -> None:
    """A safeguarding lead or social worker of the person's council stops new spending. Again, it changes nothing.

    Raises NotFound for anybody else, DomainError on `reason`.
    """
    person = get_person(person_id)
    if not is_officer(actor, person.council_id):
        raise NotFound
    _set(actor, person_id, reason, on=True)


def lift_flag(actor: Actor, person_id: int, *, reason: str) -> None:
    """A safeguarding lead of the person's council lets new spending go on. Raises as `raise_flag`."""
    if get_person(person_id).council_id not in actor.council_ids(Role.SAFEGUARDING_LEAD):
        raise NotFound
    _set(actor, person_id, reason, on=False)


def is_flagged(person_id: int) -> bool:
    """Whether nobody who acts for a person may spend now."""
    return db.session.scalar(select(Person.flagged_at).where(Person.id == person_id)) is not None


def flagged_among(person_ids: Collection[int]) -> frozenset[int]:
    """Those of the people for whom nobody who acts for them orders anything new now. One query."""
    flagged = select(Person.id).where(Person.id.in_(person_ids), Person.flagged_at.is_not(None))
    return frozenset(db.session.scalars(flagged)) if person_ids else frozenset()


def _set(actor: Actor, person_id: int, reason: str, *, on: bool) -> None:
    reason = reason.strip()
    if not reason:
        raise DomainError("Say why, so that the next person knows", field="reason")
    with transaction():
        changed = rows_changed(
            update(Person)
            .where(Person.id == person_id, Person.flagged_at.is_(None) if on else Person.flagged_at.is_not(None))
            .values(flagged_at=clock.now() if on else None, flagged_by_user_id=actor.user_id if on else None)
        )
        if not changed:
            return
        record(
            "person.flag" if on else "person.lift_flag",
            "person",
            person_id,
            actor_user_id=actor.user_id,
            person_id=person_id,
            council_id=get_person(person_id).council_id,
            reason=reason,
        )
        for mandate in list_for_person(person_id):
            if mandate.state in _SPENDS:
                letters.suspended(mandate, resumed=not on)
