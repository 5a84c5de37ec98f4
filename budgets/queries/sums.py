"""Sums of the budget book: up to a day, where a statement begins, and by order."""

from typing import Any

from sqlalchemy import Select, case, func, select

from budgets.models import BudgetEntry


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
