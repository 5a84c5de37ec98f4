"""Who looked at a person's pages is written down, so that the person can see it: once per reader and day."""

from collections.abc import Collection

from sqlalchemy import func, select

from budgets.domain import PersonView
from budgets.queries.access import list_mandates_of
from marketplace.accounts.domain import Actor
from marketplace.audit.queries import people_recorded, was_recorded
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.planning.queries.record import AUDIT_LOOK, LOOK
from marketplace.planning.queries.rights import Rights


def note_look(actor: Actor, rights: Rights, page: str) -> None:
    """Write down that the actor looked, the first time today in London; nothing for the person themself."""
    if rights.is_own or _is_noted(actor, rights):
        return
    with transaction():
        if db.engine.dialect.name == "postgresql":  # SQLite has one writer anyway
            db.session.execute(select(func.pg_advisory_xact_lock(_key(actor, rights))))
        if _is_noted(actor, rights):
            return
        organisation_id = rights.assisted_organisation_id
        for mandate in rights.mandates:
            if mandate.id == rights.mandate_id:
                organisation_id = mandate.organisation_id
        record(
            LOOK,
            "person",
            rights.person.id,
            actor_user_id=actor.user_id,
            person_id=rights.person.id,
            mandate_id=rights.mandate_id,
            organisation_id=organisation_id,
            council_id=rights.person.council_id,
            page=page,
        )


def note_audit(actor: Actor, person_id: int, council_id: int | None) -> None:
    """Write down that a council's officer read the record of somebody's money, the first time today in London."""
    since = clock.start_of_day(clock.today())
    if was_recorded(AUDIT_LOOK, person_id=person_id, actor_user_id=actor.user_id, since=since):
        return
    with transaction():
        record(AUDIT_LOOK, "person", person_id, actor_user_id=actor.user_id, person_id=person_id, council_id=council_id)


def _is_noted(actor: Actor, rights: Rights) -> bool:
    return was_recorded(
        LOOK, person_id=rights.person.id, actor_user_id=actor.user_id, since=clock.start_of_day(clock.today())
    )


def _key(actor: Actor, rights: Rights) -> int:
    """One lock per reader and person. Two pairs that share one only wait for each other."""
    return _key_of(actor, rights.person.id)


def _key_of(actor: Actor, person_id: int) -> int:
    return 0x4C4F4F4B << 32 | ((actor.user_id or 0) * 65_537 + person_id) % 2**32


def note_looks(actor: Actor, people: Collection[PersonView], page: str) -> None:
    """The same for many people at once, each of whom the actor may read for: one transaction, one mandate each."""
    wanted = {person.id: person for person in people}
    since = clock.start_of_day(clock.today())
    with transaction():
        if db.engine.dialect.name == "postgresql":
            for person_id in sorted(wanted):
                db.session.execute(select(func.pg_advisory_xact_lock(_key_of(actor, person_id))))
        done = people_recorded(LOOK, wanted, actor_user_id=actor.user_id, since=since)
        mandates = {mandate.person_id: mandate for mandate in list_mandates_of(actor)}
        for person_id, person in wanted.items():
            if person_id in done:
                continue
            mandate = mandates.get(person_id)
            record(
                LOOK,
                "person",
                person_id,
                actor_user_id=actor.user_id,
                person_id=person_id,
                mandate_id=mandate.id if mandate else None,
                organisation_id=mandate.organisation_id if mandate else None,
                council_id=person.council_id,
                page=page,
            )
