"""People: those who sign in, and those whom somebody else writes down."""

from datetime import date

from sqlalchemy import func, insert, select, update

from budgets import ports
from budgets.constraints import named_constraints
from budgets.models import Person
from budgets.queries.people import find_person_of_user
from marketplace.accounts.domain import Actor
from marketplace.accounts.queries import find_user
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
