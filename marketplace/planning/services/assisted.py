"""Serving somebody at an access point: find or register them, record that they agreed, stop serving.

A worker reaches nobody by number: what the person says of themself (name, postcode) has to be what we know. The right
to order with them is their consent, which ends with the day or when the worker stops.
"""

from dataclasses import dataclass
from datetime import date

from budgets.domain import ConsentHow
from budgets.queries.finding import find_by_name_and_postcode
from budgets.services import consents
from budgets.services.people import create_person
from marketplace.accounts.domain import Actor, Role
from marketplace.audit.services import record
from marketplace.database import transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.planning.queries.record import NOTE

NOTE_STEPS = {
    "enquiry": "An enquiry: somebody asked",
    "referral": "A referral: we sent them on to somebody",
    "outcome": "An outcome: what came of it",
}
LONGEST_NOTE = 500


@dataclass(frozen=True)
class Visitor:
    """What somebody at the desk says of themself."""

    name: str
    postcode: str
    born_on: date | None = None


def serve(actor: Actor, visitor: Visitor, *, person_id: int | None, organisation_id: int, how: ConsentHow) -> int:
    """Record that a person agreed to be helped today; answers their id. `person_id` None registers them first.

    Raises NotFound unless the actor works at that access point and the person is of that name at that postcode,
    DomainError on the field that has to change.
    """
    if organisation_id not in actor.organisation_ids(Role.ACCESS_POINT_WORKER):
        raise NotFound
    if visitor.born_on is not None and visitor.born_on > clock.today():
        raise DomainError("The date of birth must be in the past", field="born_on")
    with transaction():
        if person_id is None:
            person_id = create_person(
                actor, name=visitor.name, postcode=visitor.postcode, date_of_birth=visitor.born_on
            )
        else:
            known = find_by_name_and_postcode(visitor.name, visitor.postcode, visitor.born_on)
            if person_id not in {found.id for found in known}:
                raise NotFound
        consents.agree_to_assisted_order(actor, person_id, organisation_id, how=how)
        return person_id


def stop_serving(actor: Actor, person_id: int) -> None:
    """The person has left or changed their mind: the consent ends now. Raises NotFound when there is none."""
    consents.end_assisted_order(actor, person_id)


def write_note(actor: Actor, organisation_id: int, step: str, words: str) -> None:
    """Write down an enquiry, a referral or its outcome, about nobody by name. Raises NotFound, DomainError."""
    if organisation_id not in actor.organisation_ids(Role.ACCESS_POINT_WORKER):
        raise NotFound
    words = words.strip()
    if step not in NOTE_STEPS:
        raise DomainError("Choose what it is", field="step")
    if not words:
        raise DomainError("Write what was asked or done", field="words")
    if len(words) > LONGEST_NOTE:
        raise DomainError(f"Use {LONGEST_NOTE} characters or fewer", field="words")
    with transaction():
        record(
            NOTE,
            "enquiry",
            None,
            actor_user_id=actor.user_id,
            organisation_id=organisation_id,
            reason=words,
            step=step,
        )
