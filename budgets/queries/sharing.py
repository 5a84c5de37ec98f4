"""Who agreed to share their own-money purchases with their council's reports."""

from sqlalchemy import select

from budgets.domain import ConsentKind
from budgets.models import Consent, Person
from marketplace.database import db


def sharing_people(council_id: int) -> set[int]:
    """People of a council whose consent stands now. Taken back, it counts for nothing, past purchases included."""
    return set(
        db.session.scalars(
            select(Consent.person_id)
            .join(Person, Person.id == Consent.person_id)
            .where(
                Person.council_id == council_id,
                Consent.kind == ConsentKind.SHARE_PURCHASES,
                Consent.withdrawn_at.is_(None),
            )
        )
    )


def shares_purchases(person_id: int) -> bool:
    """Whether one person's consent stands now."""
    return (
        db.session.scalar(
            select(Consent.id)
            .where(
                Consent.person_id == person_id,
                Consent.kind == ConsentKind.SHARE_PURCHASES,
                Consent.withdrawn_at.is_(None),
            )
            .limit(1)
        )
        is not None
    )
