"""Who agreed to share their own-money purchases with their council's reports."""

from sqlalchemy import select

from budgets.domain import ConsentKind
from budgets.models import Consent
from marketplace.database import db


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
