"""Ask that somebody else may act for a person: for good, or as a stand-in for some days. Nobody here gives it.

Whoever hands over writes what the next one has to know and asks; the note stays, whatever the answer. Who answers, and
what a yes does, is `budgets.services.hand_overs`.
"""

from dataclasses import dataclass
from datetime import date

from budgets.queries.hand_overs import is_by_person
from budgets.queries.mandates import get_mandate
from budgets.services import hand_overs
from budgets.words import BASIS_WORDS, day_words
from marketplace.accounts.domain import Actor, OrganisationKind
from marketplace.accounts.links import address
from marketplace.accounts.queries import find_user, find_user_by_email, list_organisations_of_council
from marketplace.database import transaction
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.outbox.email import queue_email
from marketplace.planning.models import NoteAudience
from marketplace.planning.queries.person_notes import note_rights
from marketplace.planning.services.person_notes import write_note


@dataclass(frozen=True)
class HandOver:
    """To whom (by their account's address), what they have to know, and the days away; None hands over for good."""

    email: str
    words: str
    away: tuple[date, date] | None = None


def ask(actor: Actor, person_id: int, wanted: HandOver) -> bool:
    """Keep the note for whoever may act, and ask; answers whether the person was asked (else their council).

    By somebody named in a live mandate. Raises NotFound for everybody else, DomainError on the field to change.
    """
    rights = note_rights(actor, person_id)
    if rights.is_own or rights.mandate_id is None:
        raise NotFound
    mandate = get_mandate(rights.mandate_id)
    user = find_user_by_email(wanted.email)
    if user is None or user.verified_at is None:
        raise DomainError("There is no account yet with this email address. Ask them to make one first.", field="email")
    words = wanted.words.strip()
    if not words:
        raise DomainError("Write what they have to know", field="words")
    days = "" if wanted.away is None else f", from {day_words(wanted.away[0])} to {day_words(wanted.away[1])}"
    what = f"{user.name} is to stand in for {actor.name}{days}." if days else f"{user.name} is to take over."
    by_person = is_by_person(mandate)
    person = find_user(mandate.person_user_id) if by_person and mandate.person_user_id is not None else None
    with transaction():
        hand_over_id = hand_overs.ask(actor, mandate, user.id, words, wanted.away)
        write_note(actor, person_id, f"{what}\n\n{words}", NoteAudience.PERSON_TOO)
        subject = f"{actor.name} asks that {user.name} may act for {'you' if by_person else rights.person.name}"
        lines = [
            f"{actor.name} acts for {'you' if by_person else rights.person.name} now. {what}",
            "",
            f"The authority of now: {BASIS_WORDS[mandate.legal_basis]}, until {day_words(mandate.ends_on)}.",
            f"{user.name} may do nothing before {'you have' if by_person else 'two officers have'} agreed.",
            f"Say yes or no here: {address(f'/hand-overs/{hand_over_id}')}",
            *(["", "It would be for those days only, and end by itself."] if days else []),
            "",
            f"What {actor.name} wrote for {user.name}:",
            words,
        ]
        to = person.email if person is not None else _council_address(rights.person.council_id)
        queue_email(to, " ".join(subject.split())[:200], "\n".join(lines), person_id=person_id)
    return by_person


def _council_address(council_id: int | None) -> str:
    found = list_organisations_of_council(council_id, OrganisationKind.COUNCIL) if council_id is not None else []
    known = next((one.email for one in found if one.email), None)
    if known is None:
        raise DomainError("We have no email address of the council. Call it: its officers record a new authority.")
    return known
