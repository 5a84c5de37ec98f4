"""Who did what for a person, in sentences; and who looked."""

from dataclasses import dataclass
from datetime import datetime

from budgets.queries.mandates import list_for_person as list_mandates
from budgets.words import BASIS_WORDS, short_name
from marketplace.accounts.domain import Actor
from marketplace.accounts.queries import OrganisationView, names_of, organisations_by_id
from marketplace.audit.queries import AuditLine, list_for_person, list_of_organisations
from marketplace.kernel import clock
from marketplace.planning.queries.rights import Rights
from marketplace.planning.words import ACTS, act_words
from payments.queries.orders import list_by_ids

LOOK = "person.look"
AUDIT_LOOK = "audit.look"
LOOKS = (LOOK, "monitoring.look", "sample.look", AUDIT_LOOK, "evidence.open")
"""Who looked: at the pages, into what stands out, at a purchase that was picked, into the record, at a receipt."""
NOTE = "assisted.note"
LOOKED = frozenset({LOOK, "monitoring.look", "sample.look", AUDIT_LOOK})
"""Acts whose organisation is the one that somebody looked from."""
PAGE_SIZE = 50


@dataclass(frozen=True)
class Look:
    """Somebody looked at the person's pages, once a day each."""

    at: datetime
    name: str
    organisation: str | None


@dataclass(frozen=True)
class Act:
    """One act in words. `organisation` is where `who` looked from; `about` says whom else an act concerns, such as the
    provider of an order. `order_id` and `reference` where it is about an order."""

    id: int
    at: datetime
    who: str
    what: str
    organisation: str | None
    about: str | None
    authority: str | None
    reason: str | None
    order_id: int | None
    reference: str | None


@dataclass(frozen=True)
class ActPage:
    """Acts newest first; `older_than` is the id to go on from, None at the end."""

    acts: tuple[Act, ...]
    older_than: int | None


def list_looks(person_id: int, *, limit: int = PAGE_SIZE) -> list[Look]:
    """Who looked, newest first. At most three queries."""
    lines = list_for_person(person_id, limit=limit, only=LOOKED)
    names = names_of(line.actor_user_id for line in lines)
    organisations = organisations_by_id({line.organisation_id for line in lines if line.organisation_id is not None})
    return [
        Look(line.at, names.get(line.actor_user_id, "Somebody"), _name(organisations, line.organisation_id))
        for line in lines
    ]


def get_acts(rights: Rights, *, before_id: int | None = None, looks: bool = False) -> ActPage:
    """What was done for a person, newest first, with names. As many queries for one act as for fifty."""
    person_id = rights.person.id
    lines = list_for_person(
        person_id,
        limit=PAGE_SIZE + 1,
        before_id=before_id,
        only=LOOKS if looks else (),
        without=() if looks else (LOOK,),
    )
    more, lines = len(lines) > PAGE_SIZE, lines[:PAGE_SIZE]
    names = names_of(line.actor_user_id for line in lines)
    organisations = organisations_by_id({line.organisation_id for line in lines if line.organisation_id is not None})
    mandates = {mandate.id: mandate for mandate in list_mandates(person_id)}
    orders = list_by_ids({line.object_id for line in lines if line.object_type == "order" and line.object_id})

    def act(line: AuditLine) -> Act:
        order = orders.get(line.object_id or 0) if line.object_type == "order" else None
        mandate = mandates.get(line.mandate_id or 0)
        total = line.details.get("total_pence")
        organisation = _name(organisations, line.organisation_id)
        return Act(
            id=line.id,
            at=line.at,
            who=_who(line, names, rights),
            what=act_words(line.action, total if isinstance(total, int) else None, organisation),
            organisation=organisation if line.action in LOOKED else None,
            about=_about(line, organisation),
            authority=BASIS_WORDS[mandate.legal_basis] if mandate else None,
            reason=line.reason,
            order_id=order.id if order else None,
            reference=order.reference if order else None,
        )

    return ActPage(tuple(act(line) for line in lines), lines[-1].id if more else None)


def _who(line: AuditLine, names: dict[int | None, str], rights: Rights) -> str:
    if line.actor_user_id is not None and line.actor_user_id == rights.person.user_id:
        return "You" if rights.is_own else short_name(rights.person.name)
    return names.get(line.actor_user_id, "Somebody")


_BEFORE_ORGANISATION = {"consent": "at", "mandate": "for", "review": "of"}


def _about(line: AuditLine, organisation: str | None) -> str | None:
    """`of Dales Home Care` for a review, `at Darlington Library` for a consent given there.

    What was done to an order names its provider itself.
    """
    if organisation is None or line.action in LOOKED or "{sum}" in ACTS.get(line.action, ""):
        return None
    return f"{_BEFORE_ORGANISATION.get(line.object_type, 'with')} {organisation}"


def _name(organisations: dict[int, OrganisationView], organisation_id: int | None) -> str | None:
    found = organisations.get(organisation_id) if organisation_id is not None else None
    return found.name if found else None


@dataclass(frozen=True)
class AssistedNote:
    """An enquiry, a referral or what came of one, as a worker wrote it down at an access point."""

    at: datetime
    who: str
    step: str
    words: str


def list_assisted_notes(actor: Actor, organisation_ids: tuple[int, ...]) -> list[AssistedNote]:
    """Today's notes of the actor's access points, newest first."""
    since = clock.start_of_day(clock.today())
    lines = list_of_organisations(organisation_ids, NOTE, since=since) if organisation_ids else []
    names = names_of(line.actor_user_id for line in lines)
    return [
        AssistedNote(line.at, names.get(line.actor_user_id, ""), str(line.details.get("step", "")), line.reason or "")
        for line in lines
    ]
