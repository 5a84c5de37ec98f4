"""Ask that somebody else may act for a person: for good, or as a stand-in for some days. Nobody here gives it.

Whoever hands over writes what the next one has to know and asks. The person grants the new authority where it rests on
their agreement and they sign in; else an officer of their council records it as its legal basis says, and a second one
confirms. A stand-in's authority carries the days away as its own dates, so it ends by itself.
"""

from dataclasses import dataclass
from datetime import date

from budgets.domain import LegalBasis
from budgets.queries.mandates import get_mandate
from budgets.words import BASIS_WORDS, day_words
from marketplace.accounts.domain import Actor, OrganisationKind
from marketplace.accounts.links import address
from marketplace.accounts.queries import find_user, find_user_by_email, list_organisations_of_council
from marketplace.audit.services import record
from marketplace.database import transaction
from marketplace.kernel import clock
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
    if user.id in (actor.user_id, rights.person.user_id):
        raise DomainError("Name somebody else: nobody hands over to themself", field="email")
    if not wanted.words.strip():
        raise DomainError("Write what they have to know", field="words")
    if wanted.away is not None:
        _check_days(wanted.away)
    days = "" if wanted.away is None else f", from {day_words(wanted.away[0])} to {day_words(wanted.away[1])}"
    what = f"{user.name} is to stand in for {actor.name}{days}." if days else f"{user.name} is to take over."
    person = find_user(rights.person.user_id) if rights.person.user_id is not None else None
    by_person = person is not None and mandate.legal_basis is LegalBasis.AGREEMENT
    to = person.email if person is not None and by_person else _council_address(rights.person.council_id)
    page = "/mandates/new" if by_person else "/council/mandates"
    subject = f"{actor.name} asks that {user.name} may act for {'you' if by_person else rights.person.name}"
    lines = [
        f"{actor.name} acts for {'you' if by_person else rights.person.name} now. {what}",
        "",
        f"The authority of now: {BASIS_WORDS[mandate.legal_basis]}, until {day_words(mandate.ends_on)}.",
        f"{user.name} may do nothing before {'you have' if by_person else 'two officers have'} agreed.",
        f"To agree, name {wanted.email.strip().lower()} here: {address(page)}",
        *(["", f"Give it for those days only{days}: then it ends by itself."] if days else []),
        "",
        f"What {actor.name} wrote for {user.name}:",
        wanted.words.strip(),
    ]
    with transaction():
        write_note(actor, person_id, f"{what}\n\n{wanted.words.strip()}", NoteAudience.PERSON_TOO)
        queue_email(to, " ".join(subject.split())[:200], "\n".join(lines), person_id=person_id)
        record(
            "mandate.ask_stand_in" if wanted.away else "mandate.ask_hand_over",
            "mandate",
            mandate.id,
            actor_user_id=actor.user_id,
            person_id=person_id,
            mandate_id=mandate.id,
            council_id=mandate.council_id,
            to_user_id=user.id,
        )
    return by_person


def _check_days(away: tuple[date, date]) -> None:
    if away[0] < clock.today():
        raise DomainError("Choose a first day from today on", field="first")
    if away[1] < away[0]:
        raise DomainError("The last day must be on or after the first day", field="last")


def _council_address(council_id: int | None) -> str:
    found = list_organisations_of_council(council_id, OrganisationKind.COUNCIL) if council_id is not None else []
    known = next((one.email for one in found if one.email), None)
    if known is None:
        raise DomainError("We have no email address of the council. Call it: its officers record a new authority.")
    return known
