"""What budgets know of purchases that are picked to be looked at: when their period ends, and who may act for whom."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import select

from budgets.models import MandateStaff, Person, PotPeriod
from marketplace.database import db


def ends_of_periods(pot_period_ids: Collection[int]) -> dict[int, date]:
    """The last day of each period of a pot. One query."""
    wanted = sorted(pot_period_ids)
    rows = db.session.execute(select(PotPeriod.id, PotPeriod.ends_on).where(PotPeriod.id.in_(wanted))) if wanted else ()
    return {row.id: row.ends_on for row in rows}


def mandates_naming(user_id: int) -> frozenset[int]:
    """Every mandate that names a user or ever named them, live or not."""
    return frozenset(db.session.scalars(select(MandateStaff.mandate_id).where(MandateStaff.user_id == user_id)))


def people_of_user(user_id: int) -> frozenset[int]:
    """The records of people who sign in as this user."""
    return frozenset(db.session.scalars(select(Person.id).where(Person.user_id == user_id)))
