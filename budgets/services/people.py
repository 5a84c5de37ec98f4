"""People: those who sign in, and those whom somebody else writes down."""

from datetime import date

from sqlalchemy import func, insert, select, update

from budgets import ports
from budgets.commands import WhereYouLive
from budgets.constraints import named_constraints
from budgets.errors import CouncilChanges
from budgets.models import Person
from budgets.queries.people import councils_that_pay, find_person_of_user
from marketplace.accounts.domain import Actor
from marketplace.accounts.queries import find_user, get_council
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.places import InvalidPostcode, normalise_postcode


def ensure_person_for_user(user_id: int, *, postcode: str | None = None) -> int:
    """The id of the person who is this user: the one there is, else a new one of the user's name and e-mail.

    A postcode routes a new person, or one without a council, to their council. Safe to call again and at once from
    two places. Raises NotFound for no such user.
    """
    with transaction():
        user = find_user(user_id)
        if user is None:
            raise NotFound
        _lock_user(user_id)
        known = find_person_of_user(user_id)
        if known is None:
            person_id: int = db.session.execute(
                insert(Person)
                .values(
                    user_id=user_id,
                    name=user.name,
                    email=user.email,
                    phone=user.phone,
                    created_at=clock.now(),
                    created_by_user_id=user_id,
                )
                .returning(Person.id)
            ).scalar_one()
            record("person.create", "person", person_id, actor_user_id=user_id, person_id=person_id)
        else:
            person_id = known.id
        if postcode and (known is None or known.council_id is None):
            _route(person_id, postcode)
        return person_id


def _lock_user(user_id: int) -> None:
    """One at a time per user, so that two first visits make one person. SQLite has one writer anyway."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(0x50455253, user_id % 2**31)))


def _route(person_id: int, postcode: str) -> None:
    try:
        full = normalise_postcode(postcode)
    except InvalidPostcode as error:
        raise DomainError(str(error), field="postcode") from None
    values: dict[str, object] = {"postcode": full}
    council_id = ports.find_council_id(full)
    if council_id is not None:
        values["council_id"] = council_id
    db.session.execute(update(Person).where(Person.id == person_id).values(**values))


def create_person(
    actor: Actor,
    *,
    name: str,
    postcode: str | None,
    council_id: int | None = None,
    council_reference: str | None = None,
    date_of_birth: date | None = None,
    email: str | None = None,
    phone: str | None = None,
    address: str | None = None,
    notes_for_providers: str | None = None,
) -> int:
    """Write down somebody who does not sign in; answers their id. Without `council_id` the full postcode finds it.

    Raises DomainError on the field that has to change. Gives the actor no right to act for them: a mandate or a
    consent does.
    """
    name = " ".join(name.split())
    if not name:
        raise DomainError("Enter the person’s name", field="name")
    if len(name) > 120:
        raise DomainError("Use 120 characters or fewer", field="name")
    full = None
    if postcode:
        try:
            full = normalise_postcode(postcode)
        except InvalidPostcode as error:
            raise DomainError(str(error), field="postcode") from None
    with transaction(), named_constraints():
        person_id: int = db.session.execute(
            insert(Person)
            .values(
                name=name,
                postcode=full,
                council_id=council_id if council_id is not None else ports.find_council_id(full),
                council_reference=council_reference,
                date_of_birth=date_of_birth,
                email=email.strip().lower() if email else None,
                phone=phone,
                address=address,
                notes_for_providers=notes_for_providers,
                created_at=clock.now(),
                created_by_user_id=actor.user_id,
            )
            .returning(Person.id)
        ).scalar_one()
        record("person.create", "person", person_id, actor_user_id=actor.user_id, person_id=person_id)
        return person_id


def take_name(user_id: int, name: str) -> None:
    """Somebody who signs in has another name: what is ordered and written from now on has it, what was stays as it was.

    Their council's books still have the name of before under its reference, so its files may go on with that one.
    Does nothing for whoever buys nothing, or has died.
    """
    with transaction():
        known = db.session.execute(
            select(Person.id, Person.name, Person.name_in_books, Person.council_reference)
            .where(Person.user_id == user_id, Person.died_on.is_(None))
            .with_for_update()
        ).one_or_none()
        if known is None or known.name == name:
            return
        in_books = (known.name_in_books or known.name) if known.council_reference is not None else None
        values = {"name": name, "name_in_books": None if in_books == name else in_books}
        db.session.execute(update(Person).where(Person.id == known.id).values(**values))
        record("person.rename", "person", known.id, actor_user_id=user_id, person_id=known.id)


def say_where(actor: Actor, where: WhereYouLive) -> None:
    """Somebody who signs in and buys says where they live: their next orders begin with it, those made stay as made.

    A postcode of another council moves them there once they agreed to that. It never moves them away from a council
    that pays for their support or looks after their safety: that is arranged between the two councils.

    Raises NotFound for whoever does not buy, CouncilChanges before a move, DomainError on `postcode`.
    """
    person = find_person_of_user(actor.user_id) if actor.user_id is not None else None
    if person is None or person.died_on is not None:
        raise NotFound
    with transaction():
        known = db.session.execute(
            select(Person.postcode, Person.council_id, Person.flagged_at)
            .where(Person.id == person.id)
            .with_for_update()
        ).one()
        values: dict[str, object] = {
            "phone": where.phone,
            "address": where.address,
            "notes_for_providers": where.notes_for_providers,
            "details_at": clock.now(),
        }
        moves = where.postcode != known.postcode
        if moves:
            council_id = _council_of_move(person.id, known.council_id, known.flagged_at is not None, where)
            values |= {"postcode": where.postcode, "council_id": council_id}
            if council_id != known.council_id:
                values |= {"council_reference": None, "name_in_books": None}  # they were the other council's
        db.session.execute(update(Person).where(Person.id == person.id).values(**values))
        act = "person.move" if moves else "person.say_where"
        record(act, "person", person.id, actor_user_id=actor.user_id, person_id=person.id)


def _council_of_move(person_id: int, council_id: int | None, is_flagged: bool, where: WhereYouLive) -> int:
    """The council that the new postcode belongs to, if the person may move there by themself."""
    new_id = ports.find_council_id(where.postcode)
    if new_id is None:
        raise DomainError(
            f"We do not know which council {where.postcode} belongs to: check it, or call us if it is right.",
            field="postcode",
        )
    if new_id == council_id:
        return new_id
    kept_by = councils_that_pay(person_id) | ({council_id} if is_flagged and council_id is not None else set())
    if kept_by and (council_id in kept_by or new_id not in kept_by):
        council = get_council(council_id if council_id in kept_by else min(kept_by))
        by_phone = f" on {council.phone}" if council.phone else ""
        raise DomainError(
            f"Ring {council.name}{by_phone} first: {where.postcode} is in the area of {get_council(new_id).name}, and "
            "the two councils arrange that your support goes on when you move.",
            field="postcode",
        )
    if council_id is not None and where.agreed_to != where.postcode:
        raise CouncilChanges(new_id)
    return new_id
