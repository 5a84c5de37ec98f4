"""Sums of the budget book: up to a day, where a statement begins, and by order."""

from datetime import date
from typing import Any

from sqlalchemy import Select, case, func, select

from budgets.domain import EntryKind
from budgets.models import BudgetEntry
from marketplace.database import db
from marketplace.kernel.clock import start_of_day


def sums_by_order() -> Select[Any]:
    """By order and pot period, what is still kept aside (`held_pence`) and what is spent and not given back
    (`spent_pence`): a query for a larger one to join."""

    def total(**signs: int) -> Any:
        return func.sum(
            case(*((BudgetEntry.kind == kind, BudgetEntry.pence * sign) for kind, sign in signs.items()), else_=0)
        )

    return (
        select(
            BudgetEntry.order_id,
            BudgetEntry.pot_period_id,
            total(hold=1, release=-1, spend=-1).label("held_pence"),
            total(spend=1, refund=-1).label("spent_pence"),
        )
        .where(BudgetEntry.order_id.is_not(None))
        .group_by(BudgetEntry.order_id, BudgetEntry.pot_period_id)
    )


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
