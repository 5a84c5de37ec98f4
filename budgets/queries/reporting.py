"""What reports ask of people without learning who they are: whose purchases count, and in which area they live.

Both are selects, to be joined into the query that sums: a set of a council's people would be too long a list.
"""

from typing import Any

from sqlalchemy import case, func, select

from budgets.domain import ConsentKind
from budgets.models import Consent, Person

_END_OF_POSTCODE = 4  # " 7TX": what stands after the outcode in a postcode as it is kept


def people_who_share(council_id: int) -> Any:
    """Ids of a council's people whose consent to share own-money purchases stands at the moment of reading."""
    return (
        select(Consent.person_id)
        .join(Person, Person.id == Consent.person_id)
        .where(
            Person.council_id == council_id,
            Consent.kind == ConsentKind.SHARE_PURCHASES,
            Consent.withdrawn_at.is_(None),
        )
    )


def areas_of_people() -> Any:
    """Person's id and outcode (None where no postcode is known), as a subquery."""
    length = func.length(Person.postcode)
    outcode = case((length > _END_OF_POSTCODE, func.substr(Person.postcode, 1, length - _END_OF_POSTCODE)), else_=None)
    return select(Person.id.label("person_id"), outcode.label("outcode")).subquery()
