"""Read people."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ScalarSelect, bindparam, exists, func, select
from sqlalchemy.orm import aliased

from budgets.domain import BudgetState, PersonContact, PersonView
from budgets.models import Person, PersonalBudget, Restriction
from marketplace.accounts.queries import find_user
from marketplace.database import db, read_once, send, table_of
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound

_people = table_of(Person)
_restrictions = table_of(Restriction)
_IS_RESTRICTED = (
    exists()
    .where(
        _restrictions.c.person_id == _people.c.id,
        _restrictions.c.approved.is_(True),
        _restrictions.c.ended_at.is_(None),
    )
    .correlate(_people)
    .label("is_restricted")
)
# Whether there are rules comes with the person, so that buying for the many who have none asks nothing more.
COLUMNS = (*(_people.c[name] for name in PersonView.__dataclass_fields__ if name != "is_restricted"), _IS_RESTRICTED)
PEOPLE = select(*COLUMNS).subquery("known_people")
"""People as `person_view` shows them: other packages' queries join to it. Who may know of them is theirs to judge."""
_BY_ID = select(*COLUMNS).where(_people.c.id == bindparam("person_id"))
_BY_USER = select(*COLUMNS).where(_people.c.user_id == bindparam("user_id"))


def person_view(row: Any) -> PersonView:
    """The view of a row whose first columns are COLUMNS."""
    return PersonView(*row[: len(COLUMNS)])


@read_once
def find_person(person_id: int) -> PersonView | None:
    row = send(_BY_ID, {"person_id": person_id}).one_or_none()
    return person_view(row) if row else None


def get_person(person_id: int) -> PersonView:
    """Raises NotFound. Says nothing of who may know of them: see `queries.access`."""
    person = find_person(person_id)
    if person is None:
        raise NotFound
    return person


def address_of(person: PersonView) -> str | None:
    """Where to write to somebody: the address of their account, whatever was known before they changed it; else the one
    that is known of them."""
    user = find_user(person.user_id) if person.user_id is not None else None
    return user.email if user is not None else person.email


def died_people() -> Any:
    """Ids of everybody who has died: a select for another package's query."""
    return select(_people.c.id).where(_people.c.died_on.is_not(None))


def contact_of(person_id: int) -> PersonContact:
    """For whoever may order for this person: what stands in a checkout before anything is typed. Raises NotFound."""
    row = db.session.execute(
        select(Person.phone, Person.address, Person.notes_for_providers).where(Person.id == person_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return PersonContact(*row)


def councils_that_pay(person_id: int) -> set[int]:
    """Councils with a budget for a person that has not ended, whether or not it has begun."""
    return set(
        db.session.scalars(
            select(PersonalBudget.council_id).where(
                PersonalBudget.person_id == person_id,
                PersonalBudget.state != BudgetState.ENDED,
                PersonalBudget.ends_on >= clock.today(),
            )
        )
    )


def person_id_of(user_id: Any) -> ScalarSelect[int]:
    """The id of the person who signs in as a user: a part of another package's query."""
    return select(_people.c.id).where(_people.c.user_id == user_id).scalar_subquery()


@read_once
def find_person_of_user(user_id: int) -> PersonView | None:
    """The person who signs in as this user, if there is one."""
    row = send(_BY_USER, {"user_id": user_id}).one_or_none()
    return person_view(row) if row else None


def find_by_council_reference(council_ids: Iterable[int], reference: str) -> PersonView | None:
    """The person whom one of these councils knows by its reference, or by that of a record merged into theirs. Who may
    know of them is the caller's to judge."""
    known = aliased(Person)
    row = db.session.execute(
        select(*COLUMNS)
        .join(known, Person.id == func.coalesce(known.merged_into_person_id, known.id))
        .where(known.council_id.in_(set(council_ids)), known.council_reference == reference)
        .order_by(known.id)
        .limit(1)
    ).one_or_none()
    return person_view(row) if row else None


def reference_in(person_id: int) -> str | None:
    """What the person's council calls them."""
    return db.session.scalar(select(Person.council_reference).where(Person.id == person_id))


def people_by_id(person_ids: Iterable[int]) -> dict[int, PersonView]:
    """Several people in one query."""
    wanted = set(person_ids)
    if not wanted:
        return {}
    rows = db.session.execute(select(*COLUMNS).where(Person.id.in_(wanted)).order_by(Person.id))
    return {row.id: person_view(row) for row in rows}


def names_in_books(person_id: int) -> frozenset[str]:
    """What a person may be called in their council's files, in small letters: their name, and the one of before."""
    row = db.session.execute(select(Person.name, Person.name_in_books).where(Person.id == person_id)).one()
    return small_names(*row)


def small_names(*names: str | None) -> frozenset[str]:
    """Names of one person in small letters, with single spaces."""
    return frozenset(" ".join(name.split()).casefold() for name in names if name)


def search_references(person_ids: Iterable[int], text: str) -> dict[int, str]:
    """The council's reference of each of these people, or that of a budget of theirs, where it holds `text`. Two
    queries.
    """
    ids = list(person_ids)
    of_budgets: Any = (
        select(PersonalBudget.person_id, PersonalBudget.reference)
        .where(PersonalBudget.person_id.in_(ids), PersonalBudget.reference.icontains(text, autoescape=True))
        .order_by(PersonalBudget.id)
    )
    of_people: Any = (
        select(Person.id, Person.council_reference)
        .where(Person.id.in_(ids), Person.council_reference.icontains(text, autoescape=True))
        .order_by(Person.id)
    )
    return {**dict(db.session.execute(of_budgets).all()), **dict(db.session.execute(of_people).all())}


def find_person_by_reference(council_id: int, reference: str) -> PersonView | None:
    """The person whom a council knows under its own reference, or under that of a record merged into theirs."""
    return find_by_council_reference([council_id], reference)
