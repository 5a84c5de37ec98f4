"""Where somebody lives: said by themself, or for who does not sign in by whoever may, who is then named to them.

What is said counts from the next order on. A postcode of another council moves them there once that was agreed to, but
never away from a council that pays for their support or looks after their safety: the two councils arrange that.
"""

from dataclasses import astuple, dataclass
from typing import Any

from sqlalchemy import select, update

from budgets import ports
from budgets.commands import WhereYouLive
from budgets.domain import MandateAction, PersonAccess, PersonView
from budgets.domain.people import LetterAbout
from budgets.errors import CouncilChanges
from budgets.models import Person
from budgets.queries.access import access_of, is_their_social_worker
from budgets.queries.people import councils_that_pay, find_person_of_user, get_person
from budgets.services.letters import write_to, write_to_address
from budgets.words import day_words, possessive
from marketplace.accounts.domain import Actor
from marketplace.accounts.queries import get_council
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound

_SUBJECT = "Where you live was changed"
_NOT_RIGHT = "If this is not right, call us at once. You need not say why."


@dataclass(frozen=True)
class _Home:
    """What is written down of where somebody lives."""

    address: str | None
    postcode: str | None
    phone: str | None
    notes_for_providers: str | None

    @property
    def lines(self) -> str:
        """The address as on an envelope; empty while it is not known."""
        address = (self.address or "").strip()
        is_in_it = self.postcode is None or self.postcode in address
        return address if not address or is_in_it else f"{address}\n{self.postcode}"


def say_where(actor: Actor, where: WhereYouLive) -> None:
    """Somebody who signs in and buys says where they live.

    Raises NotFound for whoever does not buy, CouncilChanges before a move, DomainError on `postcode`.
    """
    person = find_person_of_user(actor.user_id) if actor.user_id is not None else None
    if person is None or person.died_on is not None:
        raise NotFound
    with transaction():
        _write(actor, person, PersonAccess(person), where, whose="your")


def may_say_where_for(actor: Actor, person_id: int) -> tuple[PersonView, PersonAccess | None]:
    """A person who does not sign in, and by what right the actor says where they live: under a live mandate to order,
    or with them at an access point; None for a social worker of their council. Raises NotFound for anybody else.
    """
    person = get_person(person_id)
    if person.user_id is not None or person.died_on is not None:
        raise NotFound
    access = access_of(actor, person, MandateAction.ORDER)
    if access is None and not is_their_social_worker(actor, person):
        raise NotFound
    return person, access


def say_where_for(actor: Actor, person_id: int, where: WhereYouLive) -> bool:
    """Say where somebody lives who does not sign in; they are told what was changed and by whom. Answers whether
    anything was.

    On paper it goes to the address of before as well: whoever gave a wrong one would else be the only one to read it.
    That one does not say where they live now, because they may have left somebody there who must not find them. What
    providers should know stays as it was when an officer says it, who does not read that.

    Raises NotFound for whoever may not, CouncilChanges before a move, DomainError on `postcode`.
    """
    with transaction():
        person, access = may_say_where_for(actor, person_id)
        before, after = _write(actor, person, access, where, whose=possessive(person.name))
        if before == after:
            return False
        told = _told(actor, person, access, before, after)
        write_to(person, _SUBJECT, told, LetterAbout.AUTHORITY)
        if before.lines and before.lines != after.lines:
            write_to_address(person, _SUBJECT, _told_there(actor, person, access), LetterAbout.AUTHORITY, before.lines)
    return True


def _write(
    actor: Actor, person: PersonView, access: PersonAccess | None, where: WhereYouLive, *, whose: str
) -> tuple[_Home, _Home]:
    """What was written down before and is now, in the open transaction. Nothing is written twice for somebody else."""
    known: Any = db.session.execute(
        select(
            Person.address,
            Person.postcode,
            Person.phone,
            Person.notes_for_providers,
            Person.council_id,
            Person.flagged_at,
        )
        .where(Person.id == person.id, Person.died_on.is_(None), Person.merged_into_person_id.is_(None))
        .where(Person.user_id.is_not_distinct_from(person.user_id))
        .with_for_update()
    ).one_or_none()
    if known is None:  # they died, began to sign in or became another record while this was typed
        raise NotFound
    before = _Home(*known[:4])
    notes = where.notes_for_providers if access is not None else known.notes_for_providers
    after = _Home(where.address, where.postcode, where.phone, notes)
    if before == after and (access is None or not access.is_own):
        return before, after
    values: dict[str, object] = dict(zip(_Home.__dataclass_fields__, astuple(after), strict=True))
    values["details_at"] = clock.now()
    moves = after.postcode != before.postcode
    if moves:
        values["council_id"] = council_id = _council_of_move(person.id, known, where, whose, by_officer=access is None)
        if council_id != known.council_id:
            values |= {"council_reference": None, "name_in_books": None}  # they were the other council's
    db.session.execute(update(Person).where(Person.id == person.id).values(**values))
    record(
        "person.move" if moves else "person.say_where",
        "person",
        person.id,
        actor_user_id=actor.user_id,
        person_id=person.id,
        mandate_id=access.mandate.id if access and access.mandate else None,
        organisation_id=access.assisted_organisation_id if access else None,
        council_id=known.council_id if access is None else None,
    )
    return before, after


def _council_of_move(person_id: int, known: Any, where: WhereYouLive, whose: str, *, by_officer: bool) -> int:
    """The council that the new postcode belongs to, if the person may move there without the councils' doing."""
    new_id, council_id = ports.find_council_id(where.postcode), known.council_id
    if new_id is None:
        raise DomainError(
            f"We do not know which council {where.postcode} belongs to: check it, or call us if it is right.",
            field="postcode",
        )
    if new_id == council_id:
        return new_id
    is_flagged = known.flagged_at is not None and council_id is not None
    kept_by = councils_that_pay(person_id) | ({council_id} if is_flagged else set())
    if kept_by and (council_id in kept_by or new_id not in kept_by):
        council = get_council(council_id if council_id in kept_by else min(kept_by))
        if by_officer and council.id == council_id:
            raise DomainError(
                f"Arrange it with {get_council(new_id).name} first: {where.postcode} is in their area, and the two "
                f"councils agree how {whose} support goes on when they move.",
                field="postcode",
            )
        by_phone = f" on {council.phone}" if council.phone else ""
        moved = "you move" if whose == "your" else "they move"
        raise DomainError(
            f"Ring {council.name}{by_phone} first: {where.postcode} is in the area of {get_council(new_id).name}, and "
            f"the two councils arrange that {whose} support goes on when {moved}.",
            field="postcode",
        )
    if council_id is not None and where.agreed_to != where.postcode:
        raise CouncilChanges(new_id)
    return new_id


def _told(actor: Actor, person: PersonView, access: PersonAccess | None, before: _Home, after: _Home) -> str:
    """Who changed what, from what to what, and whom to tell when it is wrong."""
    parts = [_written_down(actor, person, access)]
    if before.lines != after.lines:
        parts.append(f"From now on it is:\n{after.lines}")
        parts += [f"Until now it was:\n{before.lines}"] if before.lines else []
    if before.phone != after.phone:
        parts.append(f"Your telephone number: {after.phone or 'none'}. Until now: {before.phone or 'none'}.")
    if before.notes_for_providers != after.notes_for_providers:
        parts.append("What providers are told before they come was changed too.")
    parts.append("Your next order begins with this. What was ordered before stays as it is.")
    parts.append(_NOT_RIGHT)
    return "\n\n".join(parts)


def _told_there(actor: Actor, person: PersonView, access: PersonAccess | None) -> str:
    """The same to the address of before, whoever opens it: not a word of where they live now."""
    from_now_on = "From now on letters to you go somewhere else. To keep you safe, this one does not say where."
    return "\n\n".join((_written_down(actor, person, access), from_now_on, _NOT_RIGHT))


def _written_down(actor: Actor, person: PersonView, access: PersonAccess | None) -> str:
    return f"{_who(actor, person, access)} wrote down on {day_words(clock.today())} where you live."


def _who(actor: Actor, person: PersonView, access: PersonAccess | None) -> str:
    """`Bea Manager, of Dales Support`: the organisation for which the actor said it, if there is one."""
    organisation_id = None
    if access is not None:
        organisation_id = access.mandate.organisation_id if access.mandate else access.assisted_organisation_id
    of = next(
        (
            m.organisation_name
            for m in actor.memberships
            if (m.organisation_id == organisation_id if access else m.council_id == person.council_id)
        ),
        None,
    )
    return f"{actor.name}, of {of}," if of else actor.name
