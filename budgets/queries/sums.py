"""Sums of the budget book up to a day: where a statement begins."""

from datetime import date

from sqlalchemy import func, select

from budgets.domain import EntryKind
from budgets.models import BudgetEntry
from marketplace.database import db
from marketplace.kernel.clock import start_of_day


def sums_before(person_id: int, day: date) -> dict[int, dict[EntryKind, int]]:
    """Pence of each kind of entry by pot and period, of all entries before `day` begins in London. One query."""
    found: dict[int, dict[EntryKind, int]] = {}
    for pot_period_id, kind, pence in db.session.execute(
        select(BudgetEntry.pot_period_id, BudgetEntry.kind, func.sum(BudgetEntry.pence))
        .where(BudgetEntry.person_id == person_id, BudgetEntry.at < start_of_day(day))
        .group_by(BudgetEntry.pot_period_id, BudgetEntry.kind)
        .order_by(BudgetEntry.pot_period_id, BudgetEntry.kind)
    ):
        found.setdefault(pot_period_id, {})[kind] = int(pence)
    return found
