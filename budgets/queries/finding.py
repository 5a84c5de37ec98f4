"""Find a person who stands in front of somebody: by what they say of themselves, never by browsing."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from budgets.models import Person
from marketplace.database import db
from marketplace.kernel.places import InvalidPostcode, normalise_postcode

MOST = 10


@dataclass(frozen=True)
class Found:
    """Somebody of that name at that postcode."""

    id: int
    name: str
    postcode: str
    has_account: bool


def find_by_name_and_postcode(name: str, postcode: str, date_of_birth: date | None = None) -> list[Found]:
    """People of exactly this name (whatever its capitals and spaces) at exactly this postcode, by id.

    A date of birth leaves out those whose own is known and another. Nothing for half a name or half a postcode. Whoever
    is found by a record that was merged is the person whose record stands, once, as they call themself.
    """
    wanted = " ".join(name.split()).casefold()
    try:
        full = normalise_postcode(postcode)
    except InvalidPostcode:
        return []
    if not wanted:
        return []
    known = aliased(Person)
    rows = db.session.execute(
        select(Person.id, known.name, known.postcode, Person.user_id, Person.date_of_birth)
        .join(known, Person.id == func.coalesce(known.merged_into_person_id, known.id))
        .where(known.postcode == full)
        .order_by(Person.id, known.id)
    )
    found = {
        row.id: Found(row.id, row.name, row.postcode, row.user_id is not None)
        for row in rows
        if " ".join(row.name.split()).casefold() == wanted
        and (date_of_birth is None or row.date_of_birth in (None, date_of_birth))
    }
    return list(found.values())[:MOST]
