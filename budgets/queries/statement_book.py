"""The budget book as statements read it: for one person or for many, one query each."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import and_, func, or_, select

from budgets.domain import Balance, EntryKind, EntryView
from budgets.models import BudgetEntry, PersonalBudget, Pot, PotPeriod
from budgets.queries.book import balances_query, entries_query
from budgets.queries.merged import is_of
from marketplace.database import db
from marketplace.kernel.clock import day_bounds, start_of_day


def balances_of_people(person_ids: Collection[int]) -> list[Balance]:
    """Every pot and period of some people, newest period first, then by budget and pot."""
    if not person_ids:
        return []
    rows = db.session.execute(
        balances_query()
        .where(PersonalBudget.person_id.in_(person_ids))
        .order_by(PotPeriod.starts_on.desc(), PersonalBudget.id, Pot.name, PotPeriod.id)
    )
    return [Balance(*row) for row in rows]


def entries_of_people(person_ids: Collection[int], first: date, last: date) -> list[EntryView]:
    """Entries of some people that count from one of the London days from `first` to `last`, in that order; and after
    those, by their day, what was agreed up to `last` and is still to come then."""
    if not person_ids:
        return []
    begin, end = day_bounds(first, last)
    at_once, later = BudgetEntry.counts_from.is_(None), BudgetEntry.counts_from >= first
    rows = db.session.execute(
        entries_query()
        .where(is_of(BudgetEntry.person_id, *person_ids), BudgetEntry.at < end)
        .where(or_(and_(at_once, BudgetEntry.at >= begin), later))
        .order_by(None)
    )
    return sorted((EntryView(*row) for row in rows), key=lambda entry: (entry.counts_at, entry.id))


def sums_of_people_before(person_ids: Collection[int], day: date) -> dict[int, dict[EntryKind, int]]:
    """Pence of each kind of entry by pot and period, of all entries of some people that count before `day` begins in
    London."""
    found: dict[int, dict[EntryKind, int]] = {}
    if not person_ids:
        return found
    for pot_period_id, kind, pence in db.session.execute(
        select(BudgetEntry.pot_period_id, BudgetEntry.kind, func.sum(BudgetEntry.pence))
        .where(is_of(BudgetEntry.person_id, *person_ids), BudgetEntry.at < start_of_day(day))
        .where(or_(BudgetEntry.counts_from.is_(None), BudgetEntry.counts_from < day))
        .group_by(BudgetEntry.pot_period_id, BudgetEntry.kind)
        .order_by(BudgetEntry.pot_period_id, BudgetEntry.kind)
    ):
        found.setdefault(pot_period_id, {})[kind] = int(pence)
    return found
